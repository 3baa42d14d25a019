/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_PREPARED_H
#define SL_PIPELINE_PREPARED_H

#include "runner/pipeline/model.h"
#include "runner/pipeline/preprocess.h"

/*
 * A model with the list of steps before it, as one that takes raw rows. raw: the model as
 * its callers are to see it, in all but state, with the module of inner. It has the
 * operations that inner has, less those for which the list has no way back.
 */
const struct sl_model *sl_prepared_model(const struct sl_model *raw,
                                         const struct sl_model *inner,
                                         const struct sl_preprocessing *fitted,
                                         struct sl_arena *arena);

#endif
