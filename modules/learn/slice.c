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

/* Slices of one size, 2^i of them, so that two threads, or four, have equal work. */
void
sl_row_slices(struct sl_pool *pool, size_t n, size_t width, sl_slice_fn *fn,
              void *context)
{
    size_t most = width < SL_SLICE ? SL_SLICE / (width ? width : 1) : 1, pieces = 1;
    struct cut cut = {n, n ? n : 1, fn, context};

    for (; cut.slice > most; cut.slice = (n + pieces - 1) / pieces)
        pieces *= 2;
    slices(pool, &cut);
}
