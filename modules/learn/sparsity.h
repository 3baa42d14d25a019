/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SPARSITY_H
#define SL_LEARN_SPARSITY_H

#include "modules/learn/layer.h"

/*
 * A penalty on the activations c (n x k) of a layer, which is added to the loss of a batch,
 * a mean over its rows:
 *
 *     l1 / n sum_ij |c_ij|  +  kl sum_j D_KL(target || a_j)
 *
 * where a_j is the mean of column j over the batch and the divergence is that of two coins,
 * target ln (target / a) + (1 - target) ln ((1 - target) / (1 - a)) (Ng 2011, "Sparse
 * autoencoder"). It takes activations in (0, 1); a_j is held within 1e-6 of them.
 */
struct sl_sparsity_config {
    double l1, kl, target;
};

extern const struct sl_field sl_sparsity_fields[];

bool sl_sparsity_is_on(const struct sl_sparsity_config *config);

/* The penalty of c, n x k. */
double sl_sparsity_f32(const struct sl_sparsity_config *config, size_t n, size_t k,
                       const void *c);
double sl_sparsity_f64(const struct sl_sparsity_config *config, size_t n, size_t k,
                       const void *c);

/* A layer that gives on what it gets, and adds the penalty's gradient to what comes back;
 * its configuration is the struct above. It is no layer that a configuration can name. */
extern const struct sl_row sl_sparsity_row;

#endif
