/* SPDX-License-Identifier: MIT */
/* Sigmoid linear unit, or swish (Elfwing, Uchibe and Doya 2018, equation 9): y = x s(x) with
 * the logistic function s, dy/dx = s(x) (1 + x (1 - s(x))). */
#include "modules/learn/activation.h"
#include "runner/store/graph.h"
#include "runner/tensor/special.h"

SL_CLONES static void
apply(const void *config, size_t n, const real *x, real *y)
{
    (void)config;
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] * sl_logistic(x[i]);
}

SL_CLONES static void
pull(const void *config, size_t n, const real *x, const real *dy, real *dx)
{
    (void)config;
    for (size_t i = 0; i < n; i++) {
        real s = sl_logistic(x[i]), rest = sl_logistic(-x[i]);
        dx[i] = dy[i] * s * (1 + x[i] * rest);
    }
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
    return sl_graph_node(graph, "Mul", x, sl_graph_node(graph, "Sigmoid", x, NULL));
}

const struct sl_layer_class SL_R(layer_silu) = {
    .entry = {.name = "silu", .summary = "x times its logistic function"},
    .in_place = true,
    .shape = SL_R(sl_activation_shape_kept),
    .forward = forward,
    .backward = backward,
    .graph = graph,
};
