/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_KEY_H
#define SL_PIPELINE_KEY_H

#include "runner/pipeline/plan.h"

/*
 * Keys: hashes of everything that determines a result. Not in them: thread counts, paths,
 * dates, labels, descriptions, output options.
 */

/* Sets key, trajectory and rows of a step that is a stage; its inputs are in the plan.
 * SL_ERR_IO names a file that can't be read. */
enum sl_status sl_key_stage(struct sl_plan *plan, struct sl_plan_step *step,
                            struct sl_error *err);
/* Sets key and trajectory of a step that scores. */
void sl_key_score(const struct sl_plan *plan, struct sl_plan_step *step);

/* The shared objects that a stage's result depends on: that of its module, of what its
 * configuration chooses and of the tables its module reads; each once, by digest. */
#define SL_ORIGINS_MAX 128
struct sl_origins {
    size_t n;
    const struct sl_origin *at[SL_ORIGINS_MAX];
};
void sl_origins_add(struct sl_origins *origins, const struct sl_registry *registry,
                    const struct sl_stage *stage);
/* "my-detector.so 1.0 sha256 0123...", as the record has it. */
void sl_origin_say(const struct sl_origin *origin, struct sl_text *out);

/* What went into a step's key, for a reader: one thing a line. */
void sl_key_say(const struct sl_plan *plan, const struct sl_plan_step *step,
                struct sl_text *out);

#endif
