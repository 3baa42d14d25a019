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
    const char *out;
    const struct sl_plan *plan;
    const struct sl_plan_run *run;
    struct sl_run_record content;
    struct sl_run_file file;
};

/* Of this run, in the results folder out. It is to be released, whatever is returned by what
 * is called with it. */
void sl_record_init(struct sl_record *record, const char *out, const struct sl_plan *plan,
                    const struct sl_plan_run *run);

/* Builds what comes of the first n stages, whose steps are performed; they stay for
 * sl_record_done. It may be called with ever more of them, by one thread at a time. */
enum sl_status sl_record_add(struct sl_record *record, const struct sl_step *const *steps,
                             size_t n, struct sl_error *err);

/* Of a run that is done; steps: those of all its stages, in order. */
enum sl_status sl_record_done(struct sl_record *record,
                              const struct sl_step *const *steps, struct sl_error *err);

/* Of a run that failed: its configuration and the reason. Nothing was added. */
enum sl_status sl_record_failed(struct sl_record *record, const char *reason,
                                struct sl_error *err);

void sl_record_release(struct sl_record *record);

#endif
