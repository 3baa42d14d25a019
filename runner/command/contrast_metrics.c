/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "runner/command/contrast.h"
#include "runner/base/arena.h"
#include "runner/sweep/summary.h"

/* The rows of the table in the making. */
struct rows {
    size_t n;
    const char **metric, **unit;
    double *a, *b, *difference, *low, *high, *p;
    int64_t *pairs;
};

static void
allocate(struct rows *r, size_t n, struct sl_arena *arena)
{
    double **doubles[] = {&r->a, &r->b, &r->difference, &r->low, &r->high, &r->p};

    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++)
        *doubles[i] = sl_arena_alloc(arena, n * sizeof(double));
    r->metric = sl_arena_alloc(arena, n * sizeof *r->metric);
    r->unit = sl_arena_alloc(arena, n * sizeof *r->unit);
    r->pairs = sl_arena_alloc(arena, n * sizeof *r->pairs);
}

static const struct sl_contrast_metric *
find_metric(const struct sl_contrast_side *side, const char *name)
{
    for (size_t i = 0; i < side->metric_count; i++)
        if (strcmp(side->metrics[i].name, name) == 0)
            return &side->metrics[i];
    return NULL;
}

/* Values of runs that share a seed, where both have the metric. */
static size_t
pair_up(const struct sl_contrast_side *a, const double *of_a,
        const struct sl_contrast_side *b, const double *of_b, double *left, double *right)
{
    size_t n = 0;

    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < b->n; j++)
            if (a->seeds[i] == b->seeds[j] && isfinite(of_a[i]) && isfinite(of_b[j])) {
                left[n] = of_a[i];
                right[n++] = of_b[j];
                break;
            }
    return n;
}

void
sl_contrast_pick(struct sl_contrast_side *side, const char *const *names, size_t n,
                 struct sl_arena *arena)
{
    struct sl_contrast_metric *picked = sl_arena_alloc(arena, n * sizeof *picked);
    const struct sl_contrast_metric *metric;
    size_t found = 0;

    for (size_t i = 0; i < n; i++) {
        metric = find_metric(side, names[i]);
        if (metric)
            picked[found++] = *metric;
    }
    side->metrics = picked;
    side->metric_count = found;
}

static double
mean_of(const struct sl_contrast_side *side, const struct sl_contrast_metric *metric)
{
    return metric ? sl_summarize(metric->values, side->n).mean : (double)NAN;
}

static void
compare_pairs(struct rows *r, size_t row, double *left, const double *right, size_t n)
{
    struct sl_summary s;

    r->a[row] = sl_summarize(left, n).mean;
    r->b[row] = sl_summarize(right, n).mean;
    for (size_t i = 0; i < n; i++)
        left[i] = right[i] - left[i];
    s = sl_summarize(left, n);
    r->difference[row] = s.mean;
    r->low[row] = s.low;
    r->high[row] = s.high;
    r->p[row] = sl_wilcoxon(left, n);
}

static void
add_row(struct rows *r, const struct sl_contrast_side *a,
        const struct sl_contrast_side *b, const char *name, struct sl_arena *arena)
{
    const struct sl_contrast_metric *of_a = find_metric(a, name),
                                    *of_b = find_metric(b, name);
    double *left = sl_arena_alloc(arena, a->n * sizeof *left);
    double *right = sl_arena_alloc(arena, a->n * sizeof *right);
    size_t row = r->n++, n = 0;

    r->metric[row] = name;
    r->unit[row] = of_a ? of_a->unit : of_b->unit;
    if (of_a && of_b)
        n = pair_up(a, of_a->values, b, of_b->values, left, right);
    r->pairs[row] = (int64_t)n;
    if (n > 0) {
        compare_pairs(r, row, left, right, n);
        return;
    }
    r->a[row] = mean_of(a, of_a);
    r->b[row] = mean_of(b, of_b);
    r->difference[row] = r->b[row] - r->a[row];
    r->low[row] = r->high[row] = r->p[row] = (double)NAN;
}

void
sl_contrast_metrics(const struct sl_contrast_side *a, const struct sl_contrast_side *b,
                    struct sl_arena *arena, struct sl_table *table)
{
    struct sl_column *columns = sl_arena_alloc(arena, 9 * sizeof *columns);
    struct rows r = {0};

    allocate(&r, a->metric_count + b->metric_count, arena);
    for (size_t i = 0; i < a->metric_count; i++)
        add_row(&r, a, b, a->metrics[i].name, arena);
    for (size_t i = 0; i < b->metric_count; i++)
        if (!find_metric(a, b->metrics[i].name))
            add_row(&r, a, b, b->metrics[i].name, arena);
    sl_holm(r.p, r.n);
    columns[0] = sl_column_text("metric", r.metric);
    columns[1] = sl_column_text("unit", r.unit);
    columns[2] = sl_column_double("a", NULL, r.a);
    columns[3] = sl_column_double("b", NULL, r.b);
    columns[4] = sl_column_double("difference", NULL, r.difference);
    columns[5] = sl_column_double("low", NULL, r.low);
    columns[6] = sl_column_double("high", NULL, r.high);
    columns[7] = sl_column_int("pairs", r.pairs);
    columns[8] = sl_column_double("p", NULL, r.p);
    *table = (struct sl_table){r.n, 9, columns};
}
