/* SPDX-License-Identifier: MIT */
/* Gaussian error linear unit (Hendrycks and Gimpel 2016), in its exact form: y = x P(x) with
 * the standard normal distribution function P(x) = (1 + erf(x / sqrt 2)) / 2, and
 * dy/dx = P(x) + x e^(-x^2 / 2) / sqrt(2 pi). */
#include "modules/learn/activation.h"
#include "runner/store/graph.h"
#include "runner/tensor/special.h"

#define ROOT_HALF 0.707106781186547524

/* The share of a standard normal below x, by the bell there. */
static inline real
below(real x, real bell)
{
    return SL_C(0.5) * (1 + sl_bell_erf(x, sl_bell_near(x), bell));
}

SL_CLONES static void
apply(const void *config, size_t n, const real *x, real *y)
{
    (void)config;
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] * below(x[i], sl_bell(x[i]));
}

SL_CLONES static void
pull(const void *config, size_t n, const real *x, const real *dy, real *dx)
{
    (void)config;
    for (size_t i = 0; i < n; i++) {
        real bell = sl_bell(x[i]);
        real density = SL_C(0.398942280401432678) * bell;
        dx[i] = dy[i] * (below(x[i], bell) + x[i] * density);
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
    const char *root = SL_R(sl_activation_number)(layer, graph, "root_half", ROOT_HALF);
    const char *half = SL_R(sl_activation_number)(layer, graph, "half", 0.5);
    const char *one = SL_R(sl_activation_number)(layer, graph, "one", 1);
    const char *erf =
        sl_graph_node(graph, "Erf", sl_graph_node(graph, "Mul", x, root), NULL);

    (void)theta;
    return sl_graph_node(graph, "Mul", sl_graph_node(graph, "Mul", x, half),
                         sl_graph_node(graph, "Add", erf, one));
}

const struct sl_layer_class SL_R(layer_gelu) = {
    .entry = {.name = "gelu",
              .summary = "x times the normal distribution function, exactly"},
    .in_place = true,
    .shape = SL_R(sl_activation_shape_kept),
    .forward = forward,
    .backward = backward,
    .graph = graph,
};
