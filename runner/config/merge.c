/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "runner/config/compose.h"
#include "runner/config/table.h"

/* ---- choices ------------------------------------------------------------------------ */

static bool
is_name(const struct sl_compose *compose, enum sl_table_id table, const char *name)
{
    return compose->registry && sl_registry_find(compose->registry, table, name);
}

/* Whether a table has both, so that one can stand where the other stood. */
static bool
are_rivals(const struct sl_compose *compose, const char *a, const char *b)
{
    for (enum sl_table_id table = 0; table < SL_TABLES; table++)
        if (is_name(compose, table, a) && is_name(compose, table, b))
            return true;
    return false;
}

/* Two maps that choose: by `module:`, or by being {name: fields}. */
static bool
changes_choice(const struct sl_compose *compose, const struct sl_node *base,
               const struct sl_node *over)
{
    const struct sl_node *old = sl_node_get(base, "module");
    const struct sl_node *new = sl_node_get(over, "module");

    if (old && new)
        return strcmp(old->text, new->text) != 0;
    return base->count == 1 && over->count == 1 &&
           strcmp(base->first->key, over->first->key) != 0 &&
           are_rivals(compose, base->first->key, over->first->key);
}

/* `adam` over {adam: {lr: 1}}: the name stays, and with it its fields. */
static bool
repeats_choice(const struct sl_compose *compose, const struct sl_node *base,
               const struct sl_node *over)
{
    return base->kind == SL_NODE_MAP && base->count == 1 &&
           over->kind == SL_NODE_SCALAR && strcmp(base->first->key, over->text) == 0 &&
           are_rivals(compose, over->text, over->text);
}

/* ---- maps --------------------------------------------------------------------------- */

/* A child of the base; sorted by key, since a big map must not take the square of its
 * size. */
struct slot {
    const char *key;
    size_t index;
};

static int
compare_slots(const void *a, const void *b)
{
    return strcmp(((const struct slot *)a)->key, ((const struct slot *)b)->key);
}

static struct sl_node *
merge_maps(const struct sl_compose *compose, struct sl_node *base, struct sl_node *over)
{
    size_t n = base->count, filled = 0;
    struct sl_node **children =
        sl_arena_alloc(compose->arena, (n + over->count) * sizeof *children);
    struct slot *slots = sl_arena_alloc(compose->arena, n * sizeof *slots);
    struct sl_node *child, *next;

    for (child = base->first; child; child = child->next, filled++) {
        children[filled] = child;
        slots[filled] = (struct slot){child->key, filled};
    }
    qsort(slots, n, sizeof *slots, compare_slots);
    for (child = over->first; child; child = next) {
        struct slot *slot = bsearch(&(struct slot){child->key, 0}, slots, n,
                                    sizeof *slots, compare_slots);

        next = child->next;
        if (!slot)
            children[filled++] = child;
        else if (child->deletes)
            children[slot->index] = NULL;
        else
            children[slot->index] = sl_node_merge(compose, children[slot->index], child);
    }
    base->first = base->last = NULL;
    base->count = 0;
    for (size_t i = 0; i < filled; i++)
        if (children[i])
            sl_node_append(base, children[i]);
    return base;
}

/* "lr:0.1" below "train:", which would take away everything that train has. */
static bool
is_slip(const struct sl_compose *compose, const struct sl_node *base,
        const struct sl_node *over)
{
    const char *hint = sl_node_hint(over);
    char got[100];

    if (base->kind != SL_NODE_MAP || !*hint)
        return false;
    sl_report_add(compose->report, SL_ERROR, over->mark, "expected a mapping, got %s%s",
                  sl_node_say(over, got, sizeof got), hint);
    return true;
}

struct sl_node *
sl_node_merge(const struct sl_compose *compose, struct sl_node *base,
              struct sl_node *over)
{
    struct sl_node *merged = over;

    if (over->replaces) {
        sl_node_replaces(compose->arena, over, base);
    } else if (base->kind == SL_NODE_MAP && over->kind == SL_NODE_MAP &&
               !changes_choice(compose, base, over)) {
        merged = merge_maps(compose, base, over);
        merged->mark = over->mark;
    } else if (over->broken || repeats_choice(compose, base, over) ||
               is_slip(compose, base, over)) {
        merged = base;
    } else {
        sl_node_replaces(compose->arena, over, base);
    }
    merged->key = over->key;
    merged->key_mark = over->key_mark;
    return merged;
}
