/* SPDX-License-Identifier: MIT */
#include "modules/learn/slice.h"

struct cut {
    size_t n;
    sl_slice_fn *fn;
    void *context;
};

static void
tile(void *context, size_t i)
{
    const struct cut *cut = context;
    size_t first = i * SL_SLICE;
    size_t left = cut->n - first;

    cut->fn(cut->context, first, left < SL_SLICE ? left : SL_SLICE);
}

void
sl_slices(struct sl_pool *pool, size_t n, sl_slice_fn *fn, void *context)
{
    struct cut cut = {n, fn, context};

    sl_pool_tiles(pool, (n + SL_SLICE - 1) / SL_SLICE, tile, &cut);
}
