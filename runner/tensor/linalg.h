/* SPDX-License-Identifier: MIT */
#ifndef SL_TENSOR_LINALG_H
#define SL_TENSOR_LINALG_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/error.h"
#include "runner/parallel/profile.h"

/*
 * Matrix products through CBLAS. Every product is cut into tiles by its shape alone, and
 * each tile is one call to a single-threaded OpenBLAS, so the bits do not depend on the
 * number of threads. Matrices are row-major and dense.
 */
struct sl_pool;

/* c (m x n) = op(a) op(b) + (add ? c : row); op(a) is m x k, op(b) is k x n.
 * a is stored k x m if a_transposed, b is stored n x k if b_transposed. c overlaps neither.
 * row is n numbers, the same for each row of c; NULL: zeros. m, n and k may be 0, and are at
 * most INT_MAX.
 * half is m x n numbers of room, or NULL: with it, k may be cut in two, so that of an operand
 * that is cut along k elsewhere, too, each thread reads the part that it wrote. */
struct sl_product {
    size_t m, n, k;
    bool a_transposed, b_transposed, add;
    const void *a, *b, *row;
    void *c, *half;
};

void sl_product_f32(struct sl_pool *pool, const struct sl_product *product);
void sl_product_f64(struct sl_pool *pool, const struct sl_product *product);
/* What it does, of reals of so many bytes, by whatever kernel: for a profile. */
struct sl_amount sl_product_amount(const struct sl_product *product, size_t size);

/* The lower triangle and the diagonal of c (n x n) = at a + (add ? c : 0), a being k x n: a
 * little more than half the work of the product. Above the diagonal c may hold anything
 * then. */
void sl_gram_f64(struct sl_pool *pool, size_t n, size_t k, bool add, const double *a,
                 double *c);

/*
 * Factorisations through LAPACK and what is solved with them, in float64 and one thread.
 * Matrices are n x n, row-major and dense; n is at most INT_MAX.
 */

/*
 * a = L Lt (Cholesky). Reads the lower triangle of a and the diagonal; leaves L there and
 * zeros above. SL_ERR_NUMERIC where a is not positive definite names the pivot, from 1, at
 * which that shows; a is then of no use.
 */
enum sl_status sl_cholesky(size_t n, double *a, struct sl_error *err);

/* b (n x k) becomes L^-1 b; of l, the lower triangle is read. */
void sl_triangular_solve(size_t n, size_t k, const double *l, double *b);

/* ln |det a| and the sign of det a (-1, 0, 1), by the LU factorisation with pivoting, which
 * overwrites a. -infinity where a is singular. SL_ERR_MEMORY. */
enum sl_status sl_lu_log_det(size_t n, double *a, double *log_det, int *sign,
                             struct sl_error *err);

/* Eigenvalues of the symmetric a, ascending, into values (n); a becomes their vectors, one
 * a row, of length 1. Reads the lower triangle of a and the diagonal. SL_ERR_NUMERIC where
 * they do not converge (a is not finite), SL_ERR_MEMORY. */
enum sl_status sl_eigen_symmetric(size_t n, double *a, double *values,
                                  struct sl_error *err);

/*
 * Checks the BLAS that was loaded and gives it one thread. To be called once, before any
 * thread. SL_ERR_CONFIG says how to mend it when OpenBLAS is of a flavour that is not safe
 * here: the serial one (wrong results from two threads), the OpenMP one (hangs in a child).
 */
enum sl_status sl_linalg_start(struct sl_error *err);

/* "OpenBLAS 0.3.21 pthread Zen", for keys and the record. */
void sl_linalg_describe(char *text, size_t size);

#endif
