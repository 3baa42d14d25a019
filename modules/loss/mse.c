/* SPDX-License-Identifier: MIT */
/* Mean squared error: of a row over its columns, of a batch over rows and columns. */
#include "modules/learn/loss.h"
#include "runner/store/graph.h"
#include "runner/tensor/real.h"

/* Sums that run beside each other, so that they fill vectors; their number is part of the
 * result. */
enum { LANES = 16 };

SL_CLONES static double
row_error(size_t d, const real *y, const real *target)
{
    double lanes[LANES] = {0}, sum = 0;
    size_t whole = d - d % LANES;

    for (size_t j = 0; j < whole; j += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            double e = (double)y[j + l] - (double)target[j + l];
            lanes[l] += e * e;
        }
    }
    for (size_t j = whole; j < d; j++) {
        double e = (double)y[j] - (double)target[j];
        lanes[j - whole] += e * e;
    }
    for (size_t l = 0; l < LANES; l++)
        sum += lanes[l];
    return sum / (double)d;
}

SL_CLONES static void
gradient(size_t n, real scale, const real *y, const real *target, real *dy)
{
    for (size_t i = 0; i < n; i++)
        dy[i] = scale * (y[i] - target[i]);
}

static void
compare(const void *config, const struct sl_comparison *c)
{
    const real *y = c->y, *target = c->target;

    (void)config;
    for (size_t i = 0; i < c->n; i++)
        c->rows[i] = row_error(c->d, y + i * c->d, target + i * c->d);
    if (c->dy)
        gradient(c->n * c->d, (real)(2 / ((double)c->n * (double)c->d)), y, target,
                 c->dy);
}

static const char *
graph(const void *config, struct sl_graph *graph, const char *y, const char *target)
{
    const char *e = sl_graph_node(graph, "Sub", y, target), *mean;

    (void)config;
    mean = sl_graph_node(graph, "ReduceMean", sl_graph_node(graph, "Mul", e, e), NULL);
    sl_graph_attribute(graph, "axes", 1, true);
    return sl_graph_reshape_rows(graph, mean);
}

const struct sl_loss_class SL_R(loss_mse) = {
    .entry = {.name = "mse", .summary = "mean squared error"},
    .help = "mean squared error over the columns",
    .compare = compare,
    .graph = graph,
};
