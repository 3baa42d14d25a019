/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_GAUSSIAN_H
#define SL_LEARN_GAUSSIAN_H

#include <stddef.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"

#define SL_LN_2PI 1.83787706640934548356

/* N(mean, L Lt): mean d, factor d x d, L in its lower triangle and zeros above. */
struct sl_gaussian {
    size_t d;
    const double *mean, *factor;
};

/* Factors a covariance (d x d, symmetric) in place. SL_ERR_NUMERIC names the row and column
 * where it is not symmetric, or the pivot at which it is not positive definite. */
enum sl_status sl_covariance_factor(size_t d, double *covariance, struct sl_error *err);

/* Factors a covariance as above, and leaves in inverse (d x d, lower) that of the factor, so
 * that |inverse (x - mean)| is the Mahalanobis distance, and in log_det ln |covariance|. */
enum sl_status sl_covariance_whiten(size_t d, double *covariance, double *inverse,
                                    double *log_det, struct sl_error *err);

/*
 * Mean and covariance (divisor n) of x, n x d, rows in order; the covariance is factored.
 * Memory is the arena's. SL_ERR_NUMERIC as above: of n <= d points, or of a column that
 * does not vary, no covariance is positive definite.
 */
enum sl_status sl_gaussian_fit(struct sl_gaussian *gaussian, size_t n, size_t d,
                               const double *x, struct sl_arena *arena,
                               struct sl_error *err);

/*
 * D_KL(p || q) in nats between p = N(m0, L0 L0t) and q = N(m1, L1 L1t). With M = L1^-1 L0,
 * which is lower triangular, and v = L1^-1 (m1 - m0), both by triangular solves,
 *
 *     1/2 [ tr(S1^-1 S0) + (m1-m0)t S1^-1 (m1-m0) - d + ln det S1 - ln det S0 ]
 *   = 1/2 [ sum_{i>j} M_ij^2 + sum_i (M_ii^2 - 1 - ln M_ii^2) + |v|^2 ],
 *
 * a sum of terms of which none is negative (Cover and Thomas 2006, section 8.5, and
 * tr(S1^-1 S0) = |M|^2): no inverse is formed, and near zero nothing cancels.
 *
 * sl_gaussian_divergence holds the sum at 0; rounding leaves the bare one above -1e-12 d.
 * Scratch is the arena's; SL_ERR_MEMORY.
 */
enum sl_status sl_gaussian_divergence(const struct sl_gaussian *p,
                                      const struct sl_gaussian *q, struct sl_arena *arena,
                                      double *nats, struct sl_error *err);
enum sl_status sl_gaussian_divergence_bare(const struct sl_gaussian *p,
                                           const struct sl_gaussian *q,
                                           struct sl_arena *arena, double *nats,
                                           struct sl_error *err);

/* ln p(x) = sl_gaussian_log_peak - sl_gaussian_square / 2. The square is that of
 * v = L^-1 (x - mean), d values that it leaves. */
double sl_gaussian_square(const struct sl_gaussian *gaussian, const double *x, double *v);
double sl_gaussian_log_peak(const struct sl_gaussian *gaussian);

/* x = mean + L u. */
void sl_gaussian_place(const struct sl_gaussian *gaussian, const double *u, double *x);

#endif
