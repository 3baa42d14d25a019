/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_KMEANS_H
#define SL_LEARN_KMEANS_H

#include <stddef.h>
#include <stdint.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"
#include "runner/base/rng.h"

struct sl_pool;

/*
 * k centres of n rows, x: n x d. The first are rows, each drawn with a chance in proportion
 * to its squared distance to the nearest before (k-means++, Arthur and Vassilvitskii 2007);
 * then every row goes to the nearest centre, ties to the first, and every centre to the
 * mean of its rows, until no row changes or `iterations` are done (Lloyd 1982). A centre
 * without rows stays where it is.
 *
 * centres (k x d) and labels (n, the centre of each row) are the caller's. n >= k >= 1.
 * SL_ERR_MEMORY.
 */
struct sl_kmeans {
    size_t n, d, k, iterations;
    const double *x;
    double *centres;
    uint32_t *labels;
};

enum sl_status sl_kmeans_run(const struct sl_kmeans *means, struct sl_pool *pool,
                             struct sl_stream *stream, struct sl_error *err);

#endif
