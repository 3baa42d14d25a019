/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_PARETO_H
#define SL_LEARN_PARETO_H

#include <stddef.h>

/*
 * The generalised Pareto distribution, P(Y > y) = (1 + shape y / scale)^(-1 / shape),
 * fitted by maximum likelihood: Grimshaw (1993), "Computing maximum likelihood estimates
 * for the generalized Pareto distribution". With x = shape / scale the likelihood has one
 * free variable; its stationary points are the roots of
 *
 *     u(x) v(x) = 1,  u = mean 1 / (1 + x y),  v = 1 + mean ln(1 + x y),  shape = v - 1
 *
 * of which, and of the exponential distribution at shape 0, the likeliest is taken. Roots
 * with a shape below -1, where the likelihood has no bound, are not.
 *
 * y   n values above 0, not all 0; n > 0
 */
void sl_pareto_fit(const double *y, size_t n, double *scale, double *shape);

/* Mean log likelihood of y. */
double sl_pareto_likelihood(const double *y, size_t n, double scale, double shape);

#endif
