/* SPDX-License-Identifier: MIT */
#ifndef SL_PLOT_SWEEP_VIEW_H
#define SL_PLOT_SWEEP_VIEW_H

#include "runner/plot/sweep.h"

/* The points of a sweep as a figure shows them. */

struct sl_view_axis {
    const char *name;
    bool numeric, logarithmic;
    size_t count; /* distinct values */
    const char **texts;
    const double *numbers; /* the distinct values of a numeric axis, ascending */
    double low, high;      /* of a text: 1 and count */
    double *values;        /* by row; NaN where the point has none */
    size_t *index;         /* by row, of the distinct values from 1; 0: none */
};

struct sl_view_metric {
    const char *name, *unit, *goal;
    const double *mean, *low, *high, *n; /* by row */
};

struct sl_sweep_view {
    struct sl_arena *arena;
    size_t row_count; /* points of the sweep */
    size_t n;
    size_t *rows; /* of the points, those that are shown, in their order */
    size_t axis_count;
    struct sl_view_axis *axes;
    size_t metric_count;
    struct sl_view_metric *metrics;
};

/* The swept paths of the record, with the values that the rows take which are shown. */
void sl_view_axes_open(struct sl_sweep_view *view, const struct sl_sweep_record *sweep);

/* Makes one of the axes from `first` on, whose values are theirs together. */
void sl_view_axes_join(struct sl_sweep_view *view, size_t first);

/* All axes, the rows that have the metrics. SL_ERR_SHAPE where there is no such metric. */
enum sl_status sl_sweep_view_open(struct sl_sweep_view *view,
                                  const struct sl_sweep_drawing *drawing,
                                  struct sl_arena *arena, struct sl_error *err);

/* Drops axes on which the metrics don't depend, as long as more than `least` are left, and
 * the points that equal another one without them. */
void sl_sweep_view_narrow(struct sl_sweep_view *view, size_t least);

/* Makes one of several axes, so that no more than `most` are left, if that is not 0. The
 * one to draw along stays as it is. */
void sl_sweep_view_join(struct sl_sweep_view *view, size_t most);

/* Puts axes and rows in order. */
void sl_sweep_view_sort(struct sl_sweep_view *view);

/* Where a row lies on an axis, from 0 to 1; NaN: nowhere. */
double sl_view_place(const struct sl_view_axis *axis, size_t row);

#endif
