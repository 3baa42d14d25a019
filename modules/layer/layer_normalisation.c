/* SPDX-License-Identifier: MIT */
/*
 * Layer normalisation (Ba, Kiros and Hinton 2016): each row less the mean of its columns,
 * over their standard deviation (divisor d), times a weight and plus a bias of each column.
 * theta is weight and bias, d each, which start as 1 and 0.
 */
#include <math.h>
#include <string.h>

#include "modules/learn/layer.h"
#include "modules/learn/slice.h"
#include "runner/store/graph.h"

struct config {
    double epsilon;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, epsilon, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 1, .number = 1e-5, .help = "added to the variance"),
    SL_FIELD_END,
};

/* A row keeps its mean and the inverse of its deviation. */
static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    (void)err;
    layer->out = layer->in;
    layer->parameters = 2 * layer->in;
    layer->kept = 2;
    return SL_OK;
}

static size_t
parts(const struct sl_layer *layer, struct sl_layer_part *part)
{
    part[0] = (struct sl_layer_part){"weight", layer->in, 0};
    part[1] = (struct sl_layer_part){"bias", layer->in, 0};
    return 2;
}

static void
init(const struct sl_layer *layer, struct sl_stream *stream, void *theta)
{
    real *at = theta;

    (void)stream;
    for (size_t j = 0; j < layer->in; j++) {
        at[j] = 1;
        at[layer->in + j] = 0;
    }
}

struct work {
    const struct sl_layer *layer;
    const struct sl_pass *pass;
};

/* Sums that run beside each other, so that they fill vectors; their number is part of the
 * result. */
enum { LANES = 8 };

static double
add_lanes(const double *lanes)
{
    double sum = 0;

    for (size_t l = 0; l < LANES; l++)
        sum += lanes[l];
    return sum;
}

/* Mean of x - shift, or of its squares. */
SL_CLONES static double
mean_of(size_t d, const real *x, double shift, bool squared)
{
    double lanes[LANES] = {0};

    for (size_t j = 0; j < d; j++) {
        double e = (double)x[j] - shift;
        lanes[j % LANES] += squared ? e * e : e;
    }
    return add_lanes(lanes) / (double)d;
}

SL_CLONES static void
normalise(size_t d, const real *restrict kept, const real *restrict theta, const real *x,
          real *restrict y)
{
    for (size_t j = 0; j < d; j++)
        y[j] = (x[j] - kept[0]) * kept[1] * theta[j] + theta[d + j];
}

static void
forward_rows(void *context, size_t first, size_t count)
{
    const struct work *w = context;
    const struct config *c = w->layer->config;
    size_t d = w->layer->in;

    for (size_t i = first; i < first + count; i++) {
        const real *x = (const real *)w->pass->x + i * d;
        real *kept = (real *)w->pass->kept + 2 * i;
        double mean = mean_of(d, x, 0, false);

        kept[0] = (real)mean;
        kept[1] = (real)(1 / sqrt(mean_of(d, x, mean, true) + c->epsilon));
        normalise(d, kept, w->pass->theta, x, (real *)w->pass->y + i * d);
    }
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    struct work w = {layer, pass};

    sl_row_slices(pass->pool, pass->n, 4 * layer->in, forward_rows, &w);
}

/* With u = (x - mean) inverse and g = weight dy:
 * dx = inverse (g - mean of g - u mean of g u). */
SL_CLONES static void
gradient(size_t d, const real *restrict kept, const real *restrict weight,
         const real *restrict x, const real *restrict dy, real *restrict dx)
{
    double by_one[LANES] = {0}, by_u[LANES] = {0};
    real a, b;

    for (size_t j = 0; j < d; j++) {
        real u = (x[j] - kept[0]) * kept[1], g = weight[j] * dy[j];
        by_one[j % LANES] += (double)g;
        by_u[j % LANES] += (double)(g * u);
    }
    a = (real)(add_lanes(by_one) / (double)d);
    b = (real)(add_lanes(by_u) / (double)d);
    for (size_t j = 0; j < d; j++) {
        real u = (x[j] - kept[0]) * kept[1];
        dx[j] = kept[1] * (weight[j] * dy[j] - a - u * b);
    }
}

static void
backward_rows(void *context, size_t first, size_t count)
{
    const struct work *w = context;
    size_t d = w->layer->in;

    for (size_t i = first; i < first + count; i++)
        gradient(d, (const real *)w->pass->kept + 2 * i, w->pass->theta,
                 (const real *)w->pass->x + i * d, (const real *)w->pass->dy + i * d,
                 (real *)w->pass->dx + i * d);
}

/* Rows are added in order. */
SL_CLONES static void
sum_rows(size_t n, size_t d, const real *restrict kept, const real *restrict x,
         const real *restrict dy, real *restrict dtheta)
{
    memset(dtheta, 0, 2 * d * sizeof *dtheta);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            real u = (x[i * d + j] - kept[2 * i]) * kept[2 * i + 1];
            dtheta[j] += dy[i * d + j] * u;
            dtheta[d + j] += dy[i * d + j];
        }
}

static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    struct work w = {layer, pass};

    sum_rows(pass->n, layer->in, pass->kept, pass->x, pass->dy, pass->dtheta);
    if (pass->dx)
        sl_row_slices(pass->pool, pass->n, 4 * layer->in, backward_rows, &w);
}

/* ---- for others ---------------------------------------------------------------------- */

static const char *
mean_node(struct sl_graph *graph, const char *x)
{
    const char *mean = sl_graph_node(graph, "ReduceMean", x, NULL);

    sl_graph_attribute(graph, "axes", 1, true);
    return mean;
}

static const char *
constant(const struct sl_layer *layer, struct sl_graph *graph, const char *part,
         const real *values, size_t n)
{
    struct sl_tensor tensor =
        sl_tensor_vector(SL_REAL_TYPE, (void *)(uintptr_t)values, n);

    return sl_graph_constant(
        graph, sl_arena_format(graph->arena, "%s.%s", layer->name, part), &tensor);
}

static const char *
graph(const struct sl_layer *layer, const void *theta, struct sl_graph *graph,
      const char *x)
{
    const struct config *c = layer->config;
    const real *at = theta, epsilon = (real)c->epsilon;
    const char *weight = constant(layer, graph, "weight", at, layer->in);
    const char *bias = constant(layer, graph, "bias", at + layer->in, layer->in);
    const char *added = constant(layer, graph, "epsilon", &epsilon, 1);
    const char *rest = sl_graph_node(graph, "Sub", x, mean_node(graph, x)), *variance, *y;

    variance = mean_node(graph, sl_graph_node(graph, "Mul", rest, rest));
    y = sl_graph_node(graph, "Add", variance, added);
    y = sl_graph_node(graph, "Div", rest, sl_graph_node(graph, "Sqrt", y, NULL));
    return sl_graph_node(graph, "Add", sl_graph_node(graph, "Mul", y, weight), bias);
}

const struct sl_layer_class SL_R(layer_layer_normalisation) = {
    .entry = {.name = "layer-normalisation",
              .summary = "rows standardised by their own columns",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .shape = shape,
    .init = init,
    .forward = forward,
    .backward = backward,
    .parts = parts,
    .graph = graph,
};
