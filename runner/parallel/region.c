/* SPDX-License-Identifier: MIT */
#include "runner/parallel/region_inside.h"

#include "runner/base/float_state.h"

struct sl_region
sl_region_of(size_t tiles, sl_tile_fn *fn, void *context)
{
    return (struct sl_region){.fn = fn,
                              .context = context,
                              .tiles = tiles,
                              .float_state = sl_float_state(),
                              .shares = 1};
}

/* The first tile of a share, or where there are no more shares, the number of tiles. */
static size_t
begin_of(const struct sl_region *region, unsigned share)
{
    return share * region->tiles / region->shares;
}

bool
sl_region_has_tiles(struct sl_region *region)
{
    for (unsigned s = 0; s < region->shares; s++)
        if (atomic_load_explicit(&region->taken[s], memory_order_relaxed) <
            begin_of(region, s + 1) - begin_of(region, s))
            return true;
    return false;
}

void
sl_tile_do(sl_tile_fn *fn, void *context, size_t tile, uint64_t float_state)
{
    fn(context, tile);
    if (sl_float_state() != float_state)
        sl_float_state_set(float_state);
}

static void
work_on_share(struct sl_region *region, unsigned share)
{
    size_t begin = begin_of(region, share), count = begin_of(region, share + 1) - begin;
    size_t i;

    while ((i = atomic_fetch_add_explicit(&region->taken[share], 1,
                                          memory_order_relaxed)) < count)
        sl_tile_do(region->fn, region->context, begin + i, region->float_state);
}

void
sl_region_work(struct sl_region *region, unsigned home)
{
    uint64_t before = sl_float_state();

    sl_float_state_set(region->float_state);
    for (unsigned s = home; s < region->shares; s++)
        work_on_share(region, s);
    for (unsigned s = 0; s < home; s++)
        work_on_share(region, s);
    sl_float_state_set(before);
}
