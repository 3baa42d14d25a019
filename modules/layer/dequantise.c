/* SPDX-License-Identifier: MIT */
/*
 * Uniform dequantising (Theis et al. 2016) of columns that hold top k / (levels - 1) with
 * whole k from 0 to levels - 1: each value is spread over the bin that it stands for, and
 * all bins together fill [0, 1).
 *
 *     y = (x (levels - 1) / top + u) / levels
 *
 * u is uniform on [0, 1), drawn by the row's place in its batch. In evaluation it is 1/2, or
 * drawn by what the row holds (modules/learn/row_key.h), so that a row has one density:
 *
 *     noise    what a density behind this layer says of x, per unit of x, times the bin's
 *              volume (top / (levels - 1))^d, is in its logarithm an unbiased estimate of a
 *              bound: ln P(x) is at least the mean over u. So means over many rows, and
 *              bits per dimension, are bounds
 *     middle   the density in the middle of x's bin: one number for one x, which the
 *              inverse undoes, near P(x) by the midpoint rule, and often above it
 */
#include <math.h>

#include "modules/learn/layer.h"
#include "modules/learn/row_key.h"
#include "modules/learn/slice.h"

enum { NOISE, MIDDLE };
static const char *const evaluations[] = {"noise", "middle", NULL};

struct config {
    int64_t levels;
    double top;
    int evaluation;
};

static const struct sl_field fields[] = {
    SL_INT(struct config, levels, 256, 2, 1e9, "values that a column can have"),
    SL_FIELD(struct config, top, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 1e12, .number = 1,
             .help = "the largest of them, the smallest being 0: 1 for images"),
    SL_WORD(struct config, evaluation, NOISE, evaluations,
            "after training: draw within the bin as in training, or take its middle"),
    SL_FIELD_END,
};

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    (void)err;
    layer->out = layer->in;
    return SL_OK;
}

/* dy/dx */
static double
slope(const struct config *c)
{
    return (double)(c->levels - 1) / (c->top * (double)c->levels);
}

struct work {
    const struct sl_pass *pass;
    const struct config *config;
    size_t d;
};

/* In training a row begins at a block of the stream of its own. */
static struct sl_stream
stream_of(const struct work *w, size_t row)
{
    const struct sl_pass *pass = w->pass;
    struct sl_stream stream = pass->stream;

    if (!pass->training)
        return sl_stream_at(&stream,
                            SL_R(sl_row_key)(w->d, (const real *)pass->x + row * w->d));
    stream.left = 0;
    stream.position += (pass->first + row) * ((w->d + 3) / 4);
    return stream;
}

/* 32 bits of u are plenty; the half step keeps it off 0, and the least of a float32 below 1
 * keeps it off 1. */
static void
noise(const struct work *w, size_t row, real *u)
{
    struct sl_stream stream = stream_of(w, row);

    for (size_t j = 0; j < w->d; j++) {
        real value = (real)(((double)sl_stream_u32(&stream) + 0.5) * 0x1p-32);
        u[j] = value < (real)0.99999994 ? value : (real)0.99999994;
    }
}

static void
forward_rows(void *context, size_t first, size_t count)
{
    const struct work *w = context;
    const struct sl_pass *pass = w->pass;
    const real a = (real)slope(w->config), b = (real)(1 / (double)w->config->levels);
    bool draw = pass->training || w->config->evaluation == NOISE;

    for (size_t i = first; i < first + count; i++) {
        const real *x = (const real *)pass->x + i * w->d;
        real *y = (real *)pass->y + i * w->d;
        if (draw)
            noise(w, i, y);
        for (size_t j = 0; j < w->d; j++)
            y[j] = a * x[j] + b * (draw ? y[j] : (real)0.5);
    }
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    struct work w = {pass, layer->config, layer->in};
    real log_slope = (real)((double)layer->in * log(slope(layer->config)));
    real *log_det = pass->log_det;

    sl_row_slices(pass->pool, pass->n, layer->in, forward_rows, &w);
    for (size_t i = 0; i < pass->n; i++)
        log_det[i] += log_slope;
}

static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const real *dy = pass->dy, a = (real)slope(layer->config);
    real *dx = pass->dx;

    for (size_t i = 0; dx && i < pass->n * layer->in; i++)
        dx[i] = a * dy[i];
}

/* Of the middle; what is drawn from a flow lies between the values that data can have. */
static enum sl_status
inverse(const struct sl_layer *layer, const struct sl_inverse *call, struct sl_error *err)
{
    const struct config *c = layer->config;
    const real *y = call->y, a = (real)slope(c), half = (real)(0.5 / (double)c->levels);
    real *x = call->x;

    (void)err;
    for (size_t i = 0; i < call->n * layer->in; i++)
        x[i] = (y[i] - half) / a;
    return SL_OK;
}

const struct sl_layer_class SL_R(layer_dequantise) = {
    .entry = {.name = "dequantise",
              .summary = "whole numbers spread over the unit interval",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .by_rows = true,
    .dequantises = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .inverse = inverse,
};
