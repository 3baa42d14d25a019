/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "runner/tensor/linalg.h"

/*
 * LAPACK's own interface, which OpenBLAS contains; it comes without a header. Matrices are
 * column-major, so that it sees our transposes. The length of a text goes last, as
 * Fortran's compilers hand it over.
 */
void dpotrf_(const char *uplo, const blasint *n, double *a, const blasint *lda,
             blasint *info, size_t uplo_length);
void dgetrf_(const blasint *m, const blasint *n, double *a, const blasint *lda,
             blasint *pivots, blasint *info);

/* The first pivot that is none; NaN passes LAPACK unnoticed. 0: all are well. */
static size_t
bad_pivot(size_t n, const double *a, blasint info)
{
    if (info > 0)
        return (size_t)info;
    for (size_t i = 0; i < n; i++)
        if (!(a[i * n + i] > 0 && isfinite(a[i * n + i])))
            return i + 1;
    return 0;
}

enum sl_status
sl_cholesky(size_t n, double *a, struct sl_error *err)
{
    blasint order = (blasint)n, info = 0;
    size_t pivot;

    assert(n <= INT_MAX);
    if (n == 0)
        return SL_OK;
    dpotrf_("U", &order, a, &order, &info, 1);
    assert(info >= 0);
    pivot = bad_pivot(n, a, info);
    if (pivot)
        return sl_fail(err, SL_ERR_NUMERIC,
                       "the matrix is not positive definite: pivot %zu of %zu is not "
                       "above 0",
                       pivot, n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            a[i * n + j] = 0;
    return SL_OK;
}

void
sl_triangular_solve(size_t n, size_t k, const double *l, double *b)
{
    assert(n <= INT_MAX && k <= INT_MAX);
    if (n > 0 && k > 0)
        cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit,
                    (blasint)n, (blasint)k, 1.0, l, (blasint)n, b, (blasint)k);
}

/* A row exchanged with another turns the sign, as does a negative pivot. */
static void
read_determinant(size_t n, const double *lu, const blasint *pivots, double *log_det,
                 int *sign)
{
    *log_det = 0;
    *sign = 1;
    for (size_t i = 0; i < n; i++) {
        double pivot = lu[i * n + i];

        *log_det += log(fabs(pivot));
        if (pivots[i] != (blasint)i + 1)
            *sign = -*sign;
        if (pivot < 0)
            *sign = -*sign;
        else if (pivot == 0)
            *sign = 0;
    }
}

enum sl_status
sl_lu_log_det(size_t n, double *a, double *log_det, int *sign, struct sl_error *err)
{
    blasint order = (blasint)n, info = 0;
    blasint *pivots = calloc(n + 1, sizeof *pivots);

    assert(n <= INT_MAX);
    if (!pivots)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu pivots", n);
    if (n > 0)
        dgetrf_(&order, &order, a, &order, pivots, &info);
    assert(info >= 0);
    read_determinant(n, a, pivots, log_det, sign);
    free(pivots);
    return SL_OK;
}
