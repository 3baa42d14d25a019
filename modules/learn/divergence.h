/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_DIVERGENCE_H
#define SL_LEARN_DIVERGENCE_H

#include <stdbool.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"
#include "runner/base/rng.h"
#include "runner/config/table.h"

struct sl_pool;

/*
 * Points that a model made, and points of the data it should be like. All are finite and
 * row-major, d columns wide; n, m > 0. Both come in random order, so that the first rows
 * of one are a sample of it.
 */
struct sl_sample_pair {
    size_t d, n, m, trained;
    const double *samples; /* n x d */
    const double *data;    /* m x d */
    const double *train;   /* trained x d: rows the model learned from, no data of them;
                              0 and NULL where there are none */
    struct sl_stream stream;
    struct sl_pool *pool;
    struct sl_arena *arena; /* for scratch, between calls of pool */
};

/* How far the two lie apart, in the table SL_DIVERGENCE. */
struct sl_divergence_class {
    struct sl_entry entry;
    const char *unit; /* NULL: a pure number */
    bool symmetric;   /* in samples and data */
    bool by_column;   /* has a value for each column besides */

    /* columns: d, of one that has them. *value is NaN where it is undefined, which the
     * summary says. SL_ERR_MEMORY. Not a bit depends on threads. */
    enum sl_status (*compute)(const struct sl_sample_pair *pair, double *value,
                              double *columns, struct sl_error *err);
};

#endif
