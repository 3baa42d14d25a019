/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_ROUNDS_H
#define SL_PIPELINE_ROUNDS_H

#include "runner/pipeline/runs.h"
#include "runner/store/table.h"

/*
 * Adaptive search: successive halving, and tpe. A round's points are a pure function of
 * the space, the seed and the objective's means of the rounds before, so a search gives
 * the same points whatever the threads, and after an interruption.
 */
struct sl_rounds {
    struct sl_runs *runs;
    struct sl_arena *arena;
    uint64_t seed;
    size_t round;       /* done so far */
    double last;        /* of halving: the horizon that the file says, where it ends */
    size_t n, capacity; /* points so far, those of all rounds */
    struct sl_rung *points; /* of halving, n */
};

/* Of halving: a point on a rung. */
struct sl_rung {
    size_t rung;
    int64_t horizon;
    bool kept; /* it goes on on the next rung */
};

/* After sl_runs_read would have been called with the file's own points: sets the first
 * round. Problems (a horizon that the file gives no value) go to the report. Returns false
 * if the sweep is no search. */
bool sl_rounds_start(struct sl_rounds *rounds, struct sl_runs *runs, uint64_t seed,
                     struct sl_arena *arena, struct sl_report *report);

/* The points of the next round, added to those of the sweep. values: the objective's mean
 * at each point so far, NaN where there is none. Returns how many there are; 0: it is
 * over. */
size_t sl_rounds_next(struct sl_rounds *rounds, const double *values);

/* The table /rungs of sweep.h5: point, rung, horizon, value, kept. No rows without halving. */
struct sl_table sl_rounds_table(const struct sl_rounds *rounds, const double *values);

#endif
