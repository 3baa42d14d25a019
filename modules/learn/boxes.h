/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_BOXES_H
#define SL_LEARN_BOXES_H

#include "modules/learn/neighbours.h"
#include "modules/learn/panel.h"

/*
 * The tree of sl_neighbours. Its points stand in panels (panel.h), in the order of its
 * leaves; lanes that are left hold NaN and the id SL_NO_POINT. The children of a node lie
 * beside each other, and so do their boxes: of each column, the lowest values of eight
 * children and then the highest.
 *
 * In more than a few dimensions the tree is one of turned points: less a middle, and along
 * the axes of the highest variance, so that the first columns tell most. They are float32,
 * so that more of them fit into a cache and into a vector. Distances between turned points
 * are at most those between the points themselves, but for rounding, which is allowed for
 * many times over (neighbours.c), and who may be near enough is measured by his own columns.
 */
struct sl_box_node {
    uint32_t first;    /* of an inner node its first child, of a leaf its first panel */
    uint32_t count;    /* of a leaf: panels */
    uint32_t children; /* 0: a leaf */
    uint32_t boxes;    /* of an inner node: the place of its children's in `boxes` */
};

struct sl_neighbours {
    size_t n, d;
    enum sl_neighbours_metric metric;
    struct sl_box_node *nodes; /* the root first */
    uint32_t *ids;             /* SL_PANEL of each panel */
    double *panels;            /* d x SL_PANEL each */

    size_t m, boxed; /* columns of turned points, and those of them that boxes have */
    float *turned;   /* m x SL_PANEL each; NULL where nothing is turned */
    double *boxes;   /* 2 boxed x SL_PANEL each */
    double *middle;  /* d */
    double *axes;    /* d x m, an axis a column; NULL where nothing is turned */
    double reach;    /* the longest of the points less the middle */
};

/* y (m): x (d) turned; its length before. */
double sl_box_turn(const struct sl_neighbours *tree, const double *x, double *y);

/* distances (SL_PANEL): of x to the points of a panel of d columns, roots not taken. False
 * where none is at most `bound`; the distances of those beyond it are then not whole. */
bool sl_box_points(enum sl_neighbours_metric metric, size_t d, const double *x,
                   const double *panel, double bound, double *distances);

/* Bit i of n panels of m turned columns, one behind the other: whether any of its points is
 * within `bound` of y by the sum of squares, in float32. n is 1 or SL_BOX_TOGETHER, which
 * keeps the processor from waiting for each sum. */
enum { SL_BOX_TOGETHER = 4 };
unsigned sl_box_near(size_t n, size_t m, const float *y, const float *panels,
                     float bound);

/* distances (SL_PANEL): of y to the boxes of a node's children, at most those to any turned
 * point in them, to the bit. */
void sl_box_distances(const struct sl_neighbours *tree, const double *y,
                      const struct sl_box_node *node, double *distances);

#endif
