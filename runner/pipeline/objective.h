/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_OBJECTIVE_H
#define SL_PIPELINE_OBJECTIVE_H

#include "runner/pipeline/runs.h"

/*
 * Tells of a sweep's objectives, before anything runs: one that no stage records (an
 * error), one that reads a split on which final metrics stand (a warning: what is chosen
 * by it looks better there than it is), and axes on which it can't depend (a warning).
 */
void sl_objective_check(const struct sl_runs *runs, struct sl_report *report);

/* Whether a stage of the experiment records a metric, STAGE.METRIC. */
bool sl_experiment_records(const struct sl_experiment *experiment, const char *metric);

#endif
