/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SPREAD_H
#define SL_LEARN_SPREAD_H

#include "modules/learn/posterior.h"

/*
 * The expectation of a Gaussian decoder's -ln p(x | z) over q = N(m, L L') in closed form,
 * where the decoder is linear, y = W z + b:
 *
 *     E |x - W z - b|^2 = |x - W m - b|^2 + tr L' W' W L
 *
 * The first part is the decoder at z = m; this is the second, with G = W' W / noise^2.
 *
 * weight, dweight   d x k, row-major, of the real in the function's name
 * gram              k x k, float64: G
 * moment            k x k, float64: sum of L L' over rows
 * scratch           2 k x k, float64
 */
void sl_spread_gram_f32(size_t d, size_t k, const void *weight, double noise,
                        double *gram);
void sl_spread_gram_f64(size_t d, size_t k, const void *weight, double noise,
                        double *gram);

/* Adds tr L' G L / 2 to rows (n); of q, e is not looked at. */
void sl_spread_rows_f32(const struct sl_posterior *q, const double *gram, double *scratch,
                        double *rows);
void sl_spread_rows_f64(const struct sl_posterior *q, const double *gram, double *scratch,
                        double *rows);

/* Adds the gradient by h of the mean over rows of tr L' G L / 2 to dh, and overwrites
 * moment. */
void sl_spread_gradient_f32(const struct sl_posterior *q, const double *gram,
                            double *scratch, void *dh, double *moment);
void sl_spread_gradient_f64(const struct sl_posterior *q, const double *gram,
                            double *scratch, void *dh, double *moment);

/* Adds by * W moment to dweight. */
void sl_spread_weight_f32(size_t d, size_t k, const void *weight, const double *moment,
                          double by, void *dweight);
void sl_spread_weight_f64(size_t d, size_t k, const void *weight, const double *moment,
                          double by, void *dweight);

#endif
