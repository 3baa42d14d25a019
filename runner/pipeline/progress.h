/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_PROGRESS_H
#define SL_PIPELINE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/pipeline/journal.h"

/*
 * What a person sees while steps run: on a terminal a bar that is drawn again a few times
 * a second, elsewhere a plain line for every event. May be called from any thread.
 */
struct sl_progress;

/* What became of a run. */
enum sl_run_state {
    SL_RUN_WAITING,
    SL_RUN_RECORDED,    /* it was done before */
    SL_RUN_DONE,        /* done now */
    SL_RUN_FAILED,      /* now or before; recorded, with its reason */
    SL_RUN_INTERRUPTED, /* a signal, a file, no memory: the next call goes on with it */
    SL_RUN_STATES
};
const char *sl_run_state_word(enum sl_run_state state);

enum sl_progress_style { SL_PROGRESS_QUIET, SL_PROGRESS_LINES, SL_PROGRESS_BAR };

/* The style for standard error: a bar on a terminal that can draw one. */
enum sl_progress_style sl_progress_default(void);

/* NULL where there is no memory. journal: where sentences go, too; NULL: nowhere else. */
struct sl_progress *sl_progress_new(enum sl_progress_style style,
                                    const struct sl_journal *journal);
void sl_progress_free(struct sl_progress *progress);

/* How many runs there are; with more than one there is a line for all of them, and steps
 * that are done are not told one by one. */
void sl_progress_runs(struct sl_progress *progress, size_t runs);
/* reason: of a failure or an interruption, else NULL. */
void sl_progress_run(struct sl_progress *progress, const char *run,
                     enum sl_run_state state, const char *reason);
/* The best point so far, in words: "detect.auroc 0.9978 (point 3, k=2.5)". Copied. */
void sl_progress_best(struct sl_progress *progress, const char *text);

/* How far a step is. Cheap enough for every batch. loss NaN: there is none. */
void sl_progress_tell(struct sl_progress *progress, const char *step, double done,
                      double total, const char *unit, double loss);
/* What became of a step: "done", "cached", "failed: ...". */
void sl_progress_event(struct sl_progress *progress, const char *step, const char *what,
                       double seconds);
/* A sentence between the bars; the journal gets it, too, in every style. */
void sl_progress_note(struct sl_progress *progress, const char *text);

#endif
