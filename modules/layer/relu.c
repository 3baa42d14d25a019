/* SPDX-License-Identifier: MIT */
/* Rectified linear unit: y = max(x, 0); its gradient at 0 is 0. */
#include "modules/learn/layer.h"
#include "runner/store/graph.h"
#include "modules/learn/slice.h"

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    (void)err;
    layer->out = layer->in;
    return SL_OK;
}

/* A NaN stays one, so that a loss tells of it. */
SL_CLONES static void
rectify(size_t n, const real *x, real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? 0 : x[i];
}

SL_CLONES static void
pass_positive(size_t n, const real *y, const real *dy, real *dx)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = y[i] > 0 ? dy[i] : 0;
}

static void
forward_slice(void *context, size_t first, size_t count)
{
    const struct sl_pass *pass = context;

    rectify(count, (const real *)pass->x + first, (real *)pass->y + first);
}

static void
backward_slice(void *context, size_t first, size_t count)
{
    const struct sl_pass *pass = context;

    pass_positive(count, (const real *)pass->y + first, (const real *)pass->dy + first,
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
    return sl_graph_node(graph, "Relu", x, NULL);
}

const struct sl_layer_class SL_R(layer_relu) = {
    .entry = {.name = "relu", .summary = "rectified linear unit, max(x, 0)"},
    .in_place = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .graph = graph,
};
