/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SLICE_H
#define SL_LEARN_SLICE_H

#include <stddef.h>

#include "runner/parallel/pool.h"

/* Elements of a slice: enough work to be worth a thread's waking. */
#define SL_SLICE 65536

/*
 * Calls fn for consecutive slices of 0..n-1, first to first + count - 1, perhaps several
 * at once. For element-wise work over long arrays: n alone decides the cut.
 */
typedef void sl_slice_fn(void *context, size_t first, size_t count);

void sl_slices(struct sl_pool *pool, size_t n, sl_slice_fn *fn, void *context);

/* The same for rows, each of which is as much work as `width` elements. */
void sl_row_slices(struct sl_pool *pool, size_t n, size_t width, sl_slice_fn *fn,
                   void *context);

#endif
