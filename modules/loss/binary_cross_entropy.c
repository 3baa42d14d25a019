/* SPDX-License-Identifier: MIT */
/*
 * Cross entropy between the target t in [0, 1], the chance of a 1, and the chance s(y) that
 * the network gives it, s the logistic function at its end, whose input y is:
 *
 *     -t ln s(y) - (1 - t) ln(1 - s(y)) = max(y, 0) - y t + ln(1 + e^-|y|)
 *
 * in nats; of a row the mean over its columns. The right side loses nothing where s(y)
 * rounds to 0 or 1. Its slope is s(y) - t. It is least at s(y) = t, where it is the entropy
 * of t: 0 for a t of 0 or 1 alone.
 */
#include "modules/learn/column_loss.h"
#include "runner/store/graph.h"
#include "runner/tensor/special.h"

static inline double
term(real y, real target, double unused)
{
    real rest = sl_log1p(sl_exp(y < 0 ? y : -y));

    (void)unused;
    return (y < 0 ? 0 : (double)y) - (double)y * (double)target + (double)rest;
}

static inline real
slope(real y, real target, real unused)
{
    (void)unused;
    return sl_logistic(y) - target;
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
    const char *most = sl_graph_node(graph, "Softplus", y, NULL);
    const char *product = sl_graph_node(graph, "Mul", y, target);

    (void)config;
    return sl_graph_row_mean(graph, sl_graph_node(graph, "Sub", most, product));
}

const struct sl_loss_class SL_R(loss_binary_cross_entropy) = {
    .entry = {.name = "binary-cross-entropy",
              .summary =
                  "between values in [0, 1] and a sigmoid's, as chances of a 1; in nats"},
    .unit = "nats",
    .help = "binary cross entropy in nats, mean over the columns",
    .chances = true,
    .compare = compare,
    .graph = graph,
};
