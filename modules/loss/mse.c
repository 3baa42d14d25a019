/* SPDX-License-Identifier: MIT */
/* Mean squared error: of a row over its columns, of a batch over rows and columns. */
#include "modules/learn/column_loss.h"
#include "runner/store/graph.h"

static inline double
term(real y, real target, double unused)
{
    double e = (double)y - (double)target;

    (void)unused;
    return e * e;
}

static inline real
slope(real y, real target, real unused)
{
    (void)unused;
    return 2 * (y - target);
}

SL_CLONES static void
compare_rows(void *loss, size_t first, size_t n)
{
    sl_column_rows(loss, first, n, term);
    sl_column_slopes(loss, first, n, slope);
}

static void
compare(const void *config, const struct sl_comparison *c)
{
    (void)config;
    sl_column_compare(c, 0, compare_rows);
}

static const char *
graph(const void *config, struct sl_graph *graph, const char *y, const char *target)
{
    const char *e = sl_graph_node(graph, "Sub", y, target);

    (void)config;
    return sl_graph_row_mean(graph, sl_graph_node(graph, "Mul", e, e));
}

const struct sl_loss_class SL_R(loss_mse) = {
    .entry = {.name = "mse", .summary = "mean squared error"},
    .help = "mean squared error over the columns",
    .compare = compare,
    .graph = graph,
};
