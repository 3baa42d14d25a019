/* SPDX-License-Identifier: MIT */
/* Fully connected: y = x W' + b. */
#include "modules/learn/dense_theta.h"
#include "modules/learn/sparse_rows.h"
#include "modules/learn/sum_rows.h"
#include "runner/store/graph.h"
#include "runner/tensor/linalg.h"

struct config {
    int64_t units;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, units, int64_t, SL_TYPE_INT, .flags = SL_REQUIRED, .low = 1,
             .high = 1e6, .help = "columns of the output"),
    SL_FIELD_END,
};

/* Of what is kept, the marks of all rows come first. */
static size_t
marks_of(const struct sl_layer *layer)
{
    return SL_R(sl_sparse_reals)(layer->in, layer->out);
}

/* Room for one half of the gradient by x; of the first layer nobody asks for that. */
static size_t
half_of(const struct sl_layer *layer)
{
    return layer->offset > 0 ? layer->in : 0;
}

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    const struct config *c = layer->config;

    (void)err;
    layer->out = (size_t)c->units;
    layer->parameters = layer->out * layer->in + layer->out;
    layer->kept = marks_of(layer) + half_of(layer);
    return SL_OK;
}

/* The rows of a pass that forward marked. */
static struct sl_sparse_rows
marked(const struct sl_layer *layer, const struct sl_pass *pass)
{
    return (struct sl_sparse_rows){pass->n, layer->in, pass->x, pass->kept};
}

static bool
is_sparse(const struct sl_layer *layer, const struct sl_sparse_rows *rows)
{
    return marks_of(layer) && SL_R(sl_sparse_pays)(rows, layer->out);
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const real *weight = pass->theta;
    struct sl_product product = {
        .m = pass->n,
        .n = layer->out,
        .k = layer->in,
        .b_transposed = true,
        .a = pass->x,
        .b = weight,
        .row = weight + layer->out * layer->in,
        .c = pass->y,
    };
    struct sl_sparse_rows rows = marked(layer, pass);

    if (marks_of(layer))
        SL_R(sl_sparse_mark)(pass->pool, pass->n, layer->in, pass->x, pass->kept);
    if (is_sparse(layer, &rows))
        SL_R(sl_sparse_product)(pass->pool, &rows, &product);
    else
        SL_R(sl_product)(pass->pool, &product);
}

static void
gradient_by_weight(const struct sl_layer *layer, const struct sl_pass *pass)
{
    size_t in = layer->in, out = layer->out;
    struct sl_sparse_rows rows = marked(layer, pass);
    struct sl_product product = {
        .m = out,
        .n = in,
        .k = pass->n,
        .a_transposed = true,
        .add = layer->lends,
        .a = pass->dy,
        .b = pass->x,
        .c = pass->dtheta,
    };

    if (is_sparse(layer, &rows))
        SL_R(sl_sparse_gradient)(pass->pool, &rows, &product);
    else
        SL_R(sl_product)(pass->pool, &product);
}

static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    size_t in = layer->in, out = layer->out;
    real *dtheta = pass->dtheta;
    struct sl_product input = {
        .m = pass->n,
        .n = in,
        .k = out,
        .a = pass->dy,
        .b = pass->theta,
        .c = pass->dx,
        .half = half_of(layer) ? (real *)pass->kept + pass->n * marks_of(layer) : NULL,
    };

    gradient_by_weight(layer, pass);
    SL_R(sl_sum_rows)(pass->n, out, pass->dy, dtheta + out * in);
    if (pass->dx)
        SL_R(sl_product)(pass->pool, &input);
}

static const char *
graph(const struct sl_layer *layer, const void *theta, struct sl_graph *graph,
      const char *x)
{
    const enum sl_dtype type = sizeof(real) == sizeof(float) ? SL_F32 : SL_F64;
    real *at = (real *)(uintptr_t)theta;
    struct sl_tensor weight = sl_tensor_matrix(type, at, layer->out, layer->in);
    struct sl_tensor bias =
        sl_tensor_vector(type, at + layer->out * layer->in, layer->out);
    const char *w, *b;

    w = sl_graph_constant(graph, sl_arena_format(graph->arena, "%s.weight", layer->name),
                          &weight);
    b = sl_graph_constant(graph, sl_arena_format(graph->arena, "%s.bias", layer->name),
                          &bias);
    return sl_graph_dense(graph, x, w, b);
}

const struct sl_layer_class SL_R(layer_dense) = {
    .entry = {.name = "dense",
              .summary = "fully connected layer, x W' + b",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .shape = shape,
    .init = SL_R(sl_dense_init),
    .forward = forward,
    .backward = backward,
    .parts = SL_R(sl_dense_parts),
    .graph = graph,
};
