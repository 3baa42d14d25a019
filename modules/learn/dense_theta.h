/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_DENSE_THETA_H
#define SL_LEARN_DENSE_THETA_H

#include "modules/learn/layer.h"
#include "runner/tensor/real.h"

/* Theta of a dense layer: W (out x in, row-major) and then b (out), as PyTorch's Linear stores
 * them. These serve in the layer's class. */
size_t SL_R(sl_dense_parts)(const struct sl_layer *layer, struct sl_layer_part *part);
/* All parameters uniform in +-1/sqrt(in), in their order. */
void SL_R(sl_dense_init)(const struct sl_layer *layer, struct sl_stream *stream,
                         void *theta);

/* The next n parameters, uniform as those of a unit that `in` inputs reach. */
void SL_R(sl_dense_draw)(struct sl_stream *stream, size_t in, size_t n, real *theta);

#endif
