/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_CELL_SEARCH_H
#define SL_LEARN_CELL_SEARCH_H

#include <stddef.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"

struct sl_pool;

/*
 * For many z at once, the cell of an even grid in which an increasing f reaches z: what
 * halving the bracket [low, high] `halvings` times would end with, where the high end moves
 * if f(m) >= z. A z below all f gets the first cell, one above the last.
 *
 * Halving evaluates f once for each z and halving. Here the first halvings share a table,
 * and then f is interpolated between the ends of what is left, the guess kept so near to
 * the middle that at most one more evaluation is made than by halving (Oliveira and
 * Takahashi 2020, "An enhancement of the bisection method average performance preserving
 * minmax optimality"); for a smooth f it takes some 5 for 30 halvings. Where rounding makes
 * f fall, the cell may be another one whose ends have z between them.
 *
 * map             f of n points, at most as many as there are z; from several threads at
 *                 once where there is a pool, each with that of its call, which may be NULL
 * f_low, f_high   f at the ends, f_low < f_high
 */
#define SL_CELL_HALVINGS 50 /* as many cells as float64 counts well */

struct sl_cell_search {
    double low, high, f_low, f_high;
    unsigned halvings; /* 0..SL_CELL_HALVINGS */
    enum sl_status (*map)(void *context, struct sl_pool *pool, size_t n, const double *x,
                          double *image, struct sl_error *err);
    void *context;
    struct sl_pool *pool; /* may be NULL */
};

/* low_of, high_of: n, the ends of the cells. Scratch comes from the arena; SL_ERR_MEMORY. */
enum sl_status sl_cell_search(const struct sl_cell_search *search, size_t n,
                              const double *z, double *low_of, double *high_of,
                              struct sl_arena *arena, struct sl_error *err);

#endif
