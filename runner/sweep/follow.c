/* SPDX-License-Identifier: MIT */
/* References in a sweep block: which of them are the points' own, and which are followed
 * once, before there is a point. */
#include <string.h>

#include "runner/config/interpolate.h"
#include "runner/sweep/keys.h"
#include "runner/sweep/sweep.h"

struct following {
    struct sl_arena *arena;
    const char **swept;
    size_t n, capacity;
};

static void
add_path(struct following *f, const char *path)
{
    if (f->n + 1 >= f->capacity) {
        size_t capacity = f->capacity ? 2 * f->capacity : 16;
        const char **more = sl_arena_alloc(f->arena, capacity * sizeof *more);

        if (f->n > 0)
            memcpy(more, f->swept, f->n * sizeof *more);
        f->swept = more;
        f->capacity = capacity;
    }
    f->swept[f->n++] = path;
    f->swept[f->n] = NULL;
}

static const struct sl_node *
first_of(const struct sl_node *node, enum sl_node_kind kind)
{
    return node && node->kind == kind ? node->first : NULL;
}

/* A list of values belongs to the points; what makes values (range: ...) does not. */
static void
leave_list(struct sl_node *values)
{
    values->per_point = values->kind == SL_NODE_LIST;
}

/* {PATH: VALUES} */
static void
take_axes(struct following *f, const struct sl_node *axes)
{
    const struct sl_node *first = first_of(axes, SL_NODE_MAP);

    for (struct sl_node *values = (struct sl_node *)first; values;
         values = values->next) {
        add_path(f, values->key);
        leave_list(values);
    }
}

/* [{PATH: VALUE}] */
static void
take_points(struct following *f, const struct sl_node *points)
{
    const struct sl_node *point = first_of(points, SL_NODE_LIST), *first;

    for (; point; point = point->next) {
        first = first_of(point, SL_NODE_MAP);
        for (struct sl_node *value = (struct sl_node *)first; value;
             value = value->next) {
            add_path(f, value->key);
            value->per_point = true;
        }
    }
}

/* {space: {PATH: {KIND: ...}}} */
static void
take_space(struct following *f, const struct sl_node *drawn)
{
    const struct sl_node *path = first_of(sl_node_get(drawn, "space"), SL_NODE_MAP);
    struct sl_node *choices;

    for (; path; path = path->next) {
        add_path(f, path->key);
        if ((choices = sl_node_get(path, sl_space_names[SL_SPACE_CHOICE])) != NULL)
            leave_list(choices);
    }
}

static const struct sl_sweep_key *
key_of(const char *name)
{
    const struct sl_sweep_key *key;

    for (size_t i = 0; (key = sl_sweep_key(i)) != NULL; i++)
        if (strcmp(key->name, name) == 0)
            return key;
    return NULL;
}

static void
take_expression(struct following *f, const struct sl_node *expression)
{
    for (const struct sl_node *child = expression->first; child; child = child->next) {
        const struct sl_sweep_key *key = child->key ? key_of(child->key) : NULL;

        if (!child->key || (key && key->shape == SL_SWEEP_EXPRESSIONS))
            take_expression(f, child);
        else if (key && key->shape == SL_SWEEP_AXES)
            take_axes(f, child);
        else if (key && key->shape == SL_SWEEP_POINTS)
            take_points(f, child);
        else if (key && key->shape == SL_SWEEP_DRAWS)
            take_space(f, child);
        else if (key && key->shape == SL_SWEEP_SEARCH)
            take_space(f, sl_node_get(child, "tpe"));
    }
}

const struct sl_node *
sl_sweep_follow(const struct sl_interpolation *interpolation, struct sl_node *tree,
                const char *const *axes, size_t n)
{
    struct following f = {.arena = interpolation->compose->arena};
    const struct sl_node *block = sl_node_get(tree, "sweep");

    if (!block)
        return NULL;
    take_expression(&f, block);
    for (size_t i = 0; i < n; i++)
        add_path(&f, sl_arena_copy(f.arena, axes[i], strcspn(axes[i], "=")));
    return sl_interpolate_early(interpolation, tree, "sweep", f.swept);
}
