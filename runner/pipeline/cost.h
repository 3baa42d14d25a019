/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_COST_H
#define SL_PIPELINE_COST_H

#include "runner/pipeline/plan.h"

/*
 * How long steps are expected to take: for the order in which they run, and for what `plan`
 * says. No result depends on it.
 *
 * A step's work is what its module estimates, in floating-point operations, and its kind is
 * what the journal files it under: "autoencoder", or "score autoencoder". The journal says
 * how many seconds a kind took for its work; where it knows a kind without work, the mean
 * of its seconds counts, and where it does not know a kind, SL_COST_RATE operations a second.
 */
#define SL_COST_RATE 1e10
#define SL_COST_LEAST 1e-3 /* seconds of a step of which nothing is known */

struct sl_cost_rate {
    const char *kind;
    double seconds, work;          /* of the steps that have work */
    double all_seconds, all_steps; /* of all of the kind */
};

struct sl_costs {
    struct sl_arena *arena;
    size_t n, capacity;
    struct sl_cost_rate *at;
};

/* Reads the last SL_COST_JOURNAL bytes of a journal; NULL, or one that can't be read, is
 * empty. */
#define SL_COST_JOURNAL (1 << 20)
void sl_costs_read(struct sl_costs *costs, const char *journal, struct sl_arena *arena);

struct sl_cost_kind {
    char text[128];
};
struct sl_cost_kind sl_cost_kind(const struct sl_plan_step *step);
/* 0 where the module does not say. */
double sl_cost_work(const struct sl_plan_step *step);

/* Seconds. *measured, if not NULL, says whether the kind was. */
double sl_cost_of(const struct sl_costs *costs, const struct sl_plan_step *step,
                  bool *measured);

/* Of each of the steps that are wanted, less what the one before it in the chain does for
 * it (sl_plan_chain); 0 of the others. Memory is the arena's. */
const double *sl_costs_seconds(const struct sl_costs *costs, const struct sl_plan *plan,
                               const bool *wanted, const size_t *before,
                               struct sl_arena *arena);

#endif
