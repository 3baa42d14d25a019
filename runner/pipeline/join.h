/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_JOIN_H
#define SL_PIPELINE_JOIN_H

#include "runner/pipeline/experiment.h"

/* Joins every input port of a stage to a stage before it in the same array, and checks
 * what its block says of them (`inputs:`, `score:`, the keys that name splits). Problems
 * go to the report. A stage without a schema takes that of the stages it is joined to. missing:
 * kinds, a bit each, that have a block which was told to be wrong: what only that would yield
 * is not missed. */
void sl_stage_join(const struct sl_binder *binder, struct sl_stage *stage,
                   unsigned missing);

/* Tells of every value that names splits (SL_SPLITS), at its place in check->node, where the
 * data is known to have none of that name. */
void sl_check_splits(const struct sl_field *fields, const void *config,
                     const struct sl_check *check);

#endif
