/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_TALLY_H
#define SL_PIPELINE_TALLY_H

#include "runner/pipeline/execute.h"
#include "runner/pipeline/runs.h"
#include "runner/store/sweepfile.h"

/*
 * What a sweep came to, as the tables of sweep.h5, in the order of the plan. Memory is the
 * arena's. Runs that are not done have the state "missing" or "failed", and NaN for
 * metrics.
 */
void sl_tally(const struct sl_execution *execution, const struct sl_runs *runs,
              struct sl_arena *arena, struct sl_sweep_record *record);

/* The part that the file of the experiment says by itself: name, description, axes,
 * objectives, figures and repeats. */
void sl_tally_heading(const struct sl_runs *runs, struct sl_arena *arena,
                      struct sl_sweep_record *record);

#endif
