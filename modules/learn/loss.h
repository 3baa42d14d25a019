/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_LOSS_H
#define SL_LEARN_LOSS_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/config/field.h"
#include "runner/parallel/pool.h"

struct sl_graph;

/*
 * What a network made of a batch beside what it should have made. Arrays are row-major, of
 * the network's real; rows is float64 whatever the real.
 *
 * y, target  n x d
 * rows       n, to be filled: the loss of each row; never NULL
 * dy         n x d, to be overwritten: the gradient by y of the mean over rows; NULL:
 *            nobody asks for it
 */
struct sl_comparison {
    size_t n, d;
    const void *y, *target;
    double *rows;
    void *dy;
    struct sl_pool *pool;
};

/* The loss of a row depends on the row alone, sums are taken in float64 in an order that
 * the shape decides, and the loss of a batch is the mean of its rows'. */
struct sl_loss_class {
    struct sl_entry entry;
    const char *unit, *help; /* of a row's loss */
    /* Targets are chances, from 0 to 1, and y is what the logistic function makes one of:
     * what goes into the sigmoid that the network ends in. */
    bool chances;
    void (*compare)(const void *config, const struct sl_comparison *comparison);
    /* Optional: the loss of each row as nodes of a graph, of values n x d in float64. */
    const char *(*graph)(const void *config, struct sl_graph *graph, const char *y,
                         const char *target);
};

#endif
