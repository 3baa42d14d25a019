/* SPDX-License-Identifier: MIT */
/* Logistic function: y = 1 / (1 + e^-x), dy/dx = y (1 - y). */
#include "modules/learn/activation.h"
#include "runner/store/graph.h"
#include "runner/tensor/special.h"

SL_CLONES static void
apply(const void *config, size_t n, const real *x, real *y)
{
    (void)config;
    for (size_t i = 0; i < n; i++)
        y[i] = 1 / (1 + sl_exp(-x[i]));
}

SL_CLONES static void
pull(const void *config, size_t n, const real *y, const real *dy, real *dx)
{
    (void)config;
    for (size_t i = 0; i < n; i++)
        dx[i] = dy[i] * (1 - y[i]) * y[i];
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
    return sl_graph_node(graph, "Sigmoid", x, NULL);
}

const struct sl_layer_class SL_R(layer_sigmoid) = {
    .entry = {.name = "sigmoid", .summary = "logistic function, 1 / (1 + e^-x)"},
    .in_place = true,
    .shape = SL_R(sl_activation_shape),
    .forward = forward,
    .backward = backward,
    .graph = graph,
};
