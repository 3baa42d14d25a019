/* SPDX-License-Identifier: MIT */
#include "modules/learn/sparsity.h"

#include <math.h>
#include <string.h>

#include "runner/store/graph.h"

static double
column_mean(size_t n, size_t k, const real *c, size_t j)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)c[i * k + j];
    return fmin(fmax(sum / (double)n, 1e-6), 1 - 1e-6);
}

double
SL_R(sl_sparsity)(const struct sl_sparsity_config *config, size_t n, size_t k,
                  const void *activations)
{
    const real *c = activations;
    double target = config->target, absolute = 0, divergence = 0;

    for (size_t i = 0; i < n * k; i++)
        absolute += fabs((double)c[i]);
    for (size_t j = 0; config->kl > 0 && j < k; j++) {
        double a = column_mean(n, k, c, j);
        divergence +=
            target * log(target / a) + (1 - target) * log((1 - target) / (1 - a));
    }
    return config->l1 * absolute / (double)n + config->kl * divergence;
}

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    (void)err;
    layer->out = layer->in;
    return SL_OK;
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    if (pass->y != pass->x)
        memcpy(pass->y, pass->x, pass->n * layer->in * sizeof(real));
}

static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const struct sl_sparsity_config *config = layer->config;
    const real *c = pass->y, *dy = pass->dy;
    size_t n = pass->n, k = layer->in;
    real *dx = pass->dx;

    for (size_t j = 0; dx && j < k; j++) {
        double a = config->kl > 0 ? column_mean(n, k, c, j) : 0.5, slope = 0;

        if (config->kl > 0)
            slope = config->kl * ((1 - config->target) / (1 - a) - config->target / a);
        for (size_t i = 0; i < n; i++) {
            double value = (double)c[i * k + j], sign = (value > 0) - (value < 0);
            double penalty = (slope + config->l1 * sign) / (double)n;
            dx[i * k + j] = (real)((double)dy[i * k + j] + penalty);
        }
    }
}

static const char *
graph(const struct sl_layer *layer, const void *theta, struct sl_graph *graph,
      const char *x)
{
    (void)layer, (void)theta, (void)graph;
    return x;
}

const struct sl_layer_class SL_R(sl_sparsity_layer) = {
    .entry = {.name = "sparsity", .summary = "a penalty on what passes"},
    .in_place = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .graph = graph,
};
