/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_PREPARED_H
#define SL_PIPELINE_PREPARED_H

#include "runner/pipeline/model.h"
#include "runner/pipeline/preprocess.h"
#include "runner/store/outcome.h"

/*
 * A model with the list of steps before it, as one that takes raw rows. raw: the model as
 * its callers are to see it, in all but state, with the module of inner. It has the
 * operations that inner has, less those for which the list has no way back.
 */
const struct sl_model *sl_prepared_model(const struct sl_model *raw,
                                         const struct sl_model *inner,
                                         const struct sl_preprocessing *fitted,
                                         struct sl_arena *arena);

/*
 * A model as it was stored, ready to be asked in raw rows: with its list, if it has one.
 * config: of the module, bound from stored->config. stored and config live as long as the
 * arena does. SL_ERR_SHAPE where parameters do not fit.
 */
enum sl_status sl_model_open(const struct sl_module *module, const void *config,
                             const struct sl_stored_model *stored, struct sl_arena *arena,
                             const struct sl_model **model, struct sl_error *err);

#endif
