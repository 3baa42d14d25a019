/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_CDF_MIXTURE_H
#define SL_LEARN_CDF_MIXTURE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A strictly increasing map of the line, out of normal distribution functions, point by
 * point in float64. With u_k = (x - mean_k) / std_k and w_k = exp(log_weight_k):
 *
 *   as it is   z = sum_k w_k (Phi(u_k) - 1/2), onto |z| < sum_k w_k / 2
 *   quantile   z = Phi^-1(sum_k w_k Phi(u_k)), onto R; the weights sum to 1
 *
 * All arrays are k long and not owned.
 */
struct sl_cdf_mixture {
    size_t k;
    bool quantile;
    const double *mean, *std, *weight, *log_weight;
};

struct sl_cdf_point {
    double z, log_slope; /* ln dz/dx */
};

/* Of the quantile form, from the smaller tail, by its logarithm where the tail itself has
 * left float64. by_logit: k, or NULL: w_k (Phi(u_k) - F) / phi(z), the derivative of z by
 * ln w_k under the constraint that the weights sum to 1. */
struct sl_cdf_point sl_cdf_mixture_quantile(const struct sl_cdf_mixture *mixture,
                                            double x, double *by_logit);

/* The x that maps to z, by Newton's method within a bracket that is halved where that
 * fails. False if there is none. */
bool sl_cdf_mixture_inverse(const struct sl_cdf_mixture *mixture, double z, double *x);

#endif
