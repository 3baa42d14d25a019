/* SPDX-License-Identifier: MIT */
#ifndef SL_PLOT_SWEEP_H
#define SL_PLOT_SWEEP_H

#include "runner/pipeline/runs.h"
#include "runner/plot/canvas.h"
#include "runner/store/sweepfile.h"

/*
 * Figures of a sweep, drawn from sweep.h5 alone. Their scripts have
 *
 *     experiment, repeats, format, width, height
 *     axis_count             swept paths that are shown; of two, the first is the one to
 *                            draw along: numbers before texts, then that of more values
 *     axis_names[i]          its path
 *     axis_numeric[i], axis_log[i]       whether its values are numbers, and spread as a
 *                            logarithm has them
 *     axis_low[i], axis_high[i], axis_counts[i]     ends, and how many distinct values
 *     axis_texts_I[j]        those, I being i: numbers from low to high, texts in the order
 *                            of their coming; the first 100
 *     axis_numbers_I[j]      of a numeric axis, the same as numbers
 *     metric_count, metric_names[j], metric_units[j]
 *     metric_goals[j]        'minimize', 'maximize' or '' where it is no objective
 *     point_count            points with all of the metrics; the others are left out
 *
 * and the block 'points' with a line for each, whose columns are 1 (point, from 0),
 * axis_value(i) (a number, or the place of a text), axis_index(i) (of the distinct values,
 * from 1), axis_place(i) (from 0 to 1), metric_mean(j), metric_low(j), metric_high(j) and
 * metric_n(j); low and high are the 95 % interval of the mean, which is the mean itself for
 * a single run. Lines are sorted by the first axis, in groups by the second with an empty
 * line between, where there are one or two; else by the first metric, the best last.
 *
 *     'front'    of two objectives: point and both means of those that no other is better
 *                than in both, sorted
 *     'rungs'    of halving: configuration, rung, horizon, value, kept, rung reached; sorted
 *                by the first, with an empty line between; horizon_name is the path, and
 *                rung_horizons[i] and rung_points[i] say what the rung_count rungs are
 *
 * Paths on which the metrics don't depend, by the numbers, are left out where the figure
 * can do with fewer. Where there are more than it has room for, the last of its axes stands
 * for all the others together: 'train.encoder, train.epochs' with '[64, 8], 3', ...
 */
struct sl_sweep_drawing {
    const struct sl_sweep_record *sweep;
    const struct sl_figure *figure; /* of a sweep */
    size_t n;
    const char *const *metrics; /* STAGE.METRIC, as many as the figure shows */
    const char *folder;
    unsigned formats; /* as in struct sl_canvas */
    const char *gnuplot;
};

/* The metrics of figures that name none: the objectives or, without any, an AUROC, a
 * training's loss, or the first there is. Returns how many. */
size_t sl_sweep_metrics(const struct sl_sweep_record *sweep, struct sl_arena *arena,
                        const char *const **metrics);

/* Tells what keeps a sweep from having the figures that its block asks for. */
void sl_sweep_figures_check(const struct sl_runs *runs, const char *const *search,
                            struct sl_arena *arena, struct sl_report *report);

/* Whether the sweep has what the figure shows, no more swept paths than it has room for,
 * and none that does nothing. */
bool sl_sweep_figure_fits(const struct sl_sweep_drawing *drawing, struct sl_arena *arena);

/* What its files are called: as the figure or, if these are not the sweep's own metrics,
 * NAME-METRIC. */
const char *sl_sweep_figure_file(const struct sl_sweep_drawing *drawing,
                                 struct sl_arena *arena);

/* Publishes data, script and pictures. SL_ERR_SHAPE if the sweep has not what the figure
 * shows; SL_ERR_IO as sl_canvas_publish. */
enum sl_status sl_sweep_figure_draw(const struct sl_sweep_drawing *drawing,
                                    struct sl_arena *arena, struct sl_error *err);

#endif
