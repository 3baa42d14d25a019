/* SPDX-License-Identifier: MIT */
#include "modules/learn/masked_dense.h"

#include <math.h>
#include <string.h>

#include "modules/learn/sum_rows.h"
#include "runner/tensor/linalg.h"

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    const struct sl_masked_dense *c = layer->config;

    (void)err;
    layer->out = c->units;
    layer->parameters = layer->out * layer->in + layer->out;
    layer->scratch = layer->out * layer->in;
    return SL_OK;
}

static size_t
parts(const struct sl_layer *layer, struct sl_layer_part *part)
{
    part[0] = (struct sl_layer_part){"weight", layer->out, layer->in};
    part[1] = (struct sl_layer_part){"bias", layer->out, 0};
    return 2;
}

/* Uniform in +-1/sqrt(inputs that reach the unit), as a dense layer with those alone. */
static void
init(const struct sl_layer *layer, struct sl_stream *stream, void *theta)
{
    const struct sl_masked_dense *c = layer->config;
    size_t in = layer->in, out = layer->out;
    real *weight = theta, *bias = weight + out * in;

    for (size_t o = 0; o < out; o++) {
        size_t reach = 0;
        double bound;
        for (size_t j = 0; j < in; j++)
            reach += c->in[j] <= c->out[o];
        bound = 1 / sqrt((double)(reach ? reach : 1));
        for (size_t j = 0; j < in; j++) {
            double u = 2 * sl_stream_uniform(stream) - 1;
            weight[o * in + j] = c->in[j] <= c->out[o] ? (real)(bound * u) : 0;
        }
        bias[o] = (real)(bound * (2 * sl_stream_uniform(stream) - 1));
    }
}

SL_CLONES static void
mask(const struct sl_masked_dense *c, size_t in, const real *restrict weight,
     real *restrict masked)
{
    for (size_t o = 0; o < c->units; o++) {
        const uint32_t degree = c->out[o], *restrict degrees = c->in;
        for (size_t j = 0; j < in; j++)
            masked[o * in + j] = degrees[j] <= degree ? weight[o * in + j] : 0;
    }
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const real *weight = pass->theta;
    const real *bias = weight + layer->out * layer->in;
    real *y = pass->y;
    struct sl_product product = {
        .m = pass->n,
        .n = layer->out,
        .k = layer->in,
        .b_transposed = true,
        .add = true,
        .a = pass->x,
        .b = pass->kept,
        .c = y,
    };

    mask(layer->config, layer->in, weight, pass->kept);
    for (size_t i = 0; i < pass->n; i++)
        memcpy(y + i * layer->out, bias, layer->out * sizeof *bias);
    SL_R(sl_product)(pass->pool, &product);
}

/* The masked weights are still where forward left them. */
static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    size_t in = layer->in, out = layer->out;
    real *dtheta = pass->dtheta;
    struct sl_product input = {
        .m = pass->n,
        .n = in,
        .k = out,
        .a = pass->dy,
        .b = pass->kept,
        .c = pass->dx,
    };
    struct sl_product weight = {
        .m = out,
        .n = in,
        .k = pass->n,
        .a_transposed = true,
        .a = pass->dy,
        .b = pass->x,
        .c = pass->kept,
    };

    if (pass->dx)
        SL_R(sl_product)(pass->pool, &input);
    SL_R(sl_product)(pass->pool, &weight);
    mask(layer->config, in, pass->kept, dtheta);
    SL_R(sl_sum_rows)(pass->n, out, pass->dy, dtheta + out * in);
}

const struct sl_layer_class SL_R(sl_masked_dense) = {
    .entry = {.name = "masked-dense", .summary = "dense layer of MADE"},
    .shape = shape,
    .init = init,
    .forward = forward,
    .backward = backward,
    .parts = parts,
};
