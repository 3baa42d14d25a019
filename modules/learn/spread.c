/* SPDX-License-Identifier: MIT */
#include "modules/learn/spread.h"

#include <string.h>

#include "runner/tensor/special.h"

void
SL_R(sl_spread_gram)(size_t d, size_t k, const void *weight, double noise, double *gram)
{
    const real *w = weight;

    memset(gram, 0, k * k * sizeof *gram);
    for (size_t j = 0; j < d; j++)
        for (size_t r = 0; r < k; r++)
            for (size_t c = 0; c < k; c++)
                gram[r * k + c] += (double)w[j * k + r] * (double)w[j * k + c];
    for (size_t i = 0; i < k * k; i++)
        gram[i] /= noise * noise;
}

/* L of row i, k x k with zeros above the diagonal. */
static void
unpack(const struct sl_posterior *q, size_t i, double *l)
{
    size_t k = q->k;
    const real *h = (const real *)q->h + i * sl_posterior_columns(k, q->full);
    const real *a = h + k, *b = a + k;

    memset(l, 0, k * k * sizeof *l);
    for (size_t r = 0; r < k; r++) {
        for (size_t c = 0; q->full && c < r; c++)
            l[r * k + c] = (double)*b++;
        l[r * k + r] = (double)sl_exp(a[r]);
    }
}

/* g = G L */
static void
multiply(size_t k, const double *gram, const double *l, double *g)
{
    memset(g, 0, k * k * sizeof *g);
    for (size_t r = 0; r < k; r++)
        for (size_t i = 0; i < k; i++)
            for (size_t c = 0; c <= i; c++)
                g[r * k + c] += gram[r * k + i] * l[i * k + c];
}

void
SL_R(sl_spread_rows)(const struct sl_posterior *q, const double *gram, double *scratch,
                     double *rows)
{
    double *l = scratch, *g = scratch + q->k * q->k;

    for (size_t i = 0; i < q->n; i++) {
        double trace = 0;
        unpack(q, i, l);
        multiply(q->k, gram, l, g);
        for (size_t j = 0; j < q->k * q->k; j++)
            trace += l[j] * g[j];
        rows[i] += trace / 2;
    }
}

static void
add_moment(size_t k, const double *l, double *moment)
{
    for (size_t r = 0; r < k; r++)
        for (size_t s = 0; s < k; s++)
            for (size_t c = 0; c <= r && c <= s; c++)
                moment[r * k + s] += l[r * k + c] * l[s * k + c];
}

void
SL_R(sl_spread_gradient)(const struct sl_posterior *q, const double *gram,
                         double *scratch, void *dh, double *moment)
{
    size_t k = q->k, columns = sl_posterior_columns(k, q->full);
    double *l = scratch, *g = scratch + k * k, by = 1 / (double)q->n;

    memset(moment, 0, k * k * sizeof *moment);
    for (size_t i = 0; i < q->n; i++) {
        real *da = (real *)dh + i * columns + k, *db = da + k;
        unpack(q, i, l);
        multiply(k, gram, l, g);
        add_moment(k, l, moment);
        for (size_t r = 0; r < k; r++) {
            for (size_t c = 0; q->full && c < r; c++)
                *db++ += (real)(by * g[r * k + c]);
            da[r] += (real)(by * g[r * k + r] * l[r * k + r]);
        }
    }
}

void
SL_R(sl_spread_weight)(size_t d, size_t k, const void *weight, const double *moment,
                       double by, void *dweight)
{
    const real *w = weight;
    real *dw = dweight;

    for (size_t j = 0; j < d; j++) {
        for (size_t c = 0; c < k; c++) {
            double sum = 0;
            for (size_t r = 0; r < k; r++)
                sum += (double)w[j * k + r] * moment[r * k + c];
            dw[j * k + c] += (real)(by * sum);
        }
    }
}
