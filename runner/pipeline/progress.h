/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_PROGRESS_H
#define SL_PIPELINE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a person sees while steps run: on a terminal a bar that is drawn again a few times
 * a second, elsewhere a plain line for every event. May be called from any thread.
 */
struct sl_progress;

enum sl_progress_style { SL_PROGRESS_QUIET, SL_PROGRESS_LINES, SL_PROGRESS_BAR };

/* The style for standard error: a bar on a terminal that can draw one. */
enum sl_progress_style sl_progress_default(void);

/* NULL where there is no memory. */
struct sl_progress *sl_progress_new(enum sl_progress_style style);
void sl_progress_free(struct sl_progress *progress);

/* How far a step is. Cheap enough for every batch. loss NaN: there is none. */
void sl_progress_tell(struct sl_progress *progress, const char *step, double done,
                      double total, const char *unit, double loss);
/* What became of a step: "done", "cached", "failed: ...". */
void sl_progress_event(struct sl_progress *progress, const char *step, const char *what,
                       double seconds);
/* A sentence between the bars. */
void sl_progress_note(struct sl_progress *progress, const char *text);

#endif
