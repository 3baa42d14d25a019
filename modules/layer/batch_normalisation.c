/* SPDX-License-Identifier: MIT */
/*
 * Batch normalisation (Ioffe and Szegedy 2015): each column less its mean, over its standard
 * deviation, times a weight, plus a bias. In training mean and variance (divisor n) are
 * those of the batch, and theta's running ones follow them,
 *
 *     running = (1 - momentum) running + momentum of this batch
 *
 * the variance with the divisor n - 1. In evaluation the running ones take their place, so
 * that a row does not depend on the rows it came with. A batch of one row has no variance:
 * it is taken as in evaluation, and the running statistics stay.
 *
 * theta is weight, bias, running_mean and running_variance, d each; they start as 1, 0, 0
 * and 1. The gradient by the running ones is 0.
 */
#include <math.h>
#include <string.h>

#include "modules/learn/layer.h"
#include "runner/store/graph.h"

struct config {
    double momentum, epsilon;
};

static const struct sl_field fields[] = {
    SL_DOUBLE(struct config, momentum, 0.1, 0, 1,
              "weight of a batch in the running mean and variance"),
    SL_FIELD(struct config, epsilon, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 1, .number = 1e-5, .help = "added to the variance"),
    SL_FIELD_END,
};

/* Parts of theta, and of what forward keeps in scratch: the mean and the inverse of the
 * deviation that it took, and what the running statistics become. */
enum { WEIGHT, BIAS, MEAN, VARIANCE, PARTS };
enum { TAKEN_MEAN, TAKEN_INVERSE, NEXT_MEAN, NEXT_VARIANCE, KEPT };

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    (void)err;
    layer->out = layer->in;
    layer->parameters = PARTS * layer->in;
    layer->scratch = KEPT * layer->in;
    return SL_OK;
}

static size_t
parts(const struct sl_layer *layer, struct sl_layer_part *part)
{
    static const char *const names[] = {"weight", "bias", "running_mean",
                                        "running_variance"};

    for (size_t i = 0; i < PARTS; i++)
        part[i] = (struct sl_layer_part){names[i], layer->in, 0};
    return PARTS;
}

static void
init(const struct sl_layer *layer, struct sl_stream *stream, void *theta)
{
    real *at = theta;
    size_t d = layer->in;

    (void)stream;
    for (size_t j = 0; j < d; j++) {
        at[WEIGHT * d + j] = at[VARIANCE * d + j] = 1;
        at[BIAS * d + j] = at[MEAN * d + j] = 0;
    }
}

/* ---- columns ------------------------------------------------------------------------- */

/* Columns that are worked on at once, by one thread; their sums run down the rows. */
enum { COLUMNS = 32 };

struct work {
    const struct sl_layer *layer;
    const struct sl_pass *pass;
};

static bool
by_batch(const struct sl_pass *pass)
{
    return pass->training && pass->n > 1;
}

/* sums: of x - shift, each to the power of 1, or 2 if squared */
SL_CLONES static void
sum_columns(size_t n, size_t d, size_t count, const real *restrict x,
            const double *restrict shift, bool squared, double *restrict sums)
{
    memset(sums, 0, count * sizeof *sums);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < count; j++) {
            double e = (double)x[i * d + j] - shift[j];
            sums[j] += squared ? e * e : e;
        }
}

/* Of `count` columns from `first`: what they are taken by, and what becomes of the running
 * statistics. */
static void
take_statistics(const struct work *w, size_t first, size_t count)
{
    const struct config *c = w->layer->config;
    size_t n = w->pass->n, d = w->layer->in;
    const real *theta = w->pass->theta;
    double mean[COLUMNS] = {0}, squares[COLUMNS];
    real *kept = w->pass->kept;

    sum_columns(n, d, count, (const real *)w->pass->x + first, mean, false, squares);
    for (size_t j = 0; j < count; j++)
        mean[j] = squares[j] / (double)n;
    sum_columns(n, d, count, (const real *)w->pass->x + first, mean, true, squares);
    for (size_t j = 0; j < count; j++) {
        size_t at = first + j;
        double running = (double)theta[MEAN * d + at];
        double variance = (double)theta[VARIANCE * d + at];

        kept[TAKEN_MEAN * d + at] = (real)mean[j];
        kept[TAKEN_INVERSE * d + at] =
            (real)(1 / sqrt(squares[j] / (double)n + c->epsilon));
        running += c->momentum * (mean[j] - running);
        variance += c->momentum * (squares[j] / (double)(n - 1) - variance);
        kept[NEXT_MEAN * d + at] = (real)running;
        kept[NEXT_VARIANCE * d + at] = (real)variance;
    }
}

/* As in evaluation. */
static void
take_running(const struct work *w, size_t first, size_t count)
{
    const struct config *c = w->layer->config;
    const real *theta = w->pass->theta;
    real *kept = w->pass->kept;
    size_t d = w->layer->in;

    for (size_t j = first; j < first + count; j++) {
        double variance = (double)theta[VARIANCE * d + j];

        kept[TAKEN_MEAN * d + j] = kept[NEXT_MEAN * d + j] = theta[MEAN * d + j];
        kept[TAKEN_INVERSE * d + j] = (real)(1 / sqrt(variance + c->epsilon));
        kept[NEXT_VARIANCE * d + j] = theta[VARIANCE * d + j];
    }
}

SL_CLONES static void
normalise(size_t n, size_t d, size_t count, const real *restrict kept,
          const real *restrict theta, const real *x, real *restrict y)
{
    const real *mean = kept + TAKEN_MEAN * d, *inverse = kept + TAKEN_INVERSE * d;
    const real *weight = theta + WEIGHT * d, *bias = theta + BIAS * d;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < count; j++)
            y[i * d + j] = (x[i * d + j] - mean[j]) * inverse[j] * weight[j] + bias[j];
}

static size_t
columns_of(const struct work *w, size_t tile)
{
    size_t left = w->layer->in - tile * COLUMNS;

    return left < COLUMNS ? left : COLUMNS;
}

static void
forward_tile(void *context, size_t tile)
{
    const struct work *w = context;
    size_t first = tile * COLUMNS, count = columns_of(w, tile);

    if (by_batch(w->pass))
        take_statistics(w, first, count);
    else
        take_running(w, first, count);
    normalise(w->pass->n, w->layer->in, count, (const real *)w->pass->kept + first,
              (const real *)w->pass->theta + first, (const real *)w->pass->x + first,
              (real *)w->pass->y + first);
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    struct work w = {layer, pass};

    sl_pool_tiles(pass->pool, (layer->in + COLUMNS - 1) / COLUMNS, forward_tile, &w);
}

/* ---- the way back -------------------------------------------------------------------- */

/* Of each column, with u = (x - mean) inverse: the sums of dy and of dy u. */
SL_CLONES static void
sum_gradients(size_t n, size_t d, size_t count, const real *restrict kept,
              const real *restrict x, const real *restrict dy, double *restrict by_bias,
              double *restrict by_weight)
{
    const real *mean = kept + TAKEN_MEAN * d, *inverse = kept + TAKEN_INVERSE * d;

    memset(by_bias, 0, count * sizeof *by_bias);
    memset(by_weight, 0, count * sizeof *by_weight);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < count; j++) {
            real u = (x[i * d + j] - mean[j]) * inverse[j];
            by_bias[j] += (double)dy[i * d + j];
            by_weight[j] += (double)(dy[i * d + j] * u);
        }
}

/* dx = weight inverse (dy - a - u b), where a and b are 0 of statistics that x does not
 * move. */
SL_CLONES static void
gradient(size_t n, size_t d, size_t count, const real *restrict kept,
         const real *restrict weight, const real *restrict ab, const real *restrict x,
         const real *restrict dy, real *restrict dx)
{
    const real *mean = kept + TAKEN_MEAN * d, *inverse = kept + TAKEN_INVERSE * d;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < count; j++) {
            real u = (x[i * d + j] - mean[j]) * inverse[j];
            dx[i * d + j] =
                weight[j] * inverse[j] * (dy[i * d + j] - ab[j] - u * ab[COLUMNS + j]);
        }
}

static void
backward_tile(void *context, size_t tile)
{
    const struct work *w = context;
    const struct sl_pass *pass = w->pass;
    size_t n = pass->n, d = w->layer->in, first = tile * COLUMNS;
    size_t count = columns_of(w, tile);
    const real *kept = (const real *)pass->kept + first;
    const real *x = (const real *)pass->x + first, *dy = (const real *)pass->dy + first;
    real *dtheta = (real *)pass->dtheta + first, ab[2 * COLUMNS] = {0};
    double by_bias[COLUMNS], by_weight[COLUMNS];

    sum_gradients(n, d, count, kept, x, dy, by_bias, by_weight);
    for (size_t j = 0; j < count; j++) {
        dtheta[WEIGHT * d + j] = (real)by_weight[j];
        dtheta[BIAS * d + j] = (real)by_bias[j];
        dtheta[MEAN * d + j] = dtheta[VARIANCE * d + j] = 0;
        if (!by_batch(pass))
            continue;
        ab[j] = (real)(by_bias[j] / (double)n);
        ab[COLUMNS + j] = (real)(by_weight[j] / (double)n);
    }
    if (pass->dx)
        gradient(n, d, count, kept, (const real *)pass->theta + WEIGHT * d + first, ab, x,
                 dy, (real *)pass->dx + first);
}

static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    struct work w = {layer, pass};

    sl_pool_tiles(pass->pool, (layer->in + COLUMNS - 1) / COLUMNS, backward_tile, &w);
}

/* Whatever an optimizer made of them, as by a weight decay. */
static void
track(const struct sl_layer *layer, const void *kept, void *theta)
{
    memcpy((real *)theta + MEAN * layer->in, (const real *)kept + NEXT_MEAN * layer->in,
           2 * layer->in * sizeof(real));
}

/* ---- in evaluation, for others -------------------------------------------------------- */

static const char *
constant(const struct sl_layer *layer, struct sl_graph *graph, const char *part,
         real *values)
{
    struct sl_tensor tensor = sl_tensor_vector(SL_REAL_TYPE, values, layer->in);

    return sl_graph_constant(
        graph, sl_arena_format(graph->arena, "%s.%s", layer->name, part), &tensor);
}

static const char *
graph(const struct sl_layer *layer, const void *theta, struct sl_graph *graph,
      const char *x)
{
    const struct config *c = layer->config;
    const real *at = theta;
    size_t d = layer->in;
    real *slope = sl_arena_array(graph->arena, d, sizeof *slope);
    real *offset = sl_arena_array(graph->arena, d, sizeof *offset);
    const char *a, *b;

    if (!slope || !offset)
        return sl_graph_refuse(graph, "no memory for layer '%s'", layer->name);
    for (size_t j = 0; j < d; j++) {
        double deviation = sqrt((double)at[VARIANCE * d + j] + c->epsilon);
        double by = (double)at[WEIGHT * d + j] / deviation;
        slope[j] = (real)by;
        offset[j] = (real)((double)at[BIAS * d + j] - by * (double)at[MEAN * d + j]);
    }
    a = constant(layer, graph, "slope", slope);
    b = constant(layer, graph, "offset", offset);
    return sl_graph_node(graph, "Add", sl_graph_node(graph, "Mul", x, a), b);
}

const struct sl_layer_class SL_R(layer_batch_normalisation) = {
    .entry = {.name = "batch-normalisation",
              .summary = "columns standardised by their batch, after training by running "
                         "statistics",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .shape = shape,
    .init = init,
    .forward = forward,
    .backward = backward,
    .track = track,
    .parts = parts,
    .graph = graph,
};
