/* SPDX-License-Identifier: MIT */
/*
 * Columns without correlation and of variance 1: the principal components of the training
 * split, each divided by its standard deviation. Variances below `floor` times the largest
 * are taken for that (where columns depend on each other, they would be 0). With fewer
 * components than columns there is no density any more, and the way back leads into the
 * plane that the components span.
 */
#include <math.h>
#include <string.h>

#include "modules/learn/fitting.h"
#include "runner/tensor/linalg.h"

struct config {
    int64_t components;
    double floor;
};

static const struct sl_field fields[] = {
    SL_INT(struct config, components, 0, 0, 1e6,
           "how many, from the largest variance; 0: as many as columns"),
    SL_FIELD(struct config, floor, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 1, .number = 1e-10,
             .help = "least variance, as a share of the largest"),
    SL_FIELD_END,
};

static size_t
columns(const void *config, size_t d)
{
    const struct config *c = config;

    return c->components ? (size_t)c->components : d;
}

/* Eigenvectors have no sign of their own: the largest entry is positive. */
static void
set_sign(size_t d, double *vector)
{
    size_t most = 0;

    for (size_t j = 1; j < d; j++)
        most = fabs(vector[j]) > fabs(vector[most]) * (1 + 1e-9) ? j : most;
    if (vector[most] < 0)
        for (size_t j = 0; j < d; j++)
            vector[j] = -vector[j];
}

/* The k first components into vectors (k x d) and std (k), of the covariance a. */
static enum sl_status
decompose(const struct config *c, size_t d, size_t k, double *a, double *vectors,
          double *std, struct sl_arena *arena, struct sl_error *err)
{
    double *values = sl_arena_alloc(arena, d * sizeof *values);

    SL_TRY(sl_eigen_symmetric(d, a, values, err));
    if (!(values[d - 1] > 0))
        return sl_fail(err, SL_ERR_SHAPE,
                       "all rows of split '" SL_PREPROCESS_SPLIT
                       "' are equal: there is no direction to whiten");
    for (size_t i = 0; i < k; i++) {
        double variance = fmax(values[d - 1 - i], c->floor * values[d - 1]);

        std[i] = sqrt(variance);
        memcpy(vectors + i * d, a + (d - 1 - i) * d, d * sizeof *a);
        set_sign(d, vectors + i * d);
    }
    return SL_OK;
}

static enum sl_status
fit(const void *config, const struct sl_fitting *fitting, struct sl_bundle *parameters,
    struct sl_error *err)
{
    size_t d = fitting->data->d, k = columns(config, d);
    double *mean = sl_arena_array(parameters->arena, 2 * d + 2, (d + 1) * sizeof *mean);
    double *std, *covariance, *vectors;

    if (!mean)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the covariance of %zu columns",
                       d);
    if (k > d)
        return sl_fail(err, SL_ERR_SHAPE, "%zu components of %zu columns are asked for",
                       k, d);
    std = mean + d;
    covariance = std + d;
    vectors = covariance + d * d;
    SL_TRY(sl_fitting_covariance(fitting, mean, covariance, err));
    SL_TRY(decompose(config, d, k, covariance, vectors, std, parameters->arena, err));
    SL_TRY(sl_fitting_keep(parameters, "mean", mean, d, 0, err));
    SL_TRY(sl_fitting_keep(parameters, "std", std, k, 0, err));
    return sl_fitting_keep(parameters, "vectors", vectors, k, d, err);
}

struct whitening {
    const double *mean, *std, *vectors;
    double log_det;
};

static enum sl_status
open(struct sl_preprocess *step, const struct sl_bundle *parameters,
     struct sl_arena *arena, struct sl_error *err)
{
    struct whitening *w = SL_NEW(arena, struct whitening);
    size_t d = step->in, k = step->out;
    const double *mean, *std, *vectors;

    SL_TRY(sl_preprocess_parameter(parameters, "mean", d, 0, &mean, err));
    SL_TRY(sl_preprocess_parameter(parameters, "std", k, 0, &std, err));
    SL_TRY(sl_preprocess_parameter(parameters, "vectors", k, d, &vectors, err));
    *w = (struct whitening){sl_preprocess_copy(arena, mean, d),
                            sl_preprocess_copy(arena, std, k),
                            sl_preprocess_copy(arena, vectors, k * d), 0};
    for (size_t i = 0; i < k; i++)
        w->log_det -= log(std[i]);
    step->volume = k == d;
    step->state = w;
    return SL_OK;
}

static void
forward(const struct sl_preprocess *step, const struct sl_preprocess_pass *pass)
{
    const struct whitening *w = step->state;
    size_t d = step->in, k = step->out;

    for (size_t i = 0; i < pass->n; i++) {
        const double *x = pass->x + i * d;

        for (size_t c = 0; c < k; c++) {
            const double *v = w->vectors + c * d;
            double sum = 0;

            for (size_t j = 0; j < d; j++)
                sum += v[j] * (x[j] - w->mean[j]);
            pass->y[i * k + c] = sum / w->std[c];
        }
        if (pass->log_det)
            pass->log_det[i] += w->log_det;
    }
}

static void
inverse(const struct sl_preprocess *step, size_t n, const double *y, double *x)
{
    const struct whitening *w = step->state;
    size_t d = step->in, k = step->out;

    for (size_t i = 0; i < n; i++) {
        memcpy(x + i * d, w->mean, d * sizeof *x);
        for (size_t c = 0; c < k; c++)
            for (size_t j = 0; j < d; j++)
                x[i * d + j] += w->vectors[c * d + j] * w->std[c] * y[i * k + c];
    }
}

const struct sl_preprocess_class preprocess_whiten = {
    .entry = {.name = "whiten",
              .summary = "principal components of variance 1",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .columns = columns,
    .fit = fit,
    .open = open,
    .forward = forward,
    .inverse = inverse,
};
