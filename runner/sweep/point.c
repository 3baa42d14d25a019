/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "runner/config/override.h"
#include "runner/sweep/sweep.h"
#include "runner/sweep/value.h"

/* ---- applying ----------------------------------------------------------------------- */

/* Gives a node children of its own, in one block; what lies below them is shared. */
static void
own_children(struct sl_arena *arena, struct sl_node *node)
{
    struct sl_node *copies = sl_arena_alloc(arena, node->count * sizeof *copies);
    const struct sl_node *next, *child = node->first;

    node->first = node->last = NULL;
    node->count = 0;
    for (; child; child = next) {
        next = child->next;
        *copies = *child;
        sl_node_append(node, copies++);
    }
}

static void
own_everything(struct sl_arena *arena, struct sl_node *node)
{
    own_children(arena, node);
    for (struct sl_node *child = node->first; child; child = child->next)
        own_everything(arena, child);
}

/* Makes everything that setting a path changes the tree's own, and no more: the nodes on
 * the way with their children, since those are linked, and for a mapping, which is merged,
 * what is there. from is the node of the shared tree that `node` is a copy of: as long as
 * both have the same children, they are not owned yet. */
static void
own_path(struct sl_arena *arena, struct sl_node *node, const struct sl_node *from,
         const struct sl_assignment *assignment)
{
    const char *path = assignment->path;

    while (*path) {
        struct sl_path_step step;

        if (node->first == from->first)
            own_children(arena, node);
        step = sl_path_step(node, path);
        from = sl_path_step(from, path).child;
        node = step.child;
        path = step.rest;
        if (!node)
            return;
    }
    if (assignment->value->kind == SL_NODE_MAP)
        own_everything(arena, node);
}

static bool
is_group(const struct sl_assignment *assignment)
{
    return strncmp(assignment->path, "use.", 4) == 0;
}

static size_t
depth_of(const char *path)
{
    size_t depth = 0;

    for (; *path; path++)
        depth += *path == '.';
    return depth;
}

/* A subtree comes before what is set within it, whatever the order of the axes. */
static void
sort_by_depth(struct sl_override *overrides, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0; j--) {
            struct sl_override override = overrides[j];

            if (depth_of(overrides[j - 1].path) <= depth_of(override.path))
                break;
            overrides[j] = overrides[j - 1];
            overrides[j - 1] = override;
        }
}

struct sl_node *
sl_point_apply(const struct sl_compose *compose, const struct sl_node *base,
               const struct sl_point *point)
{
    struct sl_arena *arena = compose->arena;
    struct sl_override *overrides = sl_arena_alloc(arena, point->n * sizeof *overrides);
    struct sl_node *tree = SL_NEW(arena, struct sl_node);
    size_t n = 0;

    *tree = *base;
    for (size_t i = 0; i < point->n; i++) {
        const struct sl_assignment *assignment = &point->at[i];

        if (is_group(assignment))
            continue;
        own_path(arena, tree, base, assignment);
        overrides[n++] = (struct sl_override){
            .action = '=',
            .path = assignment->path,
            .mark = assignment->mark,
            /* copied where it is set */
            .value = (struct sl_node *)(uintptr_t)assignment->value,
        };
    }
    sort_by_depth(overrides, n);
    return sl_overrides_apply(compose, tree, overrides, n);
}

size_t
sl_point_uses(const struct sl_point *point, struct sl_arena *arena,
              const char *const **words)
{
    const char **at = sl_arena_alloc(arena, point->n * sizeof *at);
    size_t n = 0;

    for (size_t i = 0; i < point->n; i++)
        if (is_group(&point->at[i]))
            at[n++] = sl_arena_format(arena, "%s=%s", point->at[i].path,
                                      point->at[i].value->text);
    *words = at;
    return n;
}

/* ---- labels ------------------------------------------------------------------------- */

#define LABEL_MAX 80

/* Letters that a file name may have, in any system. */
static void
append_plain(struct sl_text *out, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789._+-";

    for (; *text; text++)
        sl_text_append_bytes(out, strchr(plain, *text) ? text : "-", 1);
}

/* "256.128.8", "adam.lr.0.1". */
static void
append_value(struct sl_text *out, const struct sl_node *value)
{
    if (value->kind == SL_NODE_SCALAR)
        append_plain(out, sl_node_is_null(value) ? "null" : value->text);
    else if (!value->first)
        sl_text_append(out, "none");
    for (const struct sl_node *child = value->kind == SL_NODE_SCALAR ? NULL
                                                                     : value->first;
         child; child = child->next) {
        if (child->key) {
            append_plain(out, child->key);
            sl_text_append(out, ".");
        }
        append_value(out, child);
        sl_text_append(out, child->next ? "." : "");
    }
}

/* The last `parts` parts of a path. */
static const char *
last_parts(const char *path, size_t parts)
{
    const char *at = path + strlen(path);

    while (at > path && (at[-1] != '.' || --parts > 0))
        at--;
    return at;
}

/* As many parts as tell a path from the point's other ones. */
static const char *
short_path(const struct sl_point *point, size_t index)
{
    const char *path = point->at[index].path, *shorter = path;

    for (size_t parts = 1; parts <= depth_of(path) + 1; parts++) {
        size_t i = 0;

        shorter = last_parts(path, parts);
        while (i < point->n &&
               (i == index || strcmp(last_parts(point->at[i].path, parts), shorter) != 0))
            i++;
        if (i == point->n)
            break;
    }
    return shorter;
}

const char *
sl_point_label(const struct sl_point *point, size_t index, struct sl_arena *arena)
{
    struct sl_text label = {0};
    const char *text;

    for (size_t i = 0; i < point->n && label.count <= LABEL_MAX; i++) {
        sl_text_append(&label, i > 0 ? "," : "");
        append_plain(&label, short_path(point, i));
        sl_text_append(&label, "=");
        append_value(&label, point->at[i].value);
    }
    if (label.count > LABEL_MAX)
        text = sl_arena_format(arena, "point-%zu", index);
    else
        text = sl_arena_string(arena, label.count > 0 ? label.bytes : "");
    sl_text_release(&label);
    return text;
}

const char *
sl_point_text(const struct sl_point *point, const char *path, struct sl_arena *arena)
{
    for (size_t i = 0; i < point->n; i++)
        if (strcmp(point->at[i].path, path) == 0)
            return sl_value_text(point->at[i].value, arena);
    return NULL;
}
