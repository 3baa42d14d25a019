/* SPDX-License-Identifier: MIT */
#include "runner/sweep/index.h"

struct sl_index_slot {
    uint64_t hash;
    uint32_t number;
    bool taken;
};

/* Where a hash begins to look; linear from there on. */
static struct sl_index_slot *
first_slot(const struct sl_index *index, uint64_t hash)
{
    return &index->slots[hash & (index->capacity - 1)];
}

static struct sl_index_slot *
next_slot(const struct sl_index *index, struct sl_index_slot *slot)
{
    return slot + 1 == index->slots + index->capacity ? index->slots : slot + 1;
}

static void
grow(struct sl_index *index)
{
    struct sl_index old = *index;

    index->capacity = old.capacity ? 2 * old.capacity : 16;
    index->slots = sl_arena_alloc(index->arena, index->capacity * sizeof *index->slots);
    for (size_t i = 0; i < old.capacity; i++) {
        struct sl_index_slot *slot = first_slot(index, old.slots[i].hash);

        if (!old.slots[i].taken)
            continue;
        while (slot->taken)
            slot = next_slot(index, slot);
        *slot = old.slots[i];
    }
}

uint32_t
sl_index_add(struct sl_index *index, uint64_t hash, uint32_t number)
{
    struct sl_index_slot *slot;

    if (2 * (index->n + 1) > index->capacity)
        grow(index);
    for (slot = first_slot(index, hash); slot->taken; slot = next_slot(index, slot))
        if (slot->hash == hash && index->equal(index->things, slot->number, number))
            return slot->number;
    *slot = (struct sl_index_slot){hash, number, true};
    index->n++;
    return number;
}
