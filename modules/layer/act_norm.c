/* SPDX-License-Identifier: MIT */
/*
 * Act-norm (Kingma and Dhariwal 2018, "Glow"): y = x exp(log_scale) + shift, each column
 * by its own; ln |det| is the sum of log_scale. The first rows set both so that these have
 * mean 0 and variance 1; from there they are trained.
 */
#include <math.h>

#include "modules/learn/columns_map.h"
#include "runner/tensor/special.h"

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    (void)err;
    layer->out = layer->in;
    layer->parameters = 2 * layer->in;
    layer->scratch = layer->in;
    return SL_OK;
}

static size_t
parts(const struct sl_layer *layer, struct sl_layer_part *part)
{
    part[0] = (struct sl_layer_part){"log_scale", layer->in, 0};
    part[1] = (struct sl_layer_part){"shift", layer->in, 0};
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
    real *log_scale = theta, *shift = log_scale + d;
    struct sl_arena arena;
    double *mean, *std;

    sl_arena_init(&arena);
    mean = sl_arena_alloc(&arena, 2 * d * sizeof *mean);
    std = mean + d;
    SL_R(sl_columns_moments)(n, d, x, mean, std);
    for (size_t j = 0; j < d; j++) {
        log_scale[j] = (real)-log(std[j]);
        shift[j] = (real)(-mean[j] / std[j]);
    }
    sl_arena_release(&arena);
}

/* scale = exp(log_scale) into scratch; returns the sum of log_scale. */
static real
scales(size_t d, const real *log_scale, real *scale)
{
    real sum = 0;

    for (size_t j = 0; j < d; j++) {
        scale[j] = sl_exp(log_scale[j]);
        sum += log_scale[j];
    }
    return sum;
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const real *log_scale = pass->theta;
    real *scale = pass->kept, *log_det = pass->log_det;
    real sum = scales(layer->in, log_scale, scale);

    SL_R(sl_columns_map)
    (pass->pool, pass->n, layer->in, scale, log_scale + layer->in, pass->x, pass->y);
    for (size_t i = 0; i < pass->n; i++)
        log_det[i] += sum;
}

/* Sums over rows, in order: of dy (x scale), of dy. */
SL_CLONES static void
gradient(size_t n, size_t d, const real *restrict scale, const real *restrict x,
         const real *restrict dy, real *restrict dlog_scale, real *restrict dshift)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            dlog_scale[j] += dy[i * d + j] * (x[i * d + j] * scale[j]);
            dshift[j] += dy[i * d + j];
        }
}

SL_CLONES static void
scale_rows(size_t n, size_t d, const real *restrict scale, const real *restrict dy,
           real *restrict dx)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            dx[i * d + j] = dy[i * d + j] * scale[j];
}

static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    size_t d = layer->in;
    const real *scale = pass->kept, *dlog_det = pass->dlog_det;
    real *dlog_scale = pass->dtheta, *dshift = dlog_scale + d, sum = 0;

    for (size_t i = 0; i < pass->n; i++)
        sum += dlog_det[i];
    for (size_t j = 0; j < d; j++) {
        dlog_scale[j] = sum;
        dshift[j] = 0;
    }
    gradient(pass->n, d, scale, pass->x, pass->dy, dlog_scale, dshift);
    if (pass->dx)
        scale_rows(pass->n, d, scale, pass->dy, pass->dx);
}

static enum sl_status
inverse(const struct sl_layer *layer, const struct sl_inverse *call, struct sl_error *err)
{
    size_t d = layer->in;
    const real *log_scale = call->theta, *shift = log_scale + d, *y = call->y;
    real *x = call->x;

    (void)err;
    for (size_t i = 0; i < call->n; i++)
        for (size_t j = 0; j < d; j++)
            x[i * d + j] = (y[i * d + j] - shift[j]) * sl_exp(-log_scale[j]);
    return SL_OK;
}

const struct sl_layer_class SL_R(layer_act_norm) = {
    .entry = {.name = "act-norm",
              .summary = "a scale and a shift a column, set by the first rows"},
    .by_rows = true,
    .shape = shape,
    .init = init,
    .settle = settle,
    .forward = forward,
    .backward = backward,
    .inverse = inverse,
    .parts = parts,
};
