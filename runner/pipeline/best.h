/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_BEST_H
#define SL_PIPELINE_BEST_H

#include "runner/pipeline/execute.h"
#include "runner/pipeline/runs.h"

/*
 * The best point so far: by the mean of the objective over those of its repeats that are
 * done, finite values alone; of equal ones the first. So at the end it is the one that
 * `sluice best` puts first. Not thread-safe.
 */
struct sl_best {
    const struct sl_runs *runs;
    const struct sl_objective *objective; /* NULL: there is none, or more than one */
    struct sl_best_point {
        double sum;
        size_t n; /* repeats */
    } * points;
    size_t at; /* of the best; SIZE_MAX: there is none yet */
};

/* runs may be NULL: then there is never a best. Memory is the arena's. */
void sl_best_init(struct sl_best *best, const struct sl_runs *runs,
                  struct sl_arena *arena);

/* Takes the metrics of a run in; true where that changes what is said. */
bool sl_best_add(struct sl_best *best, size_t run, const struct sl_run_result *result);

/* "detect.auroc 0.9978 (point 3, k=2.5; 4 of 5 repeats)"; nothing without a best. */
void sl_best_say(const struct sl_best *best, struct sl_text *out);

#endif
