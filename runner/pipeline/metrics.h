/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_METRICS_H
#define SL_PIPELINE_METRICS_H

#include "runner/pipeline/execute.h"
#include "runner/store/runfile.h"

/* The metrics of a run, for the table of its sweep: out of its record, or by its stages'
 * outcomes. They, and what they point to, are the arena's. */
void sl_metrics_of_record(const struct sl_run_record *record, struct sl_arena *arena,
                          struct sl_run_result *result);
/* bundles: the metrics of each of the experiment's stages. */
void sl_metrics_of_stages(const struct sl_experiment *experiment,
                          const struct sl_bundle *const *bundles, struct sl_arena *arena,
                          struct sl_run_result *result);

#endif
