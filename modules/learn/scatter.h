/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SCATTER_H
#define SL_LEARN_SCATTER_H

#include <stddef.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"
#include "runner/store/dataset.h"

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

/* Both of rows that are gathered as they are needed, with weights of one and the same bits.
 * block: SL_SCATTER_ROWS x d, overwritten. */
void sl_scatter_mean_of(const struct sl_rows *rows, double *block, double *mean);
void sl_scatter_about_of(struct sl_pool *pool, const struct sl_rows *rows,
                         const double *mean, double *block, double *scatter);

#endif
