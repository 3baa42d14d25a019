/* SPDX-License-Identifier: MIT */
/* Hyperbolic tangent: dy/dx = 1 - y^2. */
#include "modules/learn/activation.h"
#include "runner/store/graph.h"
#include "runner/tensor/special.h"

SL_CLONES static void
apply(const void *config, size_t n, const real *x, real *y)
{
    (void)config;
    for (size_t i = 0; i < n; i++)
        y[i] = sl_tanh(x[i]);
}

SL_CLONES static void
pull(const void *config, size_t n, const real *y, const real *dy, real *dx)
{
    (void)config;
    for (size_t i = 0; i < n; i++)
        dx[i] = dy[i] * (1 - y[i] * y[i]);
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    SL_R(sl_activation_forward)(layer, pass, apply);
}

static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    SL_R(sl_activation_backward)(layer, pass, pull);
}

static const char *
graph(const struct sl_layer *layer, const void *theta, struct sl_graph *graph,
      const char *x)
{
    (void)layer, (void)theta;
    return sl_graph_node(graph, "Tanh", x, NULL);
}

const struct sl_layer_class SL_R(layer_tanh) = {
    .entry = {.name = "tanh", .summary = "hyperbolic tangent"},
    .in_place = true,
    .shape = SL_R(sl_activation_shape),
    .forward = forward,
    .backward = backward,
    .graph = graph,
};
