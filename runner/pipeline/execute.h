/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_EXECUTE_H
#define SL_PIPELINE_EXECUTE_H

#include <stdatomic.h>

#include "runner/pipeline/journal.h"
#include "runner/pipeline/plan.h"
#include "runner/pipeline/progress.h"
#include "runner/pipeline/runs.h"
#include "runner/store/cache.h"

/*
 * Doing a plan: ready steps on the pool's threads, outcomes into the cache, and of each run
 * that is complete the record.
 */
struct sl_run_metric {
    const char *stage, *name, *unit; /* unit may be NULL */
    double value;
};

struct sl_run_result {
    enum sl_run_state state;
    enum sl_status status; /* of a failure or an interruption */
    const char *reason;
    bool cached; /* of a failure: it is from before */
    size_t n;    /* metrics, of a run that is done in a plan of several */
    const struct sl_run_metric *metrics;
};

struct sl_execution {
    const struct sl_plan *plan;
    const struct sl_registry *registry;
    struct sl_cache cache;
    const char *out; /* the results folder */
    unsigned threads;
    bool retry_failed, from_scratch;
    bool isolate;               /* steps are done in processes of their own */
    const struct sl_runs *runs; /* for the best so far; may be NULL */
    bool halts;                 /* a run that fails stops the others (on_failure: stop) */
    size_t memory; /* bytes that running steps may take together; 0: by the machine */
    size_t known;  /* the first runs, of earlier rounds: they are what `results` says */
    struct sl_progress *progress;
    struct sl_journal journal;
    const atomic_int *stop;
    struct sl_profile *profile; /* NULL: nobody asks */
    /* Called, perhaps from several threads, before anything is recorded; what it refuses is
     * not. May be NULL. */
    enum sl_status (*planned)(void *plan_context, struct sl_error *err);
    void *plan_context;

    /* One a run; set by sl_execute, in the plan's arena. Before: those that are known. */
    struct sl_run_result *results;
};

/* SL_OK says that nothing stood in the way of trying; what became of each run is in
 * results. Writes runs/.../run.h5 and models/ under `out`. */
enum sl_status sl_execute(struct sl_execution *execution, struct sl_error *err);

#endif
