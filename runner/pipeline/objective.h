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

/* Tells where halving goes by something that is no horizon of a stage. */
void sl_horizon_check(const struct sl_runs *runs, struct sl_report *report);

/* Whether some run records a metric, STAGE.METRIC. */
bool sl_runs_record(const struct sl_runs *runs, const char *metric);
/* Tells that none does, with what may have been meant. what: "" or "figure 'x': ". */
void sl_runs_refuse_metric(const struct sl_runs *runs, struct sl_mark mark,
                           const char *what, const char *metric);

#endif
