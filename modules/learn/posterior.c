/* SPDX-License-Identifier: MIT */
#include "modules/learn/posterior.h"

#include "runner/tensor/special.h"

static const real *
row_of(const struct sl_posterior *q, size_t i)
{
    return (const real *)q->h + i * sl_posterior_columns(q->k, q->full);
}

static void
draw_row(const struct sl_posterior *q, size_t i, real *z)
{
    const real *m = row_of(q, i), *a = m + q->k, *below = a + q->k;
    const real *e = q->e ? (const real *)q->e + i * q->k : NULL;

    for (size_t r = 0; r < q->k; r++) {
        z[r] = m[r];
        if (!e)
            continue;
        z[r] += sl_exp(a[r]) * e[r];
        for (size_t c = 0; q->full && c < r; c++)
            z[r] += *below++ * e[c];
    }
}

void
SL_R(sl_posterior_draw)(const struct sl_posterior *q, void *z)
{
    for (size_t i = 0; i < q->n; i++)
        draw_row(q, i, (real *)z + i * q->k);
}

void
SL_R(sl_posterior_divergence)(const struct sl_posterior *q, double *rows)
{
    size_t below = q->full ? q->k * (q->k - 1) / 2 : 0;

    for (size_t i = 0; i < q->n; i++) {
        const real *m = row_of(q, i), *a = m + q->k, *b = a + q->k;
        double sum = 0;
        for (size_t r = 0; r < q->k; r++) {
            double l = (double)sl_exp(a[r]);
            sum += ((double)m[r] * (double)m[r] + l * l - 1) / 2 - (double)a[r];
        }
        for (size_t j = 0; j < below; j++)
            sum += (double)b[j] * (double)b[j] / 2;
        rows[i] = sum;
    }
}

/* With L's entry l = exp a on the diagonal: dl/da = l. */
static void
gradient_row(const struct sl_posterior *q, size_t i, const real *dz, real weight,
             real *dh)
{
    const real *m = row_of(q, i), *a = m + q->k, *b = a + q->k;
    const real *e = q->e ? (const real *)q->e + i * q->k : NULL;
    real *dm = dh, *da = dm + q->k, *db = da + q->k;

    for (size_t r = 0; r < q->k; r++) {
        real l = sl_exp(a[r]);
        dm[r] = dz[r] + weight * m[r];
        da[r] = ((e ? dz[r] * e[r] : 0) + weight * l) * l - weight;
        for (size_t c = 0; q->full && c < r; c++)
            *db++ = (e ? dz[r] * e[c] : 0) + weight * *b++;
    }
}

void
SL_R(sl_posterior_gradient)(const struct sl_posterior *q, const void *dz, double weight,
                            void *dh)
{
    size_t columns = sl_posterior_columns(q->k, q->full);

    for (size_t i = 0; i < q->n; i++)
        gradient_row(q, i, (const real *)dz + i * q->k, (real)weight,
                     (real *)dh + i * columns);
}
