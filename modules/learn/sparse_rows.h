/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SPARSE_ROWS_H
#define SL_LEARN_SPARSE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/parallel/pool.h"
#include "runner/tensor/real.h"

/*
 * The two products of a dense layer with rows that are mostly zeros, as the pixels of images
 * are: what is zero is left out. The data alone decide whether that pays, and the order in
 * which anything is added, so that the bits do not depend on threads.
 *
 * x      n x in, row-major and dense
 * marks  n x (words of in): bit j of a row's word b: column 64 b + j is not 0. NaN is not.
 *
 * A weight that is not finite is not met where all of its inputs are 0.
 */
typedef uint64_t sl_marks __attribute__((aligned(4), may_alias));

struct sl_sparse_rows {
    size_t n, in;
    const void *x;
    const sl_marks *marks;
};

/* Reals a row that the marks of a layer take; 0: one so small that zeros are not looked
 * for. */
size_t SL_R(sl_sparse_reals)(size_t in, size_t out);

/* Fills marks. */
void SL_R(sl_sparse_mark)(struct sl_pool *pool, size_t n, size_t in, const real *x,
                          sl_marks *marks);

/* Whether the products with `out` columns are faster than those of all numbers. */
bool SL_R(sl_sparse_pays)(const struct sl_sparse_rows *rows, size_t out);

/* The products of a dense layer, as they are handed to sl_product: c (n x out) = x weight' +
 * row, and c (out x in) = dy' x + (add ? c : 0). rows->x is the factor x. */
struct sl_product;
void SL_R(sl_sparse_product)(struct sl_pool *pool, const struct sl_sparse_rows *rows,
                             const struct sl_product *product);
void SL_R(sl_sparse_gradient)(struct sl_pool *pool, const struct sl_sparse_rows *rows,
                              const struct sl_product *product);

#endif
