/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_PROFILED_H
#define SL_PIPELINE_PROFILED_H

#include "runner/parallel/profile.h"
#include "runner/pipeline/step.h"

/* sl_step_perform as a span of the profile that the step's pool has. */
enum sl_status sl_profiled_perform(struct sl_step *step, struct sl_error *err);

/* What a process did for a step, in memory that it shares with the program, at the same
 * place in both. */
#define SL_PROFILED_ROWS 64
struct sl_profiled {
    size_t n, peak;
    struct sl_profile_row rows[SL_PROFILED_ROWS];
    char names[SL_PROFILED_ROWS][32];
};

/* In that process, once the step is done. */
void sl_profiled_take(struct sl_profile *profile, struct sl_profiled *shared);
/* In the program, inside the step's span. profile NULL: nothing. */
void sl_profiled_add(struct sl_profile *profile, const struct sl_profiled *shared);

#endif
