/* SPDX-License-Identifier: MIT */
#include "modules/learn/principal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "modules/learn/panel.h"
#include "modules/learn/scatter.h"
#include "runner/tensor/linalg.h"

struct moments {
    double *mean, *covariance, *block; /* d; d x d; SL_SCATTER_ROWS x d */
};

static enum sl_status
moments_new(struct moments *m, size_t d, struct sl_arena *arena, struct sl_error *err)
{
    m->block = sl_arena_array(arena, SL_SCATTER_ROWS, d * sizeof *m->block);
    m->mean = sl_arena_array(arena, d, sizeof *m->mean);
    m->covariance = sl_arena_array(arena, d, d * sizeof *m->covariance);
    if (!m->mean || !m->covariance || !m->block)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for a covariance of %zu columns",
                       d);
    return SL_OK;
}

static void
moments_take(struct moments *m, size_t d, double divisor, double **mean,
             double **covariance)
{
    for (size_t i = 0; i < d * d; i++)
        m->covariance[i] /= divisor;
    *mean = m->mean;
    *covariance = m->covariance;
}

enum sl_status
sl_principal_moments(struct sl_pool *pool, size_t n, size_t d, const double *x,
                     double divisor, struct sl_arena *arena, double **mean,
                     double **covariance, struct sl_error *err)
{
    struct moments m;

    SL_TRY(moments_new(&m, d, arena, err));
    sl_scatter_mean(n, d, x, NULL, m.mean);
    sl_scatter_about(pool, n, d, x, NULL, m.mean, m.block, m.covariance);
    moments_take(&m, d, divisor, mean, covariance);
    return SL_OK;
}

enum sl_status
sl_principal_moments_of(struct sl_pool *pool, const struct sl_rows *rows, double divisor,
                        struct sl_arena *arena, double **mean, double **covariance,
                        struct sl_error *err)
{
    size_t d = rows->data->d;
    struct moments m;

    SL_TRY(moments_new(&m, d, arena, err));
    sl_scatter_mean_of(rows, m.block, m.mean);
    sl_scatter_about_of(pool, rows, m.mean, m.block, m.covariance);
    moments_take(&m, d, divisor, mean, covariance);
    return SL_OK;
}

/* An eigenvector's sign is nobody's; this makes it one and the same. */
static void
orient(size_t d, const double *from, double *axis)
{
    size_t largest = 0;

    for (size_t j = 1; j < d; j++)
        if (fabs(from[j]) > fabs(from[largest]))
            largest = j;
    for (size_t j = 0; j < d; j++)
        axis[j] = from[largest] < 0 ? -from[j] : from[j];
}

enum sl_status
sl_principal_of(size_t d, const double *mean, double *covariance, struct sl_arena *arena,
                struct sl_principal *p, struct sl_error *err)
{
    double *values = sl_arena_array(arena, d, sizeof *values);
    double *axes = sl_arena_array(arena, d, d * sizeof *axes);
    double *variances = sl_arena_array(arena, d, sizeof *variances);
    double least;

    if (!values || !axes || !variances)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu axes", d);
    SL_TRY(sl_eigen_symmetric(d, covariance, values, err));
    *p = (struct sl_principal){d, 0, mean, axes, variances};
    least = fmax(values[d - 1], 0) * (double)d * DBL_EPSILON;
    for (; p->k < d && values[d - 1 - p->k] > least; p->k++) {
        orient(d, covariance + (d - 1 - p->k) * d, axes + p->k * d);
        variances[p->k] = values[d - 1 - p->k];
    }
    return SL_OK;
}

enum { ITEMS = 3 };

/* Names are the arena's. */
static void
items_of(const struct sl_principal *p, const char *prefix, struct sl_arena *arena,
         struct sl_item *items)
{
    items[0] = sl_parameter(sl_arena_format(arena, "%smean", prefix), 1, &p->d, p->mean,
                            "of each column");
    items[1] =
        sl_parameter(sl_arena_format(arena, "%saxes", prefix), 2, (size_t[]){p->k, p->d},
                     p->axes, "principal axes, a row each");
    items[2] = sl_parameter(sl_arena_format(arena, "%svariances", prefix), 1, &p->k,
                            p->variances, "along each axis");
}

enum sl_status
sl_principal_add(const struct sl_principal *p, const char *prefix,
                 struct sl_bundle *bundle, struct sl_error *err)
{
    struct sl_item items[ITEMS];

    items_of(p, prefix, bundle->arena, items);
    for (size_t i = 0; i < ITEMS; i++)
        SL_TRY(sl_bundle_add(bundle, &items[i], err));
    return SL_OK;
}

enum sl_status
sl_principal_output(const struct sl_principal *p, struct sl_step *step,
                    struct sl_error *err)
{
    struct sl_item items[ITEMS];
    struct sl_bundle parameters = {.items = items, .n = ITEMS};

    items_of(p, "", sl_step_arena(step), items);
    return sl_output_model(step, &parameters, err);
}

enum sl_status
sl_principal_load(struct sl_principal *p, const struct sl_model *model,
                  const char *prefix, size_t d, struct sl_error *err)
{
    size_t shape[2] = {0, d};
    char mean[64], axes[64], variances[64];

    snprintf(mean, sizeof mean, "%smean", prefix);
    snprintf(axes, sizeof axes, "%saxes", prefix);
    snprintf(variances, sizeof variances, "%svariances", prefix);
    *p = (struct sl_principal){.d = d};
    SL_TRY(sl_model_parameter(model, mean, 1, &p->d, &p->mean, err));
    SL_TRY(sl_model_parameter(model, axes, 2, shape, &p->axes, err));
    p->k = shape[0];
    return sl_model_parameter(model, variances, 1, &p->k, &p->variances, err);
}

void
sl_principal_whitening(const struct sl_principal *p, double *w)
{
    for (size_t r = 0; r < p->k; r++)
        for (size_t j = 0; j < p->d; j++)
            w[r * p->d + j] = p->axes[r * p->d + j] / sqrt(p->variances[r]);
}

void
sl_principal_distances(const struct sl_principal *p, const double *w, size_t n,
                       const double *x, double *scratch, double *out)
{
    double *y = scratch + p->d * SL_PANEL, squares[SL_PANEL];

    for (size_t i = 0; i < n; i += SL_PANEL) {
        size_t lanes = n - i < SL_PANEL ? n - i : SL_PANEL;

        sl_panel_fill(lanes, p->d, x + i * p->d, p->mean, scratch);
        sl_panel_map(p->k, p->d, w, false, scratch, y);
        sl_panel_squares(p->k, y, NULL, squares);
        for (size_t l = 0; l < lanes; l++)
            out[i + l] = sqrt(squares[l]);
    }
}

/* ---- by column ---------------------------------------------------------------------- */

static void
find_code(const struct sl_principal *p, const double *centred, double *y)
{
    for (size_t i = 0; i < p->k; i++) {
        y[i] = 0.0;
        for (size_t j = 0; j < p->d; j++)
            y[i] += p->axes[i * p->d + j] * centred[j];
    }
}

static void
residual_parts(const struct sl_principal *p, const double *centred, const double *y,
               double *out)
{
    for (size_t j = 0; j < p->d; j++) {
        double left = centred[j];
        for (size_t i = 0; i < p->k; i++)
            left -= y[i] * p->axes[i * p->d + j];
        out[j] = left * left / (double)p->d;
    }
}

static void
distance_parts(const struct sl_principal *p, const double *centred, const double *y,
               double *out)
{
    double square = 0.0, share;

    for (size_t i = 0; i < p->k; i++)
        square += y[i] * y[i] / p->variances[i];
    share = square > 0 ? 1.0 / sqrt(square) : 0.0;
    for (size_t j = 0; j < p->d; j++) {
        double pull = 0.0;
        for (size_t i = 0; i < p->k; i++)
            pull += y[i] / p->variances[i] * p->axes[i * p->d + j];
        out[j] = centred[j] * pull * share;
    }
}

enum sl_status
sl_principal_explain(const struct sl_principal *p, enum sl_principal_score score,
                     struct sl_step *step, const struct sl_rows *rows, double *out,
                     struct sl_error *err)
{
    double *x = sl_arena_array(sl_step_arena(step), p->d + p->k, sizeof *x);

    if (!x)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for rows of %zu columns", p->d);
    for (size_t r = 0; r < rows->n; r++) {
        sl_rows_gather_f64(rows->data, rows->ids + r, 1, x);
        for (size_t j = 0; j < p->d; j++)
            x[j] -= p->mean[j];
        find_code(p, x, x + p->d);
        if (score == SL_PRINCIPAL_DISTANCE)
            distance_parts(p, x, x + p->d, out + r * p->d);
        else
            residual_parts(p, x, x + p->d, out + r * p->d);
    }
    return SL_OK;
}
