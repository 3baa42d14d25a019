/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_FOREST_H
#define SL_LEARN_FOREST_H

#include <stddef.h>
#include <stdint.h>

#include "runner/base/arena.h"
#include "runner/base/rng.h"

/*
 * Isolation trees (Liu, Ting and Zhou 2008): a few rows are cut apart at a random value of
 * a random column, again and again, until each is alone or log2 of them cuts were made.
 *
 * Trees lie in flat arrays, node by node. A row goes from a node to `left` where its value
 * in `column` is below `threshold`, else to the one behind that. A leaf leads to itself by
 * an infinite threshold, so that going down takes the same number of steps for every row;
 * its `length` is that of the path, and what a tree of the rows left in it would add,
 * sl_forest_average of their number.
 */
struct sl_forest_node {
    double threshold, length;
    int32_t column, left; /* left counts from the tree's first node */
};

/* The mean length of an unsuccessful search in a binary tree of n rows (their equation 1),
 * 2 H(n - 1) - 2 (n - 1) / n with H(i) = ln i + 0.5772156649; 1 of two rows, 0 of one. */
double sl_forest_average(size_t n);

/* Steps down: log2 of `rows`, rounded up. */
size_t sl_forest_depth(size_t rows);

/*
 * One tree of `rows` distinct rows drawn of x (n x d). nodes: room for 2 rows - 1; returns
 * how many there are. order: n, scratch; columns: d, scratch. Columns are drawn among those
 * in which the rows of a node differ.
 */
struct sl_forest_plan {
    size_t n, d, rows;
    const double *x;
};
size_t sl_forest_grow(const struct sl_forest_plan *plan, struct sl_stream *stream,
                      uint32_t *order, uint32_t *columns, struct sl_forest_node *nodes);

/* Adds to lengths (n) those of the paths of x (n x d) in one tree. */
void sl_forest_descend(const struct sl_forest_node *nodes, size_t depth, size_t n,
                       size_t d, const double *x, double *lengths);

#endif
