/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_RECORD_H
#define SL_PIPELINE_RECORD_H

#include "runner/pipeline/step.h"

/* Writes the record of a run under the results folder `out`: run.h5, and its models where
 * they are not there yet. steps: those of the run's stages, in order, performed. */
enum sl_status sl_record_done(const char *out, const struct sl_plan *plan,
                              const struct sl_plan_run *run,
                              const struct sl_step *const *steps, struct sl_error *err);

/* The record of a run that failed: its configuration and the reason. */
enum sl_status sl_record_failed(const char *out, const struct sl_plan *plan,
                                const struct sl_plan_run *run, const char *reason,
                                struct sl_error *err);

#endif
