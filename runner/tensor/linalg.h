/* SPDX-License-Identifier: MIT */
#ifndef SL_TENSOR_LINALG_H
#define SL_TENSOR_LINALG_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/error.h"

/*
 * Matrix products through CBLAS. Every product is cut into tiles by its shape alone, and
 * each tile is one call to a single-threaded OpenBLAS, so the bits do not depend on the
 * number of threads. Matrices are row-major and dense.
 */
struct sl_pool;

/* c (m x n) = op(a) op(b) + (add ? c : 0); op(a) is m x k, op(b) is k x n.
 * a is stored k x m if a_transposed, b is stored n x k if b_transposed. c overlaps neither.
 * m, n and k may be 0, and are at most INT_MAX. */
struct sl_product {
    size_t m, n, k;
    bool a_transposed, b_transposed, add;
    const void *a, *b;
    void *c;
};

void sl_product_f32(struct sl_pool *pool, const struct sl_product *product);
void sl_product_f64(struct sl_pool *pool, const struct sl_product *product);

/*
 * Checks the BLAS that was loaded and gives it one thread. To be called once, before any
 * thread. SL_ERR_CONFIG says how to mend it when OpenBLAS is of a flavour that is not safe
 * here: the serial one (wrong results from two threads), the OpenMP one (hangs in a child).
 */
enum sl_status sl_linalg_start(struct sl_error *err);

/* "OpenBLAS 0.3.21 pthread Zen", for keys and the record. */
void sl_linalg_describe(char *text, size_t size);

#endif
