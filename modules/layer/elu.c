/* SPDX-License-Identifier: MIT */
/* Exponential linear unit (Clevert, Unterthiner and Hochreiter 2016): y = x above 0 and
 * alpha (e^x - 1) below, where dy/dx = y + alpha. */
#include "modules/learn/activation.h"
#include "runner/store/graph.h"
#include "runner/tensor/special.h"

struct config {
    double alpha;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, alpha, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE, .low = 0,
             .high = 1e3, .number = 1,
             .help = "what y goes towards far below 0, with its sign turned"),
    SL_FIELD_END,
};

SL_CLONES static void
apply(const void *config, size_t n, const real *x, real *y)
{
    const real alpha = (real)((const struct config *)config)->alpha;

    for (size_t i = 0; i < n; i++) {
        real below = alpha * sl_expm1_below(x[i] < 0 ? x[i] : 0);
        y[i] = x[i] < 0 ? below : x[i];
    }
}

SL_CLONES static void
pull(const void *config, size_t n, const real *y, const real *dy, real *dx)
{
    const real alpha = (real)((const struct config *)config)->alpha;

    for (size_t i = 0; i < n; i++)
        dx[i] = y[i] > 0 ? dy[i] : dy[i] * (y[i] + alpha);
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
    const char *alpha = SL_R(sl_activation_number)(layer, graph, "alpha", c->alpha);
    const char *above = sl_graph_node(graph, "Relu", x, NULL);
    const char *below =
        sl_graph_node(graph, "Elu", sl_graph_node(graph, "Sub", x, above), NULL);

    (void)theta;
    return sl_graph_node(graph, "Add", above, sl_graph_node(graph, "Mul", alpha, below));
}

const struct sl_layer_class SL_R(layer_elu) = {
    .entry = {.name = "elu",
              .summary = "x above 0, alpha (e^x - 1) below",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .in_place = true,
    .shape = SL_R(sl_activation_shape),
    .forward = forward,
    .backward = backward,
    .graph = graph,
};
