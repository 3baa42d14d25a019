/* SPDX-License-Identifier: MIT */
#include "runner/plot/sweep_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/plot/block.h"
#include "runner/plot/gnuplot.h"

/* Of an axis with more values the rest is not named. */
#define TEXTS_MOST 100

/* ---- variables ----------------------------------------------------------------------- */

static void
set_text(struct sl_text *out, const char *variable, const char *text)
{
    sl_text_format(out, "%s = ", variable);
    sl_gnuplot_quote(out, text ? text : "");
    sl_text_append(out, "\n");
}

/* array NAME[N] = [...]; gnuplot has no empty ones. */
static void
array_begin(struct sl_text *out, const char *name, size_t n)
{
    if (n > 0)
        sl_text_format(out, "array %s[%zu] = [", name, n);
}

static void
array_next(struct sl_text *out, size_t i)
{
    if (i > 0)
        sl_text_append(out, ", ");
}

static void
array_end(struct sl_text *out, size_t n)
{
    if (n > 0)
        sl_text_append(out, "]\n");
}

/* A number that gnuplot divides as one: 16 / 3 is 5 to it. */
static void
put_real(struct sl_text *out, double value)
{
    size_t before = out->count;

    sl_block_number(out, value);
    if (strspn(out->bytes + before, "-0123456789") == out->count - before)
        sl_text_append(out, ".0");
}

/* The distinct values as they are shown and, of a numeric axis, as numbers: gnuplot makes none
 * of a text like 1e-3. */
static void
set_values(struct sl_text *out, size_t number, const struct sl_view_axis *axis)
{
    size_t n = axis->count < TEXTS_MOST ? axis->count : TEXTS_MOST;
    char name[40];

    snprintf(name, sizeof name, "axis_texts_%zu", number);
    array_begin(out, name, n);
    for (size_t i = 0; i < n; i++) {
        array_next(out, i);
        sl_gnuplot_quote(out, axis->texts[i]);
    }
    array_end(out, n);
    if (!axis->numeric)
        return;
    snprintf(name, sizeof name, "axis_numbers_%zu", number);
    array_begin(out, name, n);
    for (size_t i = 0; i < n; i++) {
        array_next(out, i);
        put_real(out, axis->numbers[i]);
    }
    array_end(out, n);
}

enum axis_number { AXIS_NUMERIC, AXIS_LOG, AXIS_COUNT, AXIS_LOW, AXIS_HIGH };

static double
axis_number(const struct sl_view_axis *axis, enum axis_number what)
{
    switch (what) {
    case AXIS_NUMERIC:
        return axis->numeric;
    case AXIS_LOG:
        return axis->logarithmic;
    case AXIS_COUNT:
        return (double)axis->count;
    case AXIS_LOW:
        return axis->low;
    case AXIS_HIGH:
        break;
    }
    return axis->high;
}

static void
write_axes(const struct sl_sweep_view *view, struct sl_text *out)
{
    static const char *const names[] = {"axis_numeric", "axis_log", "axis_counts",
                                        "axis_low", "axis_high"};
    size_t n = view->axis_count;

    sl_text_format(out, "axis_count = %zu\n", n);
    array_begin(out, "axis_names", n);
    for (size_t i = 0; i < n; i++) {
        array_next(out, i);
        sl_gnuplot_quote(out, view->axes[i].name);
    }
    array_end(out, n);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        array_begin(out, names[k], n);
        for (size_t i = 0; i < n; i++) {
            array_next(out, i);
            double number = axis_number(&view->axes[i], (enum axis_number)k);
            (k < AXIS_LOW ? sl_block_number : put_real)(out, number);
        }
        array_end(out, n);
    }
    for (size_t i = 0; i < n; i++)
        set_values(out, i + 1, &view->axes[i]);
}

static const char *
last_line(const char *lines)
{
    const char *last = strrchr(lines, '\n');

    return last ? last + 1 : lines;
}

static void
write_metrics(const struct sl_sweep_view *view, struct sl_text *out)
{
    static const char *const names[] = {"metric_names", "metric_units", "metric_goals"};
    size_t n = view->metric_count;

    sl_text_format(out, "metric_count = %zu\n", n);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        array_begin(out, names[k], n);
        for (size_t j = 0; j < n; j++) {
            const struct sl_view_metric *m = &view->metrics[j];
            const char *text = k == 0 ? m->name : k == 1 ? m->unit : m->goal;
            array_next(out, j);
            sl_gnuplot_quote(out, text ? text : "");
        }
        array_end(out, n);
    }
}

void
sl_sweep_variables(const struct sl_sweep_view *view,
                   const struct sl_sweep_drawing *drawing, struct sl_text *out)
{
    size_t columns = 1 + 3 * view->axis_count;

    set_text(out, "experiment", drawing->sweep->name);
    sl_text_format(out, "repeats = %llu\n", (unsigned long long)drawing->sweep->repeats);
    sl_text_format(out, "point_count = %zu\n", view->n);
    write_axes(view, out);
    write_metrics(view, out);
    sl_text_append(out, "axis_value(i) = 3 * i - 1\n"
                        "axis_index(i) = 3 * i\n"
                        "axis_place(i) = 3 * i + 1\n");
    sl_text_format(out,
                   "metric_mean(j) = %zu + 4 * (j - 1)\n"
                   "metric_low(j) = %zu + 4 * (j - 1)\n"
                   "metric_high(j) = %zu + 4 * (j - 1)\n"
                   "metric_n(j) = %zu + 4 * (j - 1)\n",
                   columns + 1, columns + 2, columns + 3, columns + 4);
    if (drawing->figure->subject != SL_OF_HALVING)
        return;
    /* the path of halving is the last that a sweep has */
    set_text(out, "horizon_name", last_line(drawing->sweep->axes));
    sl_sweep_rung_variables(&drawing->sweep->rungs, out);
}

/* ---- points -------------------------------------------------------------------------- */

static void
put(struct sl_text *out, double value)
{
    sl_text_append(out, " ");
    sl_block_number(out, value);
}

static void
write_point(const struct sl_sweep_view *view, size_t row, struct sl_text *out)
{
    sl_text_format(out, "%zu", row);
    for (size_t i = 0; i < view->axis_count; i++) {
        const struct sl_view_axis *axis = &view->axes[i];
        put(out, axis->values[row]);
        put(out, axis->index[row] ? (double)axis->index[row] : (double)NAN);
        put(out, sl_view_place(axis, row));
    }
    for (size_t j = 0; j < view->metric_count; j++) {
        const struct sl_view_metric *m = &view->metrics[j];
        bool known = isfinite(m->low[row]) && isfinite(m->high[row]);
        put(out, m->mean[row]);
        put(out, known ? m->low[row] : m->mean[row]);
        put(out, known ? m->high[row] : m->mean[row]);
        put(out, m->n[row]);
    }
    sl_text_append(out, "\n");
}

static void
write_points(const struct sl_sweep_view *view, struct sl_text *out)
{
    const size_t *group = view->axis_count == 2 ? view->axes[1].index : NULL;

    sl_text_append(out, "# points\n");
    for (size_t i = 0; i < view->n; i++) {
        if (group && i > 0 && group[view->rows[i]] != group[view->rows[i - 1]])
            sl_text_append(out, "\n");
        write_point(view, view->rows[i], out);
    }
    sl_text_append(out, "\n\n");
}

/* ---- the front ----------------------------------------------------------------------- */

/* A point by two objectives, less being better in both. */
struct rival {
    double first, second;
    size_t row;
};

static int
by_first(const void *a, const void *b)
{
    const struct rival *x = a, *y = b;

    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    if (x->second != y->second)
        return x->second < y->second ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static double
loss_of(const struct sl_view_metric *metric, size_t row)
{
    return strcmp(metric->goal, "maximize") == 0 ? -metric->mean[row] : metric->mean[row];
}

static void
write_front(const struct sl_sweep_view *view, struct sl_text *out)
{
    const struct sl_view_metric *m = view->metrics;
    struct rival *rivals = sl_arena_alloc(view->arena, view->n * sizeof *rivals);
    double least = (double)INFINITY;

    for (size_t i = 0; i < view->n; i++)
        rivals[i] = (struct rival){loss_of(&m[0], view->rows[i]),
                                   loss_of(&m[1], view->rows[i]), view->rows[i]};
    qsort(rivals, view->n, sizeof *rivals, by_first);
    sl_text_append(out, "# front\n");
    for (size_t i = 0; i < view->n; i++) {
        if (rivals[i].second >= least)
            continue;
        least = rivals[i].second;
        sl_text_format(out, "%zu", rivals[i].row);
        put(out, m[0].mean[rivals[i].row]);
        put(out, m[1].mean[rivals[i].row]);
        sl_text_append(out, "\n");
    }
    sl_text_append(out, "\n\n");
}

void
sl_sweep_blocks(const struct sl_sweep_view *view, const struct sl_sweep_drawing *drawing,
                struct sl_text *out)
{
    const struct sl_view_metric *m = view->metrics;

    write_points(view, out);
    if (view->metric_count == 2 && *m[0].goal && *m[1].goal)
        write_front(view, out);
    if (drawing->figure->subject == SL_OF_HALVING)
        sl_sweep_rungs(&drawing->sweep->rungs, view->arena, out);
}
