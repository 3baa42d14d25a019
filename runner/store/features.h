/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_FEATURES_H
#define SL_STORE_FEATURES_H

#include "runner/store/dataset.h"

/* The columns of a table as text (JSON), and back; memory is the arena's. A name that is
 * not UTF-8 is SL_ERR_SHAPE, a text that is not such a description SL_ERR_IO. */
enum sl_status sl_features_write(const struct sl_features *features,
                                 struct sl_arena *arena, const char **text,
                                 struct sl_error *err);
enum sl_status sl_features_read(const char *text, struct sl_arena *arena,
                                const struct sl_features **features,
                                struct sl_error *err);

/* NULL gives NULL. */
const struct sl_features *sl_features_copy(const struct sl_features *features,
                                           struct sl_arena *arena);

#endif
