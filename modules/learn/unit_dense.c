/* SPDX-License-Identifier: MIT */
#include "modules/learn/unit_dense.h"

#include "modules/learn/dense_theta.h"
#include "modules/learn/unit_product.h"

static bool
is_masked(const struct sl_layer *layer)
{
    return ((const struct sl_unit_dense *)layer->config)->in != NULL;
}

/* Weights that are multiplied by products for few; more of them are BLAS's, which packs
 * them. */
#define FEW ((size_t)1 << 16)

static bool
is_small(const struct sl_layer *layer)
{
    return layer->in * layer->out <= FEW;
}

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    const struct sl_unit_dense *c = layer->config;

    (void)err;
    layer->out = c->units;
    layer->parameters = layer->out * layer->in + layer->out;
    layer->scratch = is_masked(layer) ? layer->out * layer->in : 0;
    if (is_small(layer)) {
        bool narrow = sl_unit_is_narrow(layer->out, layer->in);
        layer->kept = narrow ? layer->out : layer->in;
        layer->scratch += narrow ? layer->out * layer->in : 0;
    }
    return SL_OK;
}

/* ---- the start ----------------------------------------------------------------------- */

/* Uniform in +-1/sqrt(inputs that reach the unit), as a dense layer with those alone. */
static void
init_masked(const struct sl_layer *layer, struct sl_stream *stream, real *theta)
{
    const struct sl_unit_dense *c = layer->config;
    size_t in = layer->in, out = layer->out;
    real *bias = theta + out * in;

    for (size_t o = 0; o < out; o++) {
        real *weight = theta + o * in;
        size_t reach = 0;
        for (size_t j = 0; j < in; j++)
            reach += c->in[j] <= c->out[o];
        reach = reach ? reach : 1;
        SL_R(sl_dense_draw)(stream, reach, in, weight);
        for (size_t j = 0; j < in; j++)
            weight[j] = c->in[j] <= c->out[o] ? weight[j] : 0;
        SL_R(sl_dense_draw)(stream, reach, 1, bias + o);
    }
}

static void
init(const struct sl_layer *layer, struct sl_stream *stream, void *theta)
{
    if (is_masked(layer))
        init_masked(layer, stream, theta);
    else
        SL_R(sl_dense_init)(layer, stream, theta);
}

/* ---- passes -------------------------------------------------------------------------- */

SL_CLONES static void
mask(const struct sl_unit_dense *c, size_t in, const real *restrict weight,
     real *restrict masked)
{
    for (size_t o = 0; o < c->units; o++) {
        const uint32_t degree = c->out[o], *restrict degrees = c->in;
        for (size_t j = 0; j < in; j++)
            masked[o * in + j] = degrees[j] <= degree ? weight[o * in + j] : 0;
    }
}

/* Each unit's row becomes its bias, for the product to be added to. */
SL_CLONES static void
spread(size_t units, size_t n, const real *restrict bias, real *restrict y)
{
    for (size_t o = 0; o < units; o++)
        for (size_t i = 0; i < n; i++)
            y[o * n + i] = bias[o];
}

/* Sums that run beside each other and are folded in halves; their number is part of the
 * result. */
enum { LANES = 32 };

SL_CLONES static void
add_up(size_t units, size_t n, const real *restrict dy, real *restrict dbias)
{
    size_t whole = n - n % LANES;

    for (size_t o = 0; o < units; o++) {
        const real *row = dy + o * n;
        real sums[LANES] = {0};

        for (size_t i = 0; i < whole; i += LANES)
            for (size_t l = 0; l < LANES; l++)
                sums[l] += row[i + l];
        for (size_t i = whole; i < n; i++)
            sums[i - whole] += row[i];
        for (size_t half = LANES / 2; half > 0; half /= 2)
            for (size_t l = 0; l < half; l++)
                sums[l] += sums[l + half];
        dbias[o] = sums[0];
    }
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const real *weight = pass->theta, *bias = weight + layer->out * layer->in;
    struct sl_product product = {
        .m = layer->out,
        .n = pass->n,
        .k = layer->in,
        .a = is_masked(layer) ? pass->kept : weight,
        .b = pass->x,
        .c = pass->y,
    };

    if (is_masked(layer))
        mask(layer->config, layer->in, weight, pass->kept);
    if (is_small(layer)) {
        SL_R(sl_unit_multiply)(pass->pool, &product, bias);
    } else {
        spread(layer->out, pass->n, bias, pass->y);
        product.add = true;
        SL_R(sl_product)(pass->pool, &product);
    }
}

/* The masked weights are still where forward left them. */
static void
input_gradient(const struct sl_layer *layer, const struct sl_pass *pass)
{
    struct sl_product product = {
        .m = layer->in,
        .n = pass->n,
        .k = layer->out,
        .a_transposed = true,
        .a = is_masked(layer) ? pass->kept : pass->theta,
        .b = pass->dy,
        .c = pass->dx,
    };

    if (is_small(layer))
        SL_R(sl_unit_multiply)(pass->pool, &product, NULL);
    else
        SL_R(sl_product)(pass->pool, &product);
}

static void
weight_gradient(const struct sl_layer *layer, const struct sl_pass *pass, real *dweight)
{
    struct sl_product product = {
        .m = layer->out,
        .n = layer->in,
        .k = pass->n,
        .b_transposed = true,
        .a = pass->dy,
        .b = pass->x,
        .c = dweight,
    };
    size_t masked = is_masked(layer) ? layer->out * layer->in : 0;
    real *room = (real *)pass->kept + masked;

    if (is_small(layer))
        SL_R(sl_unit_correlate)(pass->pool, &product, room);
    else
        SL_R(sl_product)(pass->pool, &product);
}

/* The masked weights' place is free once the input's gradient is there. */
static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    size_t in = layer->in, out = layer->out;
    real *dtheta = pass->dtheta;

    if (pass->dx)
        input_gradient(layer, pass);
    weight_gradient(layer, pass, is_masked(layer) ? pass->kept : dtheta);
    if (is_masked(layer))
        mask(layer->config, in, pass->kept, dtheta);
    add_up(out, pass->n, pass->dy, dtheta + out * in);
}

const struct sl_layer_class SL_R(sl_unit_dense) = {
    .entry = {.name = "unit-dense", .summary = "dense layer over a batch by units"},
    .shape = shape,
    .init = init,
    .forward = forward,
    .backward = backward,
    .parts = SL_R(sl_dense_parts),
};
