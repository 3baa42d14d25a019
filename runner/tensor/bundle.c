/* SPDX-License-Identifier: MIT */
#include "runner/tensor/tensor.h"

#include <string.h>

void
sl_bundle_init(struct sl_bundle *bundle, struct sl_arena *arena)
{
    *bundle = (struct sl_bundle){.arena = arena};
}

static struct sl_item *
find(const struct sl_bundle *bundle, const char *name)
{
    for (size_t i = 0; i < bundle->n; i++)
        if (strcmp(bundle->items[i].name, name) == 0)
            return &bundle->items[i];
    return NULL;
}

const struct sl_item *
sl_bundle_find(const struct sl_bundle *bundle, const char *name)
{
    return find(bundle, name);
}

/* A new item at the end. The array that it outgrows stays in the arena, which at most doubles
 * what the arrays take. */
static struct sl_item *
append(struct sl_bundle *bundle)
{
    if (bundle->n == bundle->capacity) {
        size_t capacity = bundle->capacity == 0 ? 8 : 2 * bundle->capacity;
        struct sl_item *items = sl_arena_alloc(bundle->arena, capacity * sizeof *items);

        if (bundle->n > 0)
            memcpy(items, bundle->items, bundle->n * sizeof *items);
        bundle->items = items;
        bundle->capacity = capacity;
    }
    return &bundle->items[bundle->n++];
}

static const char *
copy_text(struct sl_arena *arena, const char *text)
{
    return text == NULL ? NULL : sl_arena_string(arena, text);
}

static const struct sl_interval *
copy_interval(struct sl_arena *arena, const struct sl_interval *interval)
{
    struct sl_interval *copy;

    if (interval == NULL)
        return NULL;
    copy = SL_NEW(arena, struct sl_interval);
    *copy = *interval;
    copy->method = copy_text(arena, interval->method);
    return copy;
}

static enum sl_status
copy_data(struct sl_arena *arena, struct sl_item *item, struct sl_error *err)
{
    struct sl_tensor copy, places;
    size_t n = sl_tensor_count(&item->tensor);

    SL_TRY(sl_tensor_new(&copy, arena, item->tensor.type, item->tensor.rank,
                         item->tensor.shape, err));
    if (n > 0 && item->tensor.data)
        memcpy(copy.data, item->tensor.data, sl_tensor_bytes(&copy));
    item->tensor = copy;
    if (item->at == NULL)
        return SL_OK;
    SL_TRY(sl_tensor_new(&places, arena, SL_F64, 1, &n, err));
    if (n > 0)
        memcpy(places.data, item->at, n * sizeof *item->at);
    item->at = places.data;
    return SL_OK;
}

/* The data stay where they are. */
static void
put(struct sl_bundle *bundle, const struct sl_item *item)
{
    struct sl_item copy = *item, *place = find(bundle, item->name);

    copy.name = sl_arena_string(bundle->arena, item->name);
    copy.unit = copy_text(bundle->arena, item->unit);
    copy.help = copy_text(bundle->arena, item->help);
    copy.axis = copy_text(bundle->arena, item->axis);
    copy.interval = copy_interval(bundle->arena, item->interval);
    copy.undefined = copy_text(bundle->arena, item->undefined);
    if (place == NULL)
        place = append(bundle);
    *place = copy;
}

enum sl_status
sl_bundle_add(struct sl_bundle *bundle, const struct sl_item *item, struct sl_error *err)
{
    struct sl_item copy = *item;

    if (copy_data(bundle->arena, &copy, err) != SL_OK)
        return sl_error_context(err, "'%s'", item->name);
    put(bundle, &copy);
    return SL_OK;
}

void
sl_bundle_take(struct sl_bundle *bundle, const struct sl_item *item)
{
    put(bundle, item);
}

size_t
sl_bundle_bytes(const struct sl_bundle *bundle)
{
    size_t bytes = 0;

    for (size_t i = 0; i < bundle->n; i++)
        bytes += sl_tensor_bytes(&bundle->items[i].tensor);
    return bytes;
}
