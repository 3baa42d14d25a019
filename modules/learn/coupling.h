/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_COUPLING_H
#define SL_LEARN_COUPLING_H

#include "modules/learn/conditioner.h"
#include "modules/learn/index_set.h"
#include "modules/learn/transform.h"

/*
 * What coupling and autoregressive layers have in common: a conditioner looks at some
 * columns, and its outputs transform some, each value by its own parameters. The Jacobian
 * is triangular in some order of the columns, so that its log-determinant is the sum of
 * the transforms' slopes.
 *
 * seen   columns that the conditioner gets
 * moved  columns that are transformed; column c of it has the conditioner's outputs
 *        c * transform.parameters and so on
 * stay   columns that stay as they are
 */
struct sl_columns {
    size_t n;
    const uint32_t *at;
};
struct sl_coupling {
    struct sl_conditioner conditioner;
    struct sl_transform transform;
    struct sl_columns seen, moved, stay;
};

/* For a layer's shape: sets its out, parameters, kept, scratch and state, for columns and
 * transform that are set. coupling->conditioner is made by these. */
enum sl_status sl_coupling_make(struct sl_layer *layer, struct sl_coupling *coupling,
                                const struct sl_conditioner_config *config,
                                const struct sl_index_set *set, bool f64,
                                struct sl_error *err);
enum sl_status sl_autoregressive_make(struct sl_layer *layer,
                                      struct sl_coupling *coupling,
                                      const struct sl_conditioner_config *config,
                                      bool f64, struct sl_error *err);

/* What such a layer is, but for its shape and, of an autoregressive one, its inverse. */
void sl_coupling_init(const struct sl_layer *layer, struct sl_stream *stream,
                      void *theta);
size_t sl_coupling_parts(const struct sl_layer *layer, struct sl_layer_part *parts);
void sl_coupling_forward_f32(const struct sl_layer *layer, const struct sl_pass *pass);
void sl_coupling_forward_f64(const struct sl_layer *layer, const struct sl_pass *pass);
void sl_coupling_backward_f32(const struct sl_layer *layer, const struct sl_pass *pass);
void sl_coupling_backward_f64(const struct sl_layer *layer, const struct sl_pass *pass);
enum sl_status sl_coupling_inverse_f32(const struct sl_layer *layer,
                                       const struct sl_inverse *call,
                                       struct sl_error *err);
enum sl_status sl_coupling_inverse_f64(const struct sl_layer *layer,
                                       const struct sl_inverse *call,
                                       struct sl_error *err);
/* Column by column: each needs those before it. */
enum sl_status sl_autoregressive_inverse_f32(const struct sl_layer *layer,
                                             const struct sl_inverse *call,
                                             struct sl_error *err);
enum sl_status sl_autoregressive_inverse_f64(const struct sl_layer *layer,
                                             const struct sl_inverse *call,
                                             struct sl_error *err);

#endif
