/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_ACTIVATION_H
#define SL_LEARN_ACTIVATION_H

#include "modules/learn/layer.h"

/*
 * What layers share that make each number of a batch into another and have no parameters.
 * They work in place; their kernels are for n consecutive numbers, cut by the batch's shape.
 *
 * apply  y from x; y may be x
 * pull   dx from dy, and from y, or from x for a layer that keeps it; dx may be dy
 */
typedef void SL_R(sl_apply_fn)(const void *config, size_t n, const real *x, real *y);
typedef void SL_R(sl_pull_fn)(const void *config, size_t n, const real *at,
                              const real *dy, real *dx);

/* As sl_layer_class.shape: as many columns as come in. */
enum sl_status SL_R(sl_activation_shape)(struct sl_layer *layer, struct sl_error *err);
/* The same for a layer whose slope can't be told from y, and which keeps x therefore. */
enum sl_status SL_R(sl_activation_shape_kept)(struct sl_layer *layer,
                                              struct sl_error *err);

void SL_R(sl_activation_forward)(const struct sl_layer *layer, const struct sl_pass *pass,
                                 SL_R(sl_apply_fn) * apply);
/* Does nothing where nobody asks for dx. */
void SL_R(sl_activation_backward)(const struct sl_layer *layer,
                                  const struct sl_pass *pass, SL_R(sl_pull_fn) * pull);

/* A number of the layer's real, as a constant of a graph: "LAYER.name". */
const char *SL_R(sl_activation_number)(const struct sl_layer *layer,
                                       struct sl_graph *graph, const char *name,
                                       double value);

#endif
