/* SPDX-License-Identifier: MIT */
#include "modules/learn/gaussian.h"

#include <math.h>
#include <string.h>

#include "modules/learn/scatter.h"
#include "runner/tensor/linalg.h"
#include "runner/tensor/tensor.h"

/* Rounding is forgiven, a mistake is not. */
#define ASYMMETRY 1e-9

static enum sl_status
check_symmetry(size_t d, const double *a, struct sl_error *err)
{
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < i; j++) {
            double below = a[i * d + j], above = a[j * d + i];

            if (!(fabs(below - above) <= ASYMMETRY * (fabs(below) + fabs(above))))
                return sl_fail(err, SL_ERR_NUMERIC,
                               "the matrix is not symmetric: %g in row %zu, column %zu, "
                               "and %g opposite",
                               below, i + 1, j + 1, above);
        }
    return SL_OK;
}

enum sl_status
sl_covariance_factor(size_t d, double *covariance, struct sl_error *err)
{
    SL_TRY(check_symmetry(d, covariance, err));
    return sl_cholesky(d, covariance, err);
}

enum sl_status
sl_covariance_whiten(size_t d, double *covariance, double *inverse, double *log_det,
                     struct sl_error *err)
{
    SL_TRY(sl_covariance_factor(d, covariance, err));
    memset(inverse, 0, d * d * sizeof *inverse);
    *log_det = 0;
    for (size_t i = 0; i < d; i++) {
        inverse[i * d + i] = 1;
        *log_det += 2 * log(covariance[i * d + i]);
    }
    sl_triangular_solve(d, d, covariance, inverse);
    return SL_OK;
}

/* ---- fitting ------------------------------------------------------------------------ */

enum sl_status
sl_gaussian_fit(struct sl_gaussian *gaussian, size_t n, size_t d, const double *x,
                struct sl_arena *arena, struct sl_error *err)
{
    struct sl_tensor mean, covariance, centred;

    if (n <= d)
        return sl_fail(err, SL_ERR_NUMERIC,
                       "%zu points have no covariance in %zu dimensions", n, d);
    SL_TRY(sl_tensor_new(&mean, arena, SL_F64, 1, &d, err));
    SL_TRY(sl_tensor_new(&covariance, arena, SL_F64, 2, (size_t[]){d, d}, err));
    SL_TRY(
        sl_tensor_new(&centred, arena, SL_F64, 2, (size_t[]){SL_SCATTER_ROWS, d}, err));
    sl_scatter_mean(n, d, x, NULL, mean.data);
    sl_scatter_about(NULL, n, d, x, NULL, mean.data, centred.data, covariance.data);
    for (size_t i = 0; i < d * d; i++)
        ((double *)covariance.data)[i] /= (double)n;
    SL_TRY(sl_covariance_factor(d, covariance.data, err));
    *gaussian = (struct sl_gaussian){d, mean.data, covariance.data};
    return SL_OK;
}

/* ---- the divergence ----------------------------------------------------------------- */

/* t^2 - 1 - ln t^2 >= 0, to full precision near t = 1 as well. */
static double
excess(double t)
{
    double e = (t - 1) * (t + 1);

    return fabs(e) < 0.5 ? e - log1p(e) : e - 2 * log(t);
}

static double
add_up(size_t d, const double *m, const double *v)
{
    double sum = 0;

    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j < i; j++)
            sum += m[i * d + j] * m[i * d + j];
        sum += excess(m[i * d + i]) + v[i] * v[i];
    }
    return sum / 2;
}

enum sl_status
sl_gaussian_divergence_bare(const struct sl_gaussian *p, const struct sl_gaussian *q,
                            struct sl_arena *arena, double *nats, struct sl_error *err)
{
    size_t d = p->d;
    struct sl_tensor m, v;

    if (q->d != d)
        return sl_fail(err, SL_ERR_SHAPE, "Gaussians in %zu and in %zu dimensions", d,
                       q->d);
    SL_TRY(sl_tensor_new(&m, arena, SL_F64, 2, (size_t[]){d, d}, err));
    SL_TRY(sl_tensor_new(&v, arena, SL_F64, 1, &d, err));
    memcpy(m.data, p->factor, sl_tensor_bytes(&m));
    for (size_t i = 0; i < d; i++)
        ((double *)v.data)[i] = q->mean[i] - p->mean[i];
    sl_triangular_solve(d, d, q->factor, m.data);
    sl_triangular_solve(d, 1, q->factor, v.data);
    *nats = add_up(d, m.data, v.data);
    return SL_OK;
}

enum sl_status
sl_gaussian_divergence(const struct sl_gaussian *p, const struct sl_gaussian *q,
                       struct sl_arena *arena, double *nats, struct sl_error *err)
{
    SL_TRY(sl_gaussian_divergence_bare(p, q, arena, nats, err));
    *nats = *nats < 0 ? 0 : *nats;
    return SL_OK;
}

/* ---- points ------------------------------------------------------------------------- */

double
sl_gaussian_square(const struct sl_gaussian *g, const double *x, double *v)
{
    double square = 0;

    for (size_t i = 0; i < g->d; i++) {
        double rest = x[i] - g->mean[i];

        for (size_t j = 0; j < i; j++)
            rest -= g->factor[i * g->d + j] * v[j];
        v[i] = rest / g->factor[i * g->d + i];
        square += v[i] * v[i];
    }
    return square;
}

double
sl_gaussian_log_peak(const struct sl_gaussian *g)
{
    double sum = (double)g->d * SL_LN_2PI / 2;

    for (size_t i = 0; i < g->d; i++)
        sum += log(g->factor[i * g->d + i]);
    return -sum;
}

void
sl_gaussian_place(const struct sl_gaussian *g, const double *u, double *x)
{
    for (size_t i = 0; i < g->d; i++) {
        double sum = g->mean[i];

        for (size_t j = 0; j <= i; j++)
            sum += g->factor[i * g->d + j] * u[j];
        x[i] = sum;
    }
}
