/* SPDX-License-Identifier: MIT */
#ifndef SL_SWEEP_INDEX_H
#define SL_SWEEP_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/base/arena.h"

/* Finds equal things, which have numbers and belong to the caller, by their hashes. Set
 * the first three members; the rest starts as zeros. */
struct sl_index {
    struct sl_arena *arena;
    bool (*equal)(const void *things, uint32_t a, uint32_t b);
    const void *things;
    size_t n, capacity; /* a power of two, at least 2 n */
    struct sl_index_slot *slots;
};

/* The number of the thing that is equal to this one; if there is none, it is entered, and
 * its own number returned. */
uint32_t sl_index_add(struct sl_index *index, uint64_t hash, uint32_t number);

#endif
