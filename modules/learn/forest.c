/* SPDX-License-Identifier: MIT */
#include "modules/learn/forest.h"

#include <math.h>

double
sl_forest_average(size_t n)
{
    double m = (double)n;

    if (n <= 2)
        return n == 2;
    return 2 * (log(m - 1) + 0.5772156649) - 2 * (m - 1) / m;
}

size_t
sl_forest_depth(size_t rows)
{
    size_t depth = 0;

    while (((size_t)1 << depth) < rows)
        depth++;
    return depth;
}

/* ---- growing ------------------------------------------------------------------------ */

struct growth {
    const struct sl_forest_plan *plan;
    struct sl_stream *stream;
    uint32_t *order, *columns;
    struct sl_forest_node *nodes;
    size_t count;
};

static void
swap(uint32_t *a, uint32_t *b)
{
    uint32_t kept = *a;

    *a = *b;
    *b = kept;
}

static double
value_of(const struct growth *g, size_t i, uint32_t column)
{
    return g->plan->x[g->order[i] * g->plan->d + column];
}

static void
range_of(const struct growth *g, size_t first, size_t end, uint32_t column, double *low,
         double *high)
{
    *low = *high = value_of(g, first, column);
    for (size_t i = first + 1; i < end; i++) {
        double value = value_of(g, i, column);

        *low = value < *low ? value : *low;
        *high = value > *high ? value : *high;
    }
}

/* A random column in which the rows differ, and a random value above the lowest of them and
 * up to the highest. d if there is none: the rows are the same. */
static size_t
draw_cut(struct growth *g, size_t first, size_t end, double *threshold)
{
    for (size_t left = g->plan->d; left > 0; left--) {
        size_t pick = sl_stream_below(g->stream, (uint32_t)left);
        double low, high;

        swap(&g->columns[pick], &g->columns[left - 1]);
        range_of(g, first, end, g->columns[left - 1], &low, &high);
        if (low < high) {
            *threshold = low + sl_stream_uniform(g->stream) * (high - low);
            if (!(*threshold > low && *threshold <= high))
                *threshold = high;
            return g->columns[left - 1];
        }
    }
    return g->plan->d;
}

/* Rows below the threshold to the front; returns where the others begin. */
static size_t
part(struct growth *g, size_t first, size_t end, uint32_t column, double threshold)
{
    while (first < end) {
        if (value_of(g, first, column) < threshold)
            first++;
        else
            swap(&g->order[first], &g->order[--end]);
    }
    return first;
}

static void
grow(struct growth *g, size_t at, size_t first, size_t end, size_t depth)
{
    double threshold = (double)INFINITY;
    size_t rows = end - first, left, middle, column = g->plan->d;

    if (rows > 1 && depth < sl_forest_depth(g->plan->rows))
        column = draw_cut(g, first, end, &threshold);
    if (column == g->plan->d) {
        g->nodes[at] = (struct sl_forest_node){
            .threshold = (double)INFINITY,
            .length = (double)depth + sl_forest_average(rows),
            .left = (int32_t)at,
        };
        return;
    }
    middle = part(g, first, end, (uint32_t)column, threshold);
    left = g->count;
    g->count += 2;
    g->nodes[at] = (struct sl_forest_node){threshold, 0, (int32_t)column, (int32_t)left};
    grow(g, left, first, middle, depth + 1);
    grow(g, left + 1, middle, end, depth + 1);
}

size_t
sl_forest_grow(const struct sl_forest_plan *plan, struct sl_stream *stream,
               uint32_t *order, uint32_t *columns, struct sl_forest_node *nodes)
{
    struct growth g = {plan, stream, order, columns, nodes, 1};

    for (size_t i = 0; i < plan->n; i++)
        order[i] = (uint32_t)i;
    for (size_t j = 0; j < plan->d; j++)
        columns[j] = (uint32_t)j;
    for (size_t i = 0; i < plan->rows; i++)
        swap(&order[i], &order[i + sl_stream_below(stream, (uint32_t)(plan->n - i))]);
    grow(&g, 0, 0, plan->rows, 0);
    return g.count;
}

/* ---- going down --------------------------------------------------------------------- */

/* Rows that go down beside each other, so that one need not wait for another's memory. */
enum { BESIDE = 8 };

static void
descend(const struct sl_forest_node *nodes, size_t depth, size_t n, size_t d,
        const double *x, double *lengths)
{
    int32_t at[BESIDE] = {0};

    for (size_t step = 0; step < depth; step++)
        for (size_t i = 0; i < n; i++) {
            const struct sl_forest_node *node = &nodes[at[i]];
            at[i] = node->left + !(x[i * d + (size_t)node->column] < node->threshold);
        }
    for (size_t i = 0; i < n; i++)
        lengths[i] += nodes[at[i]].length;
}

void
sl_forest_descend(const struct sl_forest_node *nodes, size_t depth, size_t n, size_t d,
                  const double *x, double *lengths)
{
    size_t i = 0;

    for (; i + BESIDE <= n; i += BESIDE)
        descend(nodes, depth, BESIDE, d, x + i * d, lengths + i);
    if (i < n)
        descend(nodes, depth, n - i, d, x + i * d, lengths + i);
}
