/* SPDX-License-Identifier: MIT */
#include "runner/config/interpolate.h"

#include <string.h>

#include "runner/config/interpolate_work.h"
#include "runner/config/override.h"

#define CHAIN_MAX 100
#define NODES_MAX 10000
#define DEPTH_MAX 64
#define ENV_MAX 100
#define STEPS_MAX 3000000

/* ---- slots -------------------------------------------------------------------------- */

/* A node of the tree and what becomes of it, which is known once. */
struct sl_slot {
    const struct sl_node *from;
    struct sl_slot *parent, *first, *next;
    enum { FRESH, BUSY, DONE } state;
    bool late;       /* a point of the sweep sets it */
    bool holds_late; /* or something in it */
    struct sl_node *result;
};

static struct sl_slot *
make_slots(struct sl_interpolating *w, const struct sl_node *node, struct sl_slot *parent)
{
    struct sl_slot *slot = SL_NEW(&w->scratch, struct sl_slot), **last = &slot->first;

    slot->from = node;
    slot->parent = parent;
    for (const struct sl_node *child = node->first; child; child = child->next) {
        *last = make_slots(w, child, slot);
        last = &(*last)->next;
    }
    return slot;
}

const struct sl_node *
sl_slot_node(const struct sl_slot *slot)
{
    return slot->from;
}

static void
append_path(const struct sl_slot *slot, struct sl_text *out)
{
    size_t index = 0;

    if (!slot->parent)
        return;
    append_path(slot->parent, out);
    sl_text_append(out, slot->parent->parent ? "." : "");
    if (slot->from->key) {
        sl_text_append(out, slot->from->key);
        return;
    }
    for (const struct sl_slot *at = slot->parent->first; at != slot; at = at->next)
        index++;
    sl_text_format(out, "%zu", index);
}

static bool
is_within(const struct sl_slot *slot, const struct sl_slot *ancestor)
{
    while (slot && slot != ancestor)
        slot = slot->parent;
    return slot;
}

/* ---- following references ----------------------------------------------------------- */

/* "a -> b -> a", from the first that stands in the target on. */
static void
tell_cycle(const struct sl_reference *reference, const struct sl_slot *target)
{
    const struct sl_interpolating *w = reference->work;
    struct sl_text chain = {0};
    size_t i = 0;

    while (i < w->depth && !is_within(w->chain[i], target))
        i++;
    append_path(i < w->depth ? w->chain[i] : reference->slot, &chain);
    for (; i < w->depth; i++) {
        sl_text_append(&chain, " -> ");
        append_path(i + 1 < w->depth ? w->chain[i + 1] : reference->slot, &chain);
    }
    sl_text_append(&chain, " -> ");
    append_path(target, &chain);
    sl_reference_tell(reference, 0, "a value refers to itself: %s", chain.bytes);
    sl_text_release(&chain);
}

static struct sl_node *resolve(struct sl_interpolating *w, struct sl_slot *slot);

static const struct sl_node *
follow(const struct sl_reference *reference, struct sl_slot *target)
{
    struct sl_interpolating *w = reference->work;
    const struct sl_node *result;

    if (target->state == BUSY) {
        tell_cycle(reference, target);
        return NULL;
    }
    if (target->state == DONE)
        return target->result;
    if (w->depth == CHAIN_MAX) {
        sl_reference_tell(reference, 0, "more than %d references, one from another",
                          CHAIN_MAX);
        return NULL;
    }
    w->chain[w->depth++] = reference->slot;
    result = resolve(w, target);
    w->depth--;
    return result;
}

static struct sl_slot *
slot_of(const struct sl_slot *parent, const struct sl_node *child)
{
    struct sl_slot *slot = parent->first;

    while (slot && slot->from != child)
        slot = slot->next;
    return slot;
}

static void
tell_missing(const struct sl_reference *reference, const char *path,
             const struct sl_node *node, const char *rest)
{
    struct sl_interpolating *w = reference->work;
    const char **keys = sl_arena_alloc(&w->scratch, node->count * sizeof *keys), *near;
    char *part = sl_arena_copy(&w->scratch, rest, strcspn(rest, "."));
    size_t n = 0;

    for (const struct sl_node *c = node->first; c && c->key; c = c->next)
        keys[n++] = c->key;
    if (sl_report_is_full(w->call->compose->report))
        n = 0;
    near = sl_nearest(part, keys, n);
    if (*reference->text == '=' && strchr(path, '-'))
        sl_reference_tell(reference, path - reference->text,
                          "nothing sets '%s'; a minus has spaces around it", path);
    else if (near)
        sl_reference_tell(reference, path - reference->text,
                          "nothing sets '%s'; did you mean '%.*s%s'?", path,
                          (int)(rest - path), path, near);
    else if (!path[strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")])
        sl_reference_tell(reference, path - reference->text,
                          "nothing sets '%s'; a variable of the environment is "
                          "'${env:%s}'",
                          path, path);
    else
        sl_reference_tell(reference, path - reference->text,
                          "nothing sets '%s'; a default can't be referred to", path);
}

/* Whether the points of the sweep change what is there, or some of it. */
static bool
is_late(const struct sl_slot *slot)
{
    bool late = slot->holds_late;

    for (; slot && !late; slot = slot->parent)
        late = slot->late;
    return late;
}

static void
tell_late(const struct sl_reference *reference, const char *path)
{
    const struct sl_interpolating *w = reference->work;

    sl_reference_tell(
        reference, path - reference->text,
        "'%s' is swept: points have a value of it, the sweep itself has none", path);
    if (w->depth > 0)
        sl_report_add(w->call->compose->report, SL_NOTE, w->chain[0]->from->mark,
                      "the sweep refers to it by way of this");
}

/* What path leads to from a value that is done. */
static const struct sl_node *
walk_nodes(const struct sl_reference *reference, const char *path,
           const struct sl_node *node, const char *rest)
{
    while (node && !node->broken && *rest) {
        struct sl_path_step step = sl_path_step(node, rest);

        if (!step.child)
            tell_missing(reference, path, node, rest);
        node = step.child;
        rest = step.rest;
    }
    return node && !node->broken ? node : NULL;
}

/* Keys are looked up one by one. */
static bool
pay(const struct sl_reference *reference, const struct sl_node *node)
{
    reference->work->steps += node->count;
    if (reference->work->steps > STEPS_MAX)
        sl_reference_tell(reference, 0, "too many references into so large a mapping");
    return reference->work->steps <= STEPS_MAX;
}

static const struct sl_node *
walk(const struct sl_reference *reference, const char *path, struct sl_slot *slot,
     const char *rest)
{
    while (*rest && slot->from->kind != SL_NODE_SCALAR) {
        struct sl_path_step step;

        if (!pay(reference, slot->from))
            return NULL;
        step = sl_path_step(slot->from, rest);

        if (!step.child) {
            tell_missing(reference, path, slot->from, rest);
            return NULL;
        }
        slot = slot_of(slot, step.child);
        rest = step.rest;
    }
    if (reference->work->early && is_late(slot)) {
        tell_late(reference, path);
        return NULL;
    }
    return walk_nodes(reference, path, follow(reference, slot), rest);
}

/* The mapping that so many dots mean. */
static struct sl_slot *
relative_start(const struct sl_slot *slot, size_t dots)
{
    struct sl_slot *at = slot->parent;

    for (; at; at = at->parent)
        if (at->from->kind == SL_NODE_MAP && --dots == 0)
            break;
    return at;
}

const struct sl_node *
sl_reference_find(const struct sl_reference *reference, const char *path)
{
    size_t dots = strspn(path, ".");
    struct sl_slot *start =
        dots ? relative_start(reference->slot, dots) : reference->work->root;

    if (!sl_path_is_valid(path + dots)) {
        sl_reference_tell(reference, path - reference->text, "'%s' is no path of a value",
                          path);
        return NULL;
    }
    if (!start)
        sl_reference_tell(reference, path - reference->text,
                          "'%s' leads above the whole configuration", path);
    return start ? walk(reference, path, start, path + dots) : NULL;
}

/* ---- what is made ------------------------------------------------------------------- */

static size_t
size_of(const struct sl_node *node)
{
    size_t n = 1;

    for (const struct sl_node *child = node->first; child; child = child->next)
        n += size_of(child);
    return n;
}

static size_t
levels_of(const struct sl_node *node)
{
    size_t deepest = 0;

    for (const struct sl_node *child = node->first; child; child = child->next) {
        size_t below = levels_of(child);

        deepest = below > deepest ? below : deepest;
    }
    return deepest + (node->kind != SL_NODE_SCALAR);
}

/* The other value in this one's place. What lies below it is shared, and paid for. */
struct sl_node *
sl_reference_take(const struct sl_reference *reference, const struct sl_node *other)
{
    struct sl_interpolating *w = reference->work;
    const struct sl_node *here = reference->slot->from;
    struct sl_node *node = SL_NEW(w->call->compose->arena, struct sl_node);
    size_t depth = 0;

    for (const struct sl_slot *at = reference->slot->parent; at; at = at->parent)
        depth++;
    w->nodes += other->kind == SL_NODE_SCALAR ? 0 : size_of(other);
    *node = *other;
    node->next = NULL;
    node->key = here->key;
    node->key_mark = here->key_mark;
    node->mark = here->mark;
    node->was = here->was;
    node->written = here->text;
    if (w->nodes > NODES_MAX || depth + levels_of(other) > DEPTH_MAX) {
        sl_reference_tell(reference, 0,
                          w->nodes > NODES_MAX ? "interpolation exceeds %d nodes"
                                               : "nesting deeper than %d",
                          w->nodes > NODES_MAX ? NODES_MAX : DEPTH_MAX);
        node->kind = SL_NODE_SCALAR;
        node->first = node->last = NULL;
        node->count = 0;
        node->broken = true;
    }
    return node;
}

/* A container whose children are those of the slot, or the old one if they are the same. */
static struct sl_node *
resolve_children(struct sl_interpolating *w, struct sl_slot *slot)
{
    struct sl_node *node = (struct sl_node *)slot->from, *copy;
    struct sl_arena *arena = w->call->compose->arena;
    bool same = true;

    for (struct sl_slot *child = slot->first; child; child = child->next)
        same = resolve(w, child) == child->from && same;
    if (same)
        return node;
    copy = SL_NEW(arena, struct sl_node);
    *copy = *node;
    copy->first = copy->last = copy->next = NULL;
    copy->count = 0;
    for (struct sl_slot *child = slot->first; child; child = child->next) {
        node = SL_NEW(arena, struct sl_node);
        *node = *child->result;
        sl_node_append(copy, node);
    }
    return copy;
}

static bool
is_left_out(const struct sl_interpolating *w, const struct sl_slot *slot)
{
    if (w->early)
        return slot->from->per_point;
    return slot->parent && !slot->parent->parent && slot->from->key &&
           strcmp(slot->from->key, "sweep") == 0;
}

static struct sl_node *
resolve(struct sl_interpolating *w, struct sl_slot *slot)
{
    if (slot->state == DONE)
        return slot->result;
    slot->state = BUSY;
    if (is_left_out(w, slot))
        slot->result = (struct sl_node *)slot->from;
    else if (slot->from->kind == SL_NODE_SCALAR)
        slot->result = sl_scalar_interpolate(w, slot);
    else
        slot->result = resolve_children(w, slot);
    slot->state = DONE;
    return slot->result;
}

static bool
has_reference(const struct sl_node *node)
{
    if (node->kind == SL_NODE_SCALAR)
        return strstr(node->text, "${");
    for (const struct sl_node *child = node->first; child; child = child->next)
        if (has_reference(child))
            return true;
    return false;
}

struct sl_node *
sl_interpolate(const struct sl_interpolation *interpolation, struct sl_node *tree)
{
    const struct sl_slot *chain[CHAIN_MAX];
    struct sl_interpolating work = {.call = interpolation, .chain = chain};
    struct sl_node *result;

    if (!has_reference(tree))
        return tree;
    sl_arena_init(&work.scratch);
    work.root = make_slots(&work, tree, NULL);
    result = resolve(&work, work.root);
    sl_arena_release(&work.scratch);
    return result;
}

static void
mark_late(struct sl_slot *root, const char *path)
{
    struct sl_slot *slot = root;

    while (slot && *path) {
        struct sl_path_step step = sl_path_step(slot->from, path);

        slot = step.child ? slot_of(slot, step.child) : NULL;
        path = step.rest;
    }
    if (slot)
        slot->late = true;
    for (; slot; slot = slot->parent)
        slot->holds_late = true;
}

struct sl_node *
sl_interpolate_early(const struct sl_interpolation *interpolation, struct sl_node *tree,
                     const char *key, const char *const *late)
{
    const struct sl_slot *chain[CHAIN_MAX];
    struct sl_interpolating work = {.call = interpolation, .chain = chain, .early = true};
    struct sl_node *node = sl_node_get(tree, key), *result;

    if (!node || !has_reference(node))
        return node;
    sl_arena_init(&work.scratch);
    work.root = make_slots(&work, tree, NULL);
    for (; late && *late; late++)
        mark_late(work.root, *late);
    result = resolve(&work, slot_of(work.root, node));
    sl_arena_release(&work.scratch);
    return result;
}

/* ---- the environment ---------------------------------------------------------------- */

static bool
is_variable(const struct sl_node *node)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
                                  "0123456789";

    return node->kind == SL_NODE_SCALAR && *node->text &&
           !node->text[strspn(node->text, letters)] && !strchr("0123456789", *node->text);
}

static void
declare(const struct sl_compose *compose, const struct sl_node *name, struct sl_node *map)
{
    struct sl_node *entry;

    if (!is_variable(name)) {
        sl_report_add(compose->report, SL_ERROR, name->mark,
                      "expected names of environment variables: env: [NAME, ...]");
        return;
    }
    if (sl_node_get(map, name->text))
        return;
    if (map->count == ENV_MAX) {
        sl_report_add(compose->report, SL_ERROR, map->mark, "more than %d variables",
                      ENV_MAX);
        return;
    }
    entry = sl_node_copy(compose->arena, name);
    entry->key = name->text;
    entry->key_mark = name->mark;
    sl_node_append(map, entry);
}

void
sl_env_normalise(const struct sl_compose *compose, struct sl_node *tree)
{
    struct sl_node *env = sl_node_get(tree, "env"), *map;

    if (!env)
        return;
    map = sl_node_new(compose->arena, SL_NODE_MAP, env->mark);
    map->key = env->key;
    map->key_mark = env->key_mark;
    if (env->kind == SL_NODE_LIST)
        for (const struct sl_node *name = env->first; name; name = name->next)
            declare(compose, name, map);
    else
        declare(compose, env, map);
    sl_node_remove(tree, "env");
    sl_node_append(tree, map);
}

void
sl_interpolation_init(struct sl_interpolation *interpolation,
                      const struct sl_compose *compose, struct sl_node *tree)
{
    *interpolation = (struct sl_interpolation){compose, sl_node_get(tree, "env")};
    sl_node_remove(tree, "env");
}
