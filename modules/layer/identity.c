/* SPDX-License-Identifier: MIT */
/* No activation at all, y = x: for an output that is not to be bounded. */
#include <string.h>

#include "modules/learn/activation.h"

static void
apply(const void *config, size_t n, const real *x, real *y)
{
    (void)config;
    if (y != x)
        memcpy(y, x, n * sizeof *y);
}

static void
pull(const void *config, size_t n, const real *y, const real *dy, real *dx)
{
    (void)y;
    apply(config, n, dy, dx);
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
    (void)layer, (void)theta, (void)graph;
    return x;
}

const struct sl_layer_class SL_R(layer_identity) = {
    .entry = {.name = "identity", .summary = "no activation: what comes in, unbounded"},
    .in_place = true,
    .shape = SL_R(sl_activation_shape),
    .forward = forward,
    .backward = backward,
    .graph = graph,
};
