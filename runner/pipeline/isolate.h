/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_ISOLATE_H
#define SL_PIPELINE_ISOLATE_H

#include "runner/pipeline/step.h"

/*
 * Steps in processes of their own, so that a module that crashes or hangs takes nothing
 * with it.
 *
 * A guard is a process that was forked before any thread was started, with the whole plan
 * in its memory: it forks once more for each step that it is told to do, waits for how that
 * ends, and kills it where it takes too long. The child reads the step's inputs from the
 * cache and writes its outcome there, whole, as ever; nothing else comes back but an error,
 * progress and notes, in memory that is shared. A step has the bits that it has without.
 */
struct sl_guards;

struct sl_executor;

/* The main thread's, before any other is started and after sl_executor_prepare. n: steps at
 * a time. */
enum sl_status sl_guards_new(struct sl_guards **guards, struct sl_executor *executor,
                             unsigned n, struct sl_error *err);
/* NULL is allowed. */
void sl_guards_free(struct sl_guards *guards);

/*
 * Does step `index` of the plan with so many threads; its outcome is in the cache then. May
 * be called from as many threads at once as there are guards. *seconds: what it took.
 * *crashed: it ended as no step should (SL_ERR_NUMERIC, with the module and the signal).
 */
enum sl_status sl_guards_perform(struct sl_guards *guards, size_t index, unsigned threads,
                                 double *seconds, bool *crashed, struct sl_error *err);

/* ---- in the child ------------------------------------------------------------------- */

/* What a child and its guard share with the program. */
struct sl_shared;
void sl_shared_progress(struct sl_shared *shared, double done, double total,
                        const char *unit, double loss);
void sl_shared_note(struct sl_shared *shared, const char *text);

#endif
