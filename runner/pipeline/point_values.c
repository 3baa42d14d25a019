/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/point_values.h"

#include <string.h>

#include "runner/config/override.h"
#include "runner/config/yaml.h"

static const struct sl_node *
own_value(const struct sl_point *point, const char *path)
{
    for (size_t i = 0; i < point->n; i++)
        if (strcmp(point->at[i].path, path) == 0)
            return point->at[i].value;
    return NULL;
}

static const struct sl_node *
bound_tree(const struct sl_experiment *experiment, struct sl_arena *arena)
{
    struct sl_text text = {0};
    struct sl_report report;
    struct sl_node *tree = NULL;

    sl_experiment_print(experiment, &text);
    sl_report_init(&report, arena);
    sl_yaml_parse("config", text.bytes, text.count, arena, &report, &tree);
    sl_text_release(&text);
    return tree;
}

/* Makes a copy's words the arena's, too. */
static struct sl_node *
own_words(struct sl_node *node, struct sl_arena *arena)
{
    node->text = node->text ? sl_arena_string(arena, node->text) : NULL;
    node->key = node->key ? sl_arena_string(arena, node->key) : NULL;
    for (struct sl_node *c = node->first; c; c = c->next)
        own_words(c, arena);
    return node;
}

/* {adam: {lr: 0.001}} where the axis has names alone: adam. */
static const struct sl_node *
as_the_axis(const struct sl_axis *axis, const struct sl_node *value)
{
    for (size_t i = 0; i < axis->n && value->kind == SL_NODE_MAP; i++)
        if (value->count == 1 && axis->values[i]->kind == SL_NODE_SCALAR &&
            strcmp(axis->values[i]->text, value->first->key) == 0)
            return axis->values[i];
    return value;
}

/* The values that a point leaves to the file. */
static void
fill_point(const struct sl_runs *runs, const struct sl_run_config *run,
           struct sl_arena *arena, const struct sl_node **values)
{
    const struct sl_sweep *sweep = &runs->sweep;
    const struct sl_point *point = &sweep->points[run->point];
    const struct sl_node *bound = NULL;
    struct sl_arena scratch;

    sl_arena_init(&scratch);
    for (size_t i = 0; i < sweep->axis_count; i++) {
        const char *path = sweep->axes[i].path;
        const struct sl_node **value = &values[i * sweep->n + run->point];
        *value = own_value(point, path);
        if (*value || strncmp(path, "use.", 4) == 0)
            continue;
        if (!bound)
            bound = bound_tree(run->experiment, &scratch);
        *value = sl_path_find(bound, path);
        if (*value)
            *value = as_the_axis(&sweep->axes[i],
                                 own_words(sl_node_copy(arena, *value), arena));
    }
    sl_arena_release(&scratch);
}

const struct sl_node *const *
sl_point_values(const struct sl_runs *runs, struct sl_arena *arena)
{
    const struct sl_node **values =
        sl_arena_alloc(arena, runs->sweep.axis_count * runs->sweep.n * sizeof *values);

    for (size_t i = 0; i < runs->n; i++)
        if (i == 0 || runs->at[i].point != runs->at[i - 1].point)
            fill_point(runs, &runs->at[i], arena, values);
    return values;
}
