/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SEATS_H
#define SL_LEARN_SEATS_H

#include <stdatomic.h>
#include <stddef.h>

#include "runner/base/arena.h"
#include "runner/parallel/pool.h"

/*
 * Places for tiles that are under way, numbered from 0. Scratch belongs to a seat, so that the
 * threads and not the rows decide how much of it there has to be, and one that is kept serves
 * again and again.
 */
struct sl_seats {
    size_t n; /* at least 1 */
    atomic_flag *taken;
};

/* For `tiles` tiles at the same time, or as many as the pool's threads can be at; pool may be
 * NULL. Memory is the arena's. */
void sl_seats_init(struct sl_seats *seats, const struct sl_pool *pool, size_t tiles,
                   struct sl_arena *arena);

/* What room is wanted for that calls over rows are to share. */
struct sl_room_for {
    const struct sl_pool *pool; /* of the calls, or that theirs is sl_pool_alone of */
    size_t rows, calls;         /* of a call at most; at the same time */
};

/* From any thread. Waits where all are taken. */
size_t sl_seats_take(const struct sl_seats *seats);
void sl_seats_leave(const struct sl_seats *seats, size_t seat);

#endif
