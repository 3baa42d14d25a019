/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_LINEAR_GAUSSIAN_H
#define SL_LEARN_LINEAR_GAUSSIAN_H

#include "runner/store/dataset.h"

/*
 * The linear Gaussian model x = W z + b + noise e, z and e ~ N(0, I), whose likelihood is
 * known: x ~ N(b, C), C = W W' + noise^2 I. Likelihoods are means over rows, in nats, and
 * depend on the rows by their mean and their covariance S (divisor n) alone:
 *
 *     -1/2 [d ln 2 pi + ln det C + tr C^-1 (S + (mean - b)(mean - b)')]
 *
 * S is d x d, W is d x k, row-major.
 */

/* mean: d, covariance: d x d, of rows in float64. SL_ERR_MEMORY. */
enum sl_status sl_rows_covariance(const struct sl_rows *rows, double *mean,
                                  double *covariance, struct sl_error *err);

struct sl_linear_gaussian {
    size_t d, k;
    const double *weight, *bias;
    double noise;
};

/* SL_ERR_NUMERIC where C is not positive definite in float64. */
enum sl_status sl_linear_gaussian_likelihood(const struct sl_linear_gaussian *model,
                                             const double *mean, const double *covariance,
                                             double *nats, struct sl_error *err);

/*
 * The most that any W, b and noise can reach with k latents, for k = 0..d-1: the maximum
 * likelihood of probabilistic principal component analysis (Tipping and Bishop 1999,
 * equations 7 and 8). With S's eigenvalues l_1 >= ... >= l_d and the noise's variance
 * v = (l_k+1 + ... + l_d) / (d - k), the mean of those left over,
 *
 *     -1/2 [d ln 2 pi + ln l_1 + ... + ln l_k + (d - k) ln v + d]
 *
 * ceilings: d. NaN where S has no such rank, and the likelihood no bound.
 */
enum sl_status sl_linear_gaussian_ceilings(size_t d, const double *covariance,
                                           double *ceilings, struct sl_error *err);

#endif
