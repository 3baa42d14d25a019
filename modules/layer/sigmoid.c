/* SPDX-License-Identifier: MIT */
/* Logistic function: y = 1 / (1 + e^-x), dy/dx = y (1 - y). */
#include "modules/learn/layer.h"
#include "runner/store/graph.h"
#include "modules/learn/slice.h"
#include "runner/tensor/special.h"

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    (void)err;
    layer->out = layer->in;
    return SL_OK;
}

SL_CLONES static void
squash(size_t n, const real *x, real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = 1 / (1 + sl_exp(-x[i]));
}

SL_CLONES static void
unsquash(size_t n, const real *y, const real *dy, real *dx)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = dy[i] * (1 - y[i]) * y[i];
}

static void
forward_slice(void *context, size_t first, size_t count)
{
    const struct sl_pass *pass = context;

    squash(count, (const real *)pass->x + first, (real *)pass->y + first);
}

static void
backward_slice(void *context, size_t first, size_t count)
{
    const struct sl_pass *pass = context;

    unsquash(count, (const real *)pass->y + first, (const real *)pass->dy + first,
             (real *)pass->dx + first);
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    sl_slices(pass->pool, pass->n * layer->in, forward_slice, (void *)pass);
}

static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    if (pass->dx)
        sl_slices(pass->pool, pass->n * layer->in, backward_slice, (void *)pass);
}

static const char *
graph(const struct sl_layer *layer, const void *theta, struct sl_graph *graph,
      const char *x)
{
    (void)layer, (void)theta;
    return sl_graph_node(graph, "Sigmoid", x, NULL);
}

const struct sl_layer_class SL_R(layer_sigmoid) = {
    .entry = {.name = "sigmoid", .summary = "logistic function, 1 / (1 + e^-x)"},
    .in_place = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .graph = graph,
};
