/* SPDX-License-Identifier: MIT */
#include "modules/learn/linear_gaussian.h"

#include <math.h>
#include <string.h>

#include "modules/learn/gaussian.h"
#include "runner/tensor/linalg.h"

enum { CHUNK = 256 };

static void
add_mean(const struct sl_rows *rows, double *x, double *mean)
{
    size_t d = rows->data->d;

    memset(mean, 0, d * sizeof *mean);
    for (size_t i = 0; i < rows->n; i++) {
        sl_rows_gather_f64(rows->data, rows->ids + i, 1, x);
        for (size_t j = 0; j < d; j++)
            mean[j] += x[j];
    }
    for (size_t j = 0; j < d; j++)
        mean[j] /= (double)rows->n;
}

static void
add_covariance(const struct sl_rows *rows, double *x, const double *mean,
               double *covariance)
{
    size_t d = rows->data->d;

    memset(covariance, 0, d * d * sizeof *covariance);
    for (size_t first = 0; first < rows->n; first += CHUNK) {
        size_t n = rows->n - first < CHUNK ? rows->n - first : CHUNK;
        struct sl_product product = {
            .m = d,
            .n = d,
            .k = n,
            .a_transposed = true,
            .add = true,
            .a = x,
            .b = x,
            .c = covariance,
        };
        sl_rows_gather_f64(rows->data, rows->ids + first, n, x);
        for (size_t i = 0; i < n * d; i++)
            x[i] -= mean[i % d];
        sl_product_f64(NULL, &product);
    }
    for (size_t j = 0; j < d * d; j++)
        covariance[j] /= (double)rows->n;
}

enum sl_status
sl_rows_covariance(const struct sl_rows *rows, double *mean, double *covariance,
                   struct sl_error *err)
{
    enum sl_status status = SL_OK;
    struct sl_arena arena;
    double *x;

    sl_arena_init(&arena);
    x = sl_arena_array(&arena, CHUNK, rows->data->d * sizeof *x);
    if (x) {
        add_mean(rows, x, mean);
        add_covariance(rows, x, mean, covariance);
    } else {
        status = sl_fail(err, SL_ERR_MEMORY, "no memory for rows of %zu columns",
                         rows->data->d);
    }
    sl_arena_release(&arena);
    return status;
}

/* ---- the likelihood ----------------------------------------------------------------- */

/* c = W W' + noise^2 I */
static void
model_covariance(const struct sl_linear_gaussian *m, double *c)
{
    for (size_t i = 0; i < m->d; i++) {
        for (size_t j = 0; j < m->d; j++) {
            double sum = i == j ? m->noise * m->noise : 0;
            for (size_t l = 0; l < m->k; l++)
                sum += m->weight[i * m->k + l] * m->weight[j * m->k + l];
            c[i * m->d + j] = sum;
        }
    }
}

/* s = S + (mean - b)(mean - b)' */
static void
scatter(const struct sl_linear_gaussian *m, const double *mean, const double *covariance,
        double *s)
{
    for (size_t i = 0; i < m->d; i++)
        for (size_t j = 0; j < m->d; j++)
            s[i * m->d + j] = covariance[i * m->d + j] +
                              (mean[i] - m->bias[i]) * (mean[j] - m->bias[j]);
}

static void
transpose(size_t d, double *a)
{
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j < i; j++) {
            double swap = a[i * d + j];
            a[i * d + j] = a[j * d + i];
            a[j * d + i] = swap;
        }
    }
}

/* With C = L L', tr C^-1 s is the trace of L^-1 s L^-T; s is overwritten. */
static double
likelihood(size_t d, const double *l, double *s)
{
    double sum = (double)d * SL_LN_2PI;

    sl_triangular_solve(d, d, l, s);
    transpose(d, s);
    sl_triangular_solve(d, d, l, s);
    for (size_t i = 0; i < d; i++)
        sum += 2 * log(l[i * d + i]) + s[i * d + i];
    return -sum / 2;
}

enum sl_status
sl_linear_gaussian_likelihood(const struct sl_linear_gaussian *m, const double *mean,
                              const double *covariance, double *nats,
                              struct sl_error *err)
{
    enum sl_status status = SL_OK;
    struct sl_arena arena;
    double *c, *s;

    sl_arena_init(&arena);
    c = sl_arena_array(&arena, m->d, m->d * sizeof *c);
    s = sl_arena_array(&arena, m->d, m->d * sizeof *s);
    if (!c || !s) {
        status = sl_fail(err, SL_ERR_MEMORY, "no memory for a covariance of %zu columns",
                         m->d);
    } else {
        model_covariance(m, c);
        status = sl_cholesky(m->d, c, err);
    }
    if (status == SL_OK) {
        scatter(m, mean, covariance, s);
        *nats = likelihood(m->d, c, s);
    }
    sl_arena_release(&arena);
    return status;
}

/* ---- the most it can be ------------------------------------------------------------- */

/* values: d, ascending */
static double
ceiling(size_t d, size_t k, const double *values)
{
    double left = 0, sum = (double)d * (SL_LN_2PI + 1);

    for (size_t i = 0; i < d - k; i++)
        left += values[i];
    sum += (double)(d - k) * log(left / (double)(d - k));
    for (size_t i = d - k; i < d; i++)
        sum += log(values[i]);
    return left > 0 ? -sum / 2 : (double)NAN;
}

enum sl_status
sl_linear_gaussian_ceilings(size_t d, const double *covariance, double *ceilings,
                            struct sl_error *err)
{
    enum sl_status status;
    struct sl_arena arena;
    double *a, *values;

    sl_arena_init(&arena);
    a = sl_arena_array(&arena, d, d * sizeof *a);
    values = sl_arena_array(&arena, d, sizeof *values);
    if (a && values) {
        memcpy(a, covariance, d * d * sizeof *a);
        status = sl_eigen_symmetric(d, a, values, err);
    } else {
        status =
            sl_fail(err, SL_ERR_MEMORY, "no memory for a covariance of %zu columns", d);
    }
    for (size_t k = 0; status == SL_OK && k < d; k++)
        ceilings[k] = ceiling(d, k, values);
    sl_arena_release(&arena);
    return status;
}
