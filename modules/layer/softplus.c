/* SPDX-License-Identifier: MIT */
/* y = ln(1 + e^x) (Dugas et al. 2001), dy/dx = 1 - e^-y. */
#include "modules/learn/activation.h"
#include "runner/store/graph.h"
#include "runner/tensor/special.h"

SL_CLONES static void
apply(const void *config, size_t n, const real *x, real *y)
{
    (void)config;
    for (size_t i = 0; i < n; i++) {
        real e = sl_exp(x[i] < 0 ? x[i] : -x[i]);
        y[i] = (x[i] < 0 ? 0 : x[i]) + sl_log1p(e);
    }
}

SL_CLONES static void
pull(const void *config, size_t n, const real *y, const real *dy, real *dx)
{
    (void)config;
    for (size_t i = 0; i < n; i++)
        dx[i] = -dy[i] * sl_expm1_below(-y[i]);
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
    return sl_graph_node(graph, "Softplus", x, NULL);
}

const struct sl_layer_class SL_R(layer_softplus) = {
    .entry = {.name = "softplus", .summary = "ln(1 + e^x)"},
    .in_place = true,
    .shape = SL_R(sl_activation_shape),
    .forward = forward,
    .backward = backward,
    .graph = graph,
};
