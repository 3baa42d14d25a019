/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_UNIT_PRODUCT_H
#define SL_LEARN_UNIT_PRODUCT_H

#include "runner/tensor/linalg.h"
#include "runner/tensor/real.h"

/*
 * Products for dense layers of a few dozen units over a batch that is stored unit by unit:
 * in that order neither operand needs packing, which costs BLAS a third of its time there.
 *
 * An element's numbers are added in the order of k, each element by itself: its bits depend
 * neither on its place nor on threads. Where the processor can, a multiplication is fused
 * with its addition (SL_FUSING_CLONES).
 */

/* c = op(a) b + bias, as the product says (b_transposed and add are false): bias has m
 * numbers, one for each row, or is NULL. */
void SL_R(sl_unit_multiply)(struct sl_pool *pool, const struct sl_product *product,
                            const real *bias);
/* The plain version: the same bits. */
void SL_R(sl_unit_multiply_plain)(const struct sl_product *product, const real *bias);

/* c (m x n) = a b', of a (m x k) and b (n x k). room: k x n; where c is narrow, k x m and
 * m x n. */
void SL_R(sl_unit_correlate)(struct sl_pool *pool, const struct sl_product *product,
                             real *room);

/* Columns that are computed side by side. */
#define SL_UNIT_PANEL 16

static inline bool
sl_unit_is_narrow(size_t m, size_t n)
{
    return n < SL_UNIT_PANEL && m >= SL_UNIT_PANEL;
}

/* out (n x m) = x' of x (m x n). */
void SL_R(sl_unit_turn)(size_t m, size_t n, const real *x, real *out);

#endif
