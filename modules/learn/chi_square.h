/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_CHI_SQUARE_H
#define SL_LEARN_CHI_SQUARE_H

/*
 * The chi-square distribution with k > 0 degrees of freedom, in float64.
 *
 * cdf       P(k/2, x/2), the regularised incomplete gamma function: its series (DLMF
 *           8.11.4) below k/2 + 1, else one minus its continued fraction (DLMF 8.9.2).
 *           Relative error below 1e-12.
 * quantile  the x of a probability 0 < p < 1, by bisection from the approximation of
 *           Wilson and Hilferty (1931), to 1e-12.
 */
double sl_chi_square_cdf(double x, double k);
double sl_chi_square_quantile(double p, double k);

#endif
