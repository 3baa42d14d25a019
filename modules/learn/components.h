/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_COMPONENTS_H
#define SL_LEARN_COMPONENTS_H

#include <stdbool.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"
#include "runner/base/rng.h"

/*
 * k Gaussian components in d dimensions, for rows in panels (panel.h).
 *
 * covariances   FULL: k x d x d; TIED: d x d, of all; DIAGONAL: k x d; SPHERICAL: k
 *
 * ln w_c N(x; m_c, S_c) = ln w_c - d/2 ln 2 pi - 1/2 ln |S_c| - 1/2 |L_c^-1 (x - m_c)|^2,
 * L_c the Cholesky factor of S_c.
 */
enum sl_covariances {
    SL_FULL_COVARIANCE,
    SL_DIAGONAL_COVARIANCE,
    SL_SPHERICAL_COVARIANCE,
    SL_TIED_COVARIANCE
};

struct sl_components {
    size_t k, d;
    enum sl_covariances type;
    double *weights, *means, *covariances; /* k, k x d, as above */
    /* What sl_components_factor makes of them: */
    double *factors, *inverses; /* FULL, TIED: Cholesky factors and their inverses */
    double *variances;          /* DIAGONAL, SPHERICAL: k x d */
    double *peaks;              /* k: ln w_c N(m_c; m_c, S_c) */
};

/* float64 numbers of `covariances`. */
size_t sl_components_size(enum sl_covariances type, size_t k, size_t d);

/* Memory is the arena's. SL_ERR_MEMORY. */
enum sl_status sl_components_new(struct sl_components *c, enum sl_covariances type,
                                 size_t k, size_t d, struct sl_arena *arena,
                                 struct sl_error *err);

/* To be called when weights and covariances have been set. SL_ERR_NUMERIC names the
 * component and the column at which a covariance is not positive definite. */
enum sl_status sl_components_factor(struct sl_components *c, struct sl_error *err);

/* logs (k x SL_PANEL): of every component at the rows of a panel. scratch: 2 d x
 * SL_PANEL. */
void sl_components_logs(const struct sl_components *c, const double *panel,
                        double *scratch, double *logs);

/* Over the components, by log-sum-exp: sums (SL_PANEL) = ln sum_c e^logs; with `shares`,
 * logs become the components' shares of it. */
void sl_components_sum(size_t k, bool shares, double *logs, double *sums);

/* A point, by one uniform number and d normal ones. scratch: d. */
void sl_components_draw(const struct sl_components *c, struct sl_stream *stream,
                        double *scratch, double *x);

#endif
