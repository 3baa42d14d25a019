/* SPDX-License-Identifier: MIT */
/*
 * Huber's loss (1964): with e = y - target, e^2 / 2 where |e| is at most delta and
 * delta (|e| - delta / 2) beyond; of a row the mean over its columns. The slope is e, within
 * +-delta.
 */
#include <math.h>

#include "modules/learn/column_loss.h"
#include "runner/store/graph.h"

struct config {
    double delta;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, delta, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE, .low = 0,
             .high = 1e6, .number = 1,
             .help = "error up to which it goes by squares, and beyond which in a line"),
    SL_FIELD_END,
};

static inline double
term(real y, real target, double delta)
{
    double e = fabs((double)y - (double)target), near = e < delta ? e : delta;

    return near * (e - near / 2);
}

static inline real
slope(real y, real target, real delta)
{
    real e = y - target, above = e < -delta ? -delta : e;

    return above > delta ? delta : above;
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
    sl_column_compare(c, ((const struct config *)config)->delta, compare_rows);
}

static const char *
graph(const void *config, struct sl_graph *graph, const char *y, const char *target)
{
    double delta = ((const struct config *)config)->delta;
    const char *e =
        sl_graph_node(graph, "Abs", sl_graph_node(graph, "Sub", y, target), NULL);
    const char *near =
        sl_graph_node(graph, "Min", e, sl_graph_number(graph, "huber.delta", delta));
    const char *half =
        sl_graph_node(graph, "Mul", near, sl_graph_number(graph, "huber.half", 0.5));
    const char *rest = sl_graph_node(graph, "Sub", e, half);

    return sl_graph_row_mean(graph, sl_graph_node(graph, "Mul", near, rest));
}

const struct sl_loss_class SL_R(loss_huber) = {
    .entry = {.name = "huber",
              .summary = "squares of small errors, absolute values of large ones",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .help = "Huber's loss, mean over the columns",
    .compare = compare,
    .graph = graph,
};
