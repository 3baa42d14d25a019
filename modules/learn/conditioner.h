/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_CONDITIONER_H
#define SL_LEARN_CONDITIONER_H

#include "modules/learn/network.h"

/*
 * The small dense network inside a flow's layer, which computes the parameters of the
 * layer's transforms from some of its columns. Its activations lie in the layer's `kept`
 * memory, so that any number of threads may use it.
 *
 * It goes through a batch unit by unit: in its arrays the values of all rows of a column or
 * unit stand side by side. Transforms of many values by the same piece of arithmetic need
 * no other order then, and products have none that they like better.
 *
 * Its last layer starts at zero, weights and biases: every transform begins as what it
 * makes of zeros, the identity (as the last layers of Kingma and Dhariwal 2018, "Glow").
 */
struct sl_conditioner_config {
    struct sl_int_list hidden;
    struct sl_choice activation;
};
/* To be SL_INCLUDEd among a layer's fields. */
extern const struct sl_field sl_conditioner_fields[];

#define SL_HIDDEN_MAX 8

struct sl_conditioner {
    struct sl_network network;
    size_t parts;
    struct sl_layer_part part[2 * (SL_HIDDEN_MAX + 1)];
};

/* From in columns to out; memory is the layer's. SL_ERR_CONFIG at the place of an
 * activation that is none, SL_ERR_SHAPE for too many hidden layers. */
enum sl_status sl_conditioner_make(struct sl_conditioner *conditioner,
                                   const struct sl_conditioner_config *config,
                                   const struct sl_layer *layer, size_t in, size_t out,
                                   bool f64, struct sl_error *err);

/* From d columns to per_column for each of them, which depend on the columns before it
 * alone (MADE, Germain et al. 2015): hidden unit j sees the first 1 + j mod (d - 1)
 * columns. */
enum sl_status sl_conditioner_make_masked(struct sl_conditioner *conditioner,
                                          const struct sl_conditioner_config *config,
                                          const struct sl_layer *layer, size_t per_column,
                                          bool f64, struct sl_error *err);

/* Reals that it needs for each row, and besides. */
size_t sl_conditioner_kept(const struct sl_conditioner *conditioner);
size_t sl_conditioner_scratch(const struct sl_conditioner *conditioner);

void sl_conditioner_start(const struct sl_conditioner *conditioner,
                          const struct sl_stream *stream, void *theta);

/* Its arrays for n rows. x: in x n, to be filled before forward; dx: of the same shape,
 * after backward. */
struct sl_conditioner_work {
    struct sl_network_work work;
    void *y[2 * SL_HIDDEN_MAX + 1], *kept[2 * SL_HIDDEN_MAX + 1];
    void *x, *dx;
};
/* memory: scratch + n x kept reals */
void sl_conditioner_lay(const struct sl_conditioner *conditioner, size_t n, void *memory,
                        struct sl_conditioner_work *work);

/* The outputs, out x n. */
const void *sl_conditioner_forward(const struct sl_conditioner_work *work,
                                   const void *theta, struct sl_pool *pool);
/* The outputs of the last forward, which may have been through another
 * sl_conditioner_lay of the same memory. */
void *sl_conditioner_outputs(const struct sl_conditioner_work *work);
/* Where the gradient by the outputs has to stand before backward. */
void *sl_conditioner_du(const struct sl_conditioner_work *work);
void sl_conditioner_backward(const struct sl_conditioner_work *work, const void *theta,
                             struct sl_pool *pool, void *dtheta);

#endif
