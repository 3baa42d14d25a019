/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_CONTRAST_H
#define SL_COMMAND_CONTRAST_H

#include "runner/base/error.h"
#include "runner/store/table.h"

struct sl_arena;

/*
 * Two things to be compared: a run, or a point of a sweep with its repeats.
 *
 * title   what the user called it
 * config  YAML, or "" where its run.h5 is gone
 * swept   of a point: the swept values as YAML
 * n       runs that are done
 * values  of each metric, n, NaN where a run lacks it
 */
struct sl_contrast_metric {
    const char *name, *unit; /* STAGE.METRIC; unit may be NULL */
    const double *values;
};
struct sl_contrast_side {
    const char *title, *config, *swept;
    size_t n;
    const uint64_t *seeds;
    size_t metric_count;
    const struct sl_contrast_metric *metrics;
};

/* "results/x#3": point 3 of the sweep there; else the path of a run. "#4" is a point of the
 * sweep that `other` names, which may be NULL. */
enum sl_status sl_contrast_open(const char *word, const char *other,
                                struct sl_arena *arena, struct sl_contrast_side *side,
                                struct sl_error *err);

/* The keys that differ: columns key, a and b, "" where a side has none. Where a configuration
 * is gone, the swept values are compared. Seeds of points are their repeats' and don't
 * count. */
void sl_contrast_config(const struct sl_contrast_side *a,
                        const struct sl_contrast_side *b, struct sl_arena *arena,
                        struct sl_table *table);

/* Takes the metrics out of the side that are not among n names. */
void sl_contrast_pick(struct sl_contrast_side *side, const char *const *names, size_t n,
                      struct sl_arena *arena);

/*
 * A row for each metric of either side:
 *
 *     metric, unit, a, b     a and b: means, of the pairs where there are any
 *     difference, low, high  of b from a, with its 95 % interval over the pairs
 *     pairs                  runs of both sides that have the same seed and the metric
 *     p                      Wilcoxon's signed rank test, corrected by Holm for all rows
 */
void sl_contrast_metrics(const struct sl_contrast_side *a,
                         const struct sl_contrast_side *b, struct sl_arena *arena,
                         struct sl_table *table);

#endif
