/* SPDX-License-Identifier: MIT */
#include "modules/learn/seats.h"

void
sl_seats_init(struct sl_seats *seats, const struct sl_pool *pool, size_t tiles,
              struct sl_arena *arena)
{
    size_t threads = pool ? sl_pool_threads(pool) : 1;

    seats->n = tiles < threads ? tiles : threads;
    seats->n += seats->n == 0;
    seats->taken = sl_arena_alloc(arena, seats->n * sizeof *seats->taken);
    for (size_t i = 0; i < seats->n; i++)
        atomic_flag_clear(&seats->taken[i]);
}

size_t
sl_seats_take(const struct sl_seats *seats)
{
    size_t i = 0;

    while (atomic_flag_test_and_set_explicit(&seats->taken[i], memory_order_acquire))
        i = (i + 1) % seats->n;
    return i;
}

void
sl_seats_leave(const struct sl_seats *seats, size_t seat)
{
    atomic_flag_clear_explicit(&seats->taken[seat], memory_order_release);
}
