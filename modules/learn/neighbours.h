/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_NEIGHBOURS_H
#define SL_LEARN_NEIGHBOURS_H

#include <stddef.h>
#include <stdint.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"

/*
 * The k nearest of n points, exactly: by a tree of boxes (after Bentley 1975, with eight
 * children a node and the tight boxes of Beckmann et al. 1990) whose leaves are panels of
 * eight points. A box is left out when even its nearest corner is farther than the k-th
 * point found so far. That bound adds up the same columns in the same order as the
 * distances do, and rounding is monotone, so it holds for computed numbers as well: the
 * result has the bits of a search through all points. In many dimensions boxes help little;
 * there points are turned to their principal axes, and given up as soon as the first of
 * these columns are too far apart (boxes.h).
 *
 * Distances are float64 sums over columns in order: of squares (EUCLIDEAN, and the root of
 * the sum) or of absolute differences (MANHATTAN).
 */
enum sl_neighbours_metric { SL_EUCLIDEAN, SL_MANHATTAN };

struct sl_neighbours;

/* points: n x d, finite, n >= 1, which has to stay. Memory is the arena's. SL_ERR_MEMORY. */
enum sl_status sl_neighbours_new(struct sl_neighbours **tree, size_t n, size_t d,
                                 const double *points, enum sl_neighbours_metric metric,
                                 struct sl_arena *arena, struct sl_error *err);

struct sl_neighbour {
    double distance;
    uint32_t id; /* the point's place */
};

/* The k nearest points of x (d values), by ascending distance, ties by id; point `skip` is
 * not among them (SL_NO_POINT: all are). 1 <= k <= the points there are. scratch: 2 d.
 * Several threads may search one tree. */
#define SL_NO_POINT UINT32_MAX
void sl_neighbours_find(const struct sl_neighbours *tree, const double *x, size_t k,
                        uint32_t skip, double *scratch, struct sl_neighbour *found);

#endif
