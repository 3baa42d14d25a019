/* SPDX-License-Identifier: MIT */
#ifndef SL_PARALLEL_REGION_INSIDE_H
#define SL_PARALLEL_REGION_INSIDE_H

#include "runner/parallel/pool.h"

/* For the pool alone: the tiles of a region, and who takes which. */

/* In one share, as long as it is the caller's alone. */
struct sl_region sl_region_of(size_t tiles, sl_tile_fn *fn, void *context);

bool sl_region_has_tiles(struct sl_region *region);

/* Tiles that nobody has taken, until there are none: those of share `home` first. */
void sl_region_work(struct sl_region *region, unsigned home);

/* Every tile begins in the caller's floating-point state, whatever the tile before it did
 * to that of its thread: who does which tile decides nothing. */
void sl_tile_do(sl_tile_fn *fn, void *context, size_t tile, uint64_t float_state);

#endif
