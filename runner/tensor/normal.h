/* SPDX-License-Identifier: MIT */
#ifndef SL_TENSOR_NORMAL_H
#define SL_TENSOR_NORMAL_H

/*
 * The standard normal distribution in float64, exact far out into its tails, where
 * probabilities have left the range of numbers and their logarithms have not. By symmetry
 * the upper tail of x is the lower one of -x: nothing here takes 1 - p.
 */

/* Half of ln(2 pi): ln phi(x) = -x^2 / 2 - SL_HALF_LOG_TWO_PI. */
#define SL_HALF_LOG_TWO_PI 0.91893853320467274178

/* Phi(x), by the C library's erfc. */
double sl_normal_cdf(double x);

/* ln Phi(x), within 4 ULP for x <= 0, for any x that is finite: by erfc, and below -30 by
 * the asymptotic series (Abramowitz and Stegun 26.2.12). */
double sl_normal_log_cdf(double x);

/*
 * The x with ln Phi(x) = log_p, for log_p <= ln(1/2): -x for the upper tail. Within 4 ULP
 * below ln(0.4); nearer to 1/2 an error of 1e-16. Wichura 1988 (AS 241, PPND16) or, below
 * its range, the tail's leading term, and Newton's steps on ln Phi. -infinity for it.
 */
double sl_normal_quantile(double log_p);

#endif
