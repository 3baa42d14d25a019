/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_LATENT_H
#define SL_LEARN_LATENT_H

#include "modules/learn/principal.h"

/*
 * How far out a row's code lies among those of the rows that a model has learned from,
 *
 *     distance = sqrt((c - m)t S^-1 (c - m)),
 *
 * m and S mean and covariance (divisor n) of up to SL_LATENT_ROWS training rows' codes,
 * spread evenly over the split; directions in which codes don't vary don't count (Mahalanobis
 * 1936; for codes Denouden et al. 2018). And the sum of that and of another score r, each
 * less its mean, over its standard deviation, by the same rows:
 *
 *     sum = (r - mean r) / std r + (distance - mean distance) / std distance
 *
 * Its parameters are latent.mean, latent.axes, latent.variances and latent.scores, which is
 * mean and deviation of r, then of the distance.
 */
#define SL_LATENT_ROWS ((size_t)4096)

struct sl_latent {
    struct sl_principal codes;
    double *whitening;    /* codes.k x codes.d */
    const double *scores; /* 4 */
};

/* Of n codes of width d and the other score of the same rows; adds its parameters to the
 * bundle. SL_ERR_NUMERIC, SL_ERR_MEMORY. */
enum sl_status sl_latent_fit(size_t n, size_t d, const double *codes, const double *other,
                             struct sl_bundle *bundle, struct sl_error *err);

/* NULL in *latent where the model has none of the parameters. Memory is the arena's. */
enum sl_status sl_latent_load(const struct sl_model *model, size_t d,
                              struct sl_arena *arena, struct sl_latent **latent,
                              struct sl_error *err);

/* out: n distances of codes, n x d. */
enum sl_status sl_latent_distances(const struct sl_latent *latent, struct sl_pool *pool,
                                   size_t n, const double *codes, double *out,
                                   struct sl_error *err);

double sl_latent_sum(const struct sl_latent *latent, double other, double distance);

#endif
