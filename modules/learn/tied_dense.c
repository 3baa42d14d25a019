/* SPDX-License-Identifier: MIT */
#include "modules/learn/tied_dense.h"

#include "modules/learn/dense_theta.h"
#include "modules/learn/sum_rows.h"
#include "runner/store/graph.h"
#include "runner/tensor/linalg.h"

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    const struct sl_tied_dense *c = layer->config;

    (void)err;
    layer->out = c->units;
    layer->parameters = layer->out;
    layer->borrows = layer->offset - c->lender;
    return SL_OK;
}

static size_t
parts(const struct sl_layer *layer, struct sl_layer_part *part)
{
    part[0] = (struct sl_layer_part){"bias", layer->out, 0};
    return 1;
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const real *bias = pass->theta;
    struct sl_product product = {
        .m = pass->n,
        .n = layer->out,
        .k = layer->in,
        .a = pass->x,
        .b = bias - layer->borrows,
        .row = bias,
        .c = pass->y,
    };

    SL_R(sl_product)(pass->pool, &product);
}

static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    size_t in = layer->in, out = layer->out;
    real *lent = (real *)pass->dtheta - layer->borrows;
    struct sl_product weight = {
        .m = in,
        .n = out,
        .k = pass->n,
        .a_transposed = true,
        .a = pass->x,
        .b = pass->dy,
        .c = lent,
    };
    struct sl_product input = {
        .m = pass->n,
        .n = in,
        .k = out,
        .b_transposed = true,
        .a = pass->dy,
        .b = (const real *)pass->theta - layer->borrows,
        .c = pass->dx,
    };

    SL_R(sl_product)(pass->pool, &weight);
    SL_R(sl_sum_rows)(pass->n, out, pass->dy, pass->dtheta);
    if (pass->dx)
        SL_R(sl_product)(pass->pool, &input);
}

/* The weights once more, transposed: a graph's dense node takes them out x in. */
static const char *
graph(const struct sl_layer *layer, const void *theta, struct sl_graph *graph,
      const char *x)
{
    const real *bias = theta, *lent = bias - layer->borrows;
    size_t in = layer->in, out = layer->out;
    real *weight = sl_arena_array(graph->arena, in * out, sizeof *weight);
    struct sl_tensor w = sl_tensor_matrix(SL_REAL_TYPE, weight, out, in);
    struct sl_tensor b = sl_tensor_vector(SL_REAL_TYPE, (void *)(uintptr_t)bias, out);
    const char *weights, *offsets;

    if (!weight)
        return sl_graph_refuse(graph, "no memory for layer '%s'", layer->name);
    for (size_t i = 0; i < out; i++)
        for (size_t j = 0; j < in; j++)
            weight[i * in + j] = lent[j * out + i];
    weights = sl_graph_constant(
        graph, sl_arena_format(graph->arena, "%s.weight", layer->name), &w);
    offsets = sl_graph_constant(
        graph, sl_arena_format(graph->arena, "%s.bias", layer->name), &b);
    return sl_graph_dense(graph, x, weights, offsets);
}

const struct sl_layer_class SL_R(sl_tied_dense) = {
    .entry = {.name = "tied-dense", .summary = "dense layer with another one's weights"},
    .shape = shape,
    .init = SL_R(sl_dense_init),
    .forward = forward,
    .backward = backward,
    .parts = parts,
    .graph = graph,
};
