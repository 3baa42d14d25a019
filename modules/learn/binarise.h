/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_BINARISE_H
#define SL_LEARN_BINARISE_H

#include <stddef.h>

#include "runner/base/rng.h"

/* Values in [0, 1] become 0 or 1. x, out: n values of the real in the function's name; out
 * may be x. */

/* 1 where x is above 0.5. */
void sl_binarise_threshold_f32(size_t n, const void *x, void *out);
void sl_binarise_threshold_f64(size_t n, const void *x, void *out);

/* 1 with chance x. Value j takes word j of the substream, so that the blocks of words that
 * decide nothing, where values are 0 or 1 already, need not be made. */
void sl_binarise_draw_f32(const struct sl_stream *stream, uint64_t substream, size_t n,
                          const void *x, void *out);
void sl_binarise_draw_f64(const struct sl_stream *stream, uint64_t substream, size_t n,
                          const void *x, void *out);

#endif
