/* SPDX-License-Identifier: MIT */
#ifndef SL_PLOT_BLOCK_H
#define SL_PLOT_BLOCK_H

#include "runner/plot/figure.h"
#include "runner/tensor/tensor.h"

/* A number as gnuplot reads it; what is not finite becomes NaN, which it leaves out. */
void sl_block_number(struct sl_text *out, double value);

/* A series: one line a point, place and value. */
void sl_block_series(struct sl_text *out, const char *name, const struct sl_item *item);

/* A tensor: a vector has one value a line, a matrix one row a line; of a higher rank the
 * dimensions need->rows, in that order, make up the lines. SL_ERR_SHAPE if it has not
 * those dimensions. */
enum sl_status sl_block_tensor(struct sl_text *out, const char *name,
                               const struct sl_tensor *tensor, const struct sl_need *need,
                               struct sl_error *err);

#endif
