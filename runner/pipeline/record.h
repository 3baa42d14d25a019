/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_RECORD_H
#define SL_PIPELINE_RECORD_H

#include "runner/base/publish.h"
#include "runner/pipeline/step.h"
#include "runner/store/runfile.h"

#define SL_RECORD_FILES 16

/* The files of a run's record, built and not yet published: its models, where they are not
 * there yet, and run.h5, which is last since it names them. */
struct sl_record {
    struct sl_arena arena; /* holds paths and bytes */
    size_t n;
    struct sl_publication files[SL_RECORD_FILES];
};

/* Of a run that is done; steps: those of its stages, in order, performed. out: the results
 * folder. record is released by the caller, whatever is returned. */
enum sl_status sl_record_done(struct sl_record *record, const char *out,
                              const struct sl_plan *plan, const struct sl_plan_run *run,
                              const struct sl_step *const *steps, struct sl_error *err);

/* Of a run that failed: its configuration and the reason. */
enum sl_status sl_record_failed(struct sl_record *record, const char *out,
                                const struct sl_plan *plan, const struct sl_plan_run *run,
                                const char *reason, struct sl_error *err);

void sl_record_release(struct sl_record *record);

#endif
