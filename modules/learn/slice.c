/* SPDX-License-Identifier: MIT */
#include "modules/learn/slice.h"

struct cut {
    size_t n, slice;
    sl_slice_fn *fn;
    void *context;
};

static void
tile(void *context, size_t i)
{
    const struct cut *cut = context;
    size_t first = i * cut->slice;
    size_t left = cut->n - first;

    cut->fn(cut->context, first, left < cut->slice ? left : cut->slice);
}

static void
slices(struct sl_pool *pool, const struct cut *cut)
{
    sl_pool_tiles(pool, (cut->n + cut->slice - 1) / cut->slice, tile, (void *)cut);
}

void
sl_slices(struct sl_pool *pool, size_t n, sl_slice_fn *fn, void *context)
{
    struct cut cut = {n, SL_SLICE, fn, context};

    slices(pool, &cut);
}

void
sl_row_slices(struct sl_pool *pool, size_t n, size_t width, sl_slice_fn *fn,
              void *context)
{
    struct cut cut = {n, width < SL_SLICE ? SL_SLICE / (width ? width : 1) : 1, fn,
                      context};

    slices(pool, &cut);
}
