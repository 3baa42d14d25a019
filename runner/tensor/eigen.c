/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <stdlib.h>

#include "runner/tensor/linalg.h"

/* As OpenBLAS contains it; it comes without a header. Rows of the result are the vectors,
 * since what LAPACK writes by columns is read here by rows. */
void dsyev_(const char *job, const char *uplo, const blasint *n, double *a,
            const blasint *lda, double *values, double *work, const blasint *size,
            blasint *info, size_t job_length, size_t uplo_length);

static blasint
decompose(blasint n, double *a, double *values, double *work, blasint size)
{
    blasint info = 0;

    dsyev_("V", "U", &n, a, &n, values, work, &size, &info, 1, 1);
    assert(info >= 0);
    return info;
}

enum sl_status
sl_eigen_symmetric(size_t n, double *a, double *values, struct sl_error *err)
{
    double best = 0, *work;
    blasint order = (blasint)n, size, info;

    assert(n <= INT_MAX);
    if (n == 0)
        return SL_OK;
    decompose(order, a, values, &best, -1);
    size = (blasint)best;
    work = malloc((size_t)size * sizeof *work);
    if (!work)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the eigenvalues of %zu rows",
                       n);
    info = decompose(order, a, values, work, size);
    free(work);
    if (info > 0)
        return sl_fail(err, SL_ERR_NUMERIC,
                       "the eigenvalues of a matrix of %zu rows do not converge", n);
    return SL_OK;
}
