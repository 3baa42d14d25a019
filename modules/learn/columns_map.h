/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_COLUMNS_MAP_H
#define SL_LEARN_COLUMNS_MAP_H

#include "modules/learn/layer.h"

/* Columns that are scaled and shifted, each by its own. d of scale and shift; x, y: n x d. */

/* y = x scale + shift */
void sl_columns_map_f32(struct sl_pool *pool, size_t n, size_t d, const float *scale,
                        const float *shift, const float *x, float *y);
void sl_columns_map_f64(struct sl_pool *pool, size_t n, size_t d, const double *scale,
                        const double *shift, const double *x, double *y);

/* Mean and standard deviation (divisor n) of each column, in two passes and float64; std is
 * 1 where a column is constant. mean, std: d. */
void sl_columns_moments_f32(size_t n, size_t d, const float *x, double *mean,
                            double *std);
void sl_columns_moments_f64(size_t n, size_t d, const double *x, double *mean,
                            double *std);

#endif
