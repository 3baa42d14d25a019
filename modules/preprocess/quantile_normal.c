/* SPDX-License-Identifier: MIT */
/*
 * Columns that are standard normal on the training split: the line through the points
 * (quantile p of the column, quantile p of the normal distribution), p = (k + 1/2) / K for
 * K places from the least to the greatest value, and between them straight. Values that are
 * equal have one point, at their mean p. Beyond the ends it goes on with the slope of the
 * line from end to end, so that strange rows stay strange and every value has a way back.
 */
#include <math.h>
#include <string.h>

#include "modules/learn/fitting.h"
#include "runner/tensor/normal.h"

struct config {
    int64_t quantiles;
};

static const struct sl_field fields[] = {
    SL_INT(struct config, quantiles, 1000, 2, 100000, "points of the line, at most"),
    SL_FIELD_END,
};

static double
normal_quantile(double p)
{
    return p <= 0.5 ? sl_normal_quantile(log(p)) : -sl_normal_quantile(log1p(-p));
}

/* Distinct values of k places, and their normal quantiles; returns how many. */
static size_t
draw_line(const struct sl_sorted_column *column, size_t k, double *x, double *z)
{
    size_t n = 0;

    for (size_t i = 0, end; i < k; i = end) {
        double value = sl_sorted_quantile(column, (double)i / (double)(k - 1));

        for (end = i + 1; end < k; end++)
            if (sl_sorted_quantile(column, (double)end / (double)(k - 1)) != value)
                break;
        x[n] = value;
        z[n++] = normal_quantile((double)(i + end) / 2 / (double)k);
    }
    return n;
}

static enum sl_status
fit(const void *config, const struct sl_fitting *fitting, struct sl_bundle *parameters,
    struct sl_error *err)
{
    const struct config *c = config;
    struct sl_arena *arena = parameters->arena;
    size_t d = fitting->data->d, k = (size_t)c->quantiles;
    struct sl_sorted_column *columns;
    double *points, *x, *z, *count;

    SL_TRY(sl_fitting_sort(fitting, arena, &columns, err));
    k = k < fitting->n ? k : fitting->n > 1 ? fitting->n : 2;
    points = sl_arena_array(arena, d, (2 * k + 1) * sizeof *points);
    if (!points)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu quantiles of %zu columns",
                       k, d);
    x = points;
    z = x + d * k;
    count = z + d * k;
    for (size_t j = 0; j < d; j++)
        count[j] = (double)draw_line(&columns[j], k, x + j * k, z + j * k);
    SL_TRY(sl_fitting_keep(parameters, "count", count, d, 0, err));
    SL_TRY(sl_fitting_keep(parameters, "x", x, d, k, err));
    return sl_fitting_keep(parameters, "z", z, d, k, err);
}

/* Of one column: n points; outside their ends the slope is `beyond`. */
struct line {
    size_t n;
    const double *x, *z;
    double beyond;
};

static enum sl_status
open_line(struct line *line, double count, size_t k, struct sl_error *err)
{
    size_t last;

    if (!(count >= 1 && count <= (double)k))
        return sl_fail(err, SL_ERR_SHAPE, "a line has %g of %zu points", count, k);
    line->n = (size_t)count;
    last = line->n - 1;
    line->beyond = 1; /* a constant column keeps its unit */
    if (last)
        line->beyond = (line->z[last] - line->z[0]) / (line->x[last] - line->x[0]);
    for (size_t i = 0; i < last; i++)
        if (!(line->x[i] < line->x[i + 1] && line->z[i] < line->z[i + 1]))
            return sl_fail(err, SL_ERR_SHAPE, "the points of a line do not ascend");
    return SL_OK;
}

static enum sl_status
open(struct sl_preprocess *step, const struct sl_bundle *parameters,
     struct sl_arena *arena, struct sl_error *err)
{
    const struct sl_item *item = sl_bundle_find(parameters, "x");
    size_t d = step->in, k = item && item->tensor.rank == 2 ? item->tensor.shape[1] : 1;
    struct line *lines = sl_arena_alloc(arena, d * sizeof *lines);
    const double *count, *x, *z, *own;

    SL_TRY(sl_preprocess_parameter(parameters, "count", d, 0, &count, err));
    SL_TRY(sl_preprocess_parameter(parameters, "x", d, k, &x, err));
    SL_TRY(sl_preprocess_parameter(parameters, "z", d, k, &z, err));
    own = sl_preprocess_copy(arena, x, d * k);
    z = sl_preprocess_copy(arena, z, d * k);
    for (size_t j = 0; j < d; j++) {
        lines[j] = (struct line){.x = own + j * k, .z = z + j * k};
        SL_TRY(open_line(&lines[j], count[j], k, err));
    }
    step->state = lines;
    return SL_OK;
}

/* The last i with at[i] <= value, of n >= 2 ascending ones and a value between the ends; at
 * most n - 2. */
static size_t
find(const double *at, size_t n, double value)
{
    size_t low = 0, high = n - 1;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (at[middle] <= value)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The image of v by the line through (from, to), and its slope. */
static double
follow(const double *from, const double *to, size_t n, double beyond, double v,
       double *slope)
{
    size_t i;

    *slope = beyond;
    if (!(v >= from[0]))
        return to[0] + (v - from[0]) * beyond;
    if (v >= from[n - 1])
        return to[n - 1] + (v - from[n - 1]) * beyond;
    i = find(from, n, v);
    *slope = (to[i + 1] - to[i]) / (from[i + 1] - from[i]);
    return to[i] + (v - from[i]) * *slope;
}

static void
forward(const struct sl_preprocess *step, const struct sl_preprocess_pass *pass)
{
    const struct line *lines = step->state;
    size_t d = step->in;

    for (size_t i = 0; i < pass->n; i++)
        for (size_t j = 0; j < d; j++) {
            const struct line *l = &lines[j];
            double slope;

            pass->y[i * d + j] =
                follow(l->x, l->z, l->n, l->beyond, pass->x[i * d + j], &slope);
            if (pass->log_det)
                pass->log_det[i] += log(slope);
        }
}

static void
inverse(const struct sl_preprocess *step, size_t n, const double *y, double *x)
{
    const struct line *lines = step->state;
    size_t d = step->in;
    double slope;

    for (size_t i = 0; i < n * d; i++) {
        const struct line *l = &lines[i % d];

        x[i] = follow(l->z, l->x, l->n, 1 / l->beyond, y[i], &slope);
    }
}

const struct sl_preprocess_class preprocess_quantile_normal = {
    .entry = {.name = "quantile-normal",
              .summary = "columns that are standard normal, by their quantiles",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .fit = fit,
    .open = open,
    .forward = forward,
    .inverse = inverse,
};
