/* SPDX-License-Identifier: MIT */
/* Leaky rectified linear unit (Maas, Hannun and Ng 2013): y = x above 0, slope x below; its
 * gradient at 0 is the slope. A slope of at least 0 leaves x's sign to y. */
#include "modules/learn/activation.h"
#include "runner/store/graph.h"

struct config {
    double slope;
};

static const struct sl_field fields[] = {
    SL_DOUBLE(struct config, slope, 0.01, 0, 1, "what x is multiplied by below 0"),
    SL_FIELD_END,
};

SL_CLONES static void
apply(const void *config, size_t n, const real *x, real *y)
{
    const real slope = (real)((const struct config *)config)->slope;

    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? slope * x[i] : x[i];
}

SL_CLONES static void
pull(const void *config, size_t n, const real *y, const real *dy, real *dx)
{
    const real slope = (real)((const struct config *)config)->slope;

    for (size_t i = 0; i < n; i++)
        dx[i] = y[i] > 0 ? dy[i] : slope * dy[i];
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
    const struct config *c = layer->config;

    (void)theta;
    return sl_graph_node(graph, "PRelu", x,
                         SL_R(sl_activation_number)(layer, graph, "slope", c->slope));
}

const struct sl_layer_class SL_R(layer_leaky_relu) = {
    .entry = {.name = "leaky-relu",
              .summary = "x above 0, a small share of x below",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .in_place = true,
    .shape = SL_R(sl_activation_shape),
    .forward = forward,
    .backward = backward,
    .graph = graph,
};
