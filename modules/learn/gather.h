/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_GATHER_H
#define SL_LEARN_GATHER_H

#include "runner/parallel/pool.h"
#include "runner/store/dataset.h"

/* out (rows->n x d): the rows as float32 or float64. pool: for its profile alone, may be
 * NULL. */
void sl_gather(struct sl_pool *pool, const struct sl_rows *rows, bool f64, void *out);

#endif
