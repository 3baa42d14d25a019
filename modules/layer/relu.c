/* SPDX-License-Identifier: MIT */
/* Rectified linear unit: y = max(x, 0); its gradient at 0 is 0. */
#include "modules/learn/activation.h"
#include "runner/store/graph.h"

/* A NaN stays one, so that a loss tells of it. */
SL_CLONES static void
apply(const void *config, size_t n, const real *x, real *y)
{
    (void)config;
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? 0 : x[i];
}

SL_CLONES static void
pull(const void *config, size_t n, const real *y, const real *dy, real *dx)
{
    (void)config;
    for (size_t i = 0; i < n; i++)
        dx[i] = y[i] > 0 ? dy[i] : 0;
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
    return sl_graph_node(graph, "Relu", x, NULL);
}

const struct sl_layer_class SL_R(layer_relu) = {
    .entry = {.name = "relu", .summary = "rectified linear unit, max(x, 0)"},
    .in_place = true,
    .shape = SL_R(sl_activation_shape),
    .forward = forward,
    .backward = backward,
    .graph = graph,
};
