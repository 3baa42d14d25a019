/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SCATTER_H
#define SL_LEARN_SCATTER_H

#include <stddef.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"

struct sl_pool;

/*
 * Means and sums of squares of rows, x: n x d, each row with a weight >= 0 (weights: n;
 * NULL: ones). Sums go in the order of the rows; products in blocks of SL_SCATTER_ROWS, so
 * that what is centred fits into a cache.
 */
#define SL_SCATTER_ROWS ((size_t)256)

/* mean (d) = sum w_i x_i / sum w_i. */
void sl_scatter_mean(size_t n, size_t d, const double *x, const double *weights,
                     double *mean);

/* scatter (d x d) = sum w_i (x_i - mean)(x_i - mean)t, symmetric to the bit. centred: SL_SCATTER_ROWS x d. */
void sl_scatter_about(struct sl_pool *pool, size_t n, size_t d, const double *x,
                      const double *weights, const double *mean, double *centred,
                      double *scatter);

#endif
