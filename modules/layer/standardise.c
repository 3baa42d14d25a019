/* SPDX-License-Identifier: MIT */
/*
 * y = (x - mean) exp(-log_std), each column by its own; ln |det| is minus the sum of
 * log_std. The first rows set both; nothing trains them after that. A column that is
 * constant among those rows keeps its unit.
 */
#include <math.h>
#include <string.h>

#include "modules/learn/columns_map.h"
#include "runner/tensor/special.h"

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    (void)err;
    layer->out = layer->in;
    layer->parameters = 2 * layer->in;
    layer->scratch = 2 * layer->in;
    return SL_OK;
}

static size_t
parts(const struct sl_layer *layer, struct sl_layer_part *part)
{
    part[0] = (struct sl_layer_part){"mean", layer->in, 0};
    part[1] = (struct sl_layer_part){"log_std", layer->in, 0};
    return 2;
}

/* The identity, until there are rows. */
static void
init(const struct sl_layer *layer, struct sl_stream *stream, void *theta)
{
    real *at = theta;

    (void)stream;
    for (size_t i = 0; i < layer->parameters; i++)
        at[i] = 0;
}

static void
settle(const struct sl_layer *layer, size_t n, const void *x, void *theta)
{
    size_t d = layer->in;
    real *mean = theta, *log_std = mean + d;
    struct sl_arena arena;
    double *exact;

    sl_arena_init(&arena);
    exact = sl_arena_alloc(&arena, 2 * d * sizeof *exact);
    SL_R(sl_columns_moments)(n, d, x, exact, exact + d);
    for (size_t j = 0; j < d; j++) {
        mean[j] = (real)exact[j];
        log_std[j] = (real)log(exact[d + j]);
    }
    sl_arena_release(&arena);
}

/* Scale and shift of sl_columns_map into scratch; returns ln |det|. */
static real
scales(size_t d, const real *theta, real *scratch)
{
    const real *mean = theta, *log_std = theta + d;
    real sum = 0;

    for (size_t j = 0; j < d; j++) {
        scratch[j] = sl_exp(-log_std[j]);
        scratch[d + j] = -mean[j] * scratch[j];
        sum -= log_std[j];
    }
    return sum;
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    size_t d = layer->in;
    real *scale = pass->kept, *log_det = pass->log_det;
    real sum = scales(d, pass->theta, scale);

    SL_R(sl_columns_map)
    (pass->pool, pass->n, d, scale, scale + d, pass->x, pass->y);
    for (size_t i = 0; i < pass->n; i++)
        log_det[i] += sum;
}

/* Shifts of 0: the gradient takes the scales alone. */
static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    size_t d = layer->in;
    real *scale = pass->kept;

    memset(pass->dtheta, 0, layer->parameters * sizeof(real));
    memset(scale + d, 0, d * sizeof *scale);
    if (pass->dx)
        SL_R(sl_columns_map)
    (pass->pool, pass->n, d, scale, scale + d, pass->dy, pass->dx);
}

static enum sl_status
inverse(const struct sl_layer *layer, const struct sl_inverse *call, struct sl_error *err)
{
    size_t d = layer->in;
    const real *mean = call->theta, *log_std = mean + d, *y = call->y;
    real *x = call->x;

    (void)err;
    for (size_t i = 0; i < call->n; i++)
        for (size_t j = 0; j < d; j++)
            x[i * d + j] = y[i * d + j] * sl_exp(log_std[j]) + mean[j];
    return SL_OK;
}

const struct sl_layer_class SL_R(layer_standardise) = {
    .entry = {.name = "standardise",
              .summary = "columns of mean 0 and variance 1, by the first rows"},
    .settled = true,
    .by_rows = true,
    .shape = shape,
    .init = init,
    .settle = settle,
    .forward = forward,
    .backward = backward,
    .inverse = inverse,
    .parts = parts,
};
