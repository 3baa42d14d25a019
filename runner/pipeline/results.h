/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_RESULTS_H
#define SL_PIPELINE_RESULTS_H

#include "runner/pipeline/experiment.h"

/*
 * The metrics that a stage records under its configuration, as its module's table declares
 * them (struct sl_result): families are resolved where the table says by what. One whose
 * members can't be told ("loss_*") is visited by that name.
 */
void sl_stage_metrics(const struct sl_stage *stage, const struct sl_registry *registry,
                      void (*visit)(void *context, const char *metric), void *context);

/* Whether a stage of the experiment records a metric, STAGE.METRIC. */
bool sl_experiment_records(const struct sl_experiment *experiment,
                           const struct sl_registry *registry, const char *metric);

/* The metric of the experiment that was meant by one that is unknown, or NULL. Memory is the
 * arena's. */
const char *sl_experiment_nearest(const struct sl_experiment *experiment,
                                  const struct sl_registry *registry, const char *metric,
                                  struct sl_arena *arena);

#endif
