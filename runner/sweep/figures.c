/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "runner/sweep/reading.h"

/* The figures that a block asks for. */

#define SHAPE "the name of a figure, or {NAME: STAGE.METRIC}"

static bool
is_metric(const struct sl_node *node)
{
    const char *dot = node->kind == SL_NODE_SCALAR ? strchr(node->text, '.') : NULL;

    return dot && dot != node->text && dot[1];
}

/* STAGE.METRIC or a list of these. */
static bool
read_metrics(struct sl_reading *reading, const struct sl_node *node,
             struct sl_sweep_figure *figure)
{
    const struct sl_node *one = node->kind == SL_NODE_LIST ? node->first : node;
    const char **metrics =
        sl_arena_alloc(reading->arena, (node->count + 1) * sizeof *metrics);
    struct sl_mark *marks =
        sl_arena_alloc(reading->arena, (node->count + 1) * sizeof *marks);

    figure->marks = marks;
    for (; one; one = node->kind == SL_NODE_LIST ? one->next : NULL) {
        if (!is_metric(one)) {
            sl_reading_refuse(reading, one, "a metric, STAGE.METRIC");
            return false;
        }
        marks[figure->n] = one->mark;
        metrics[figure->n++] = sl_arena_string(reading->arena, one->text);
    }
    figure->metrics = metrics;
    return true;
}

static bool
read_figure(struct sl_reading *reading, const struct sl_node *node,
            struct sl_sweep_figure *figure)
{
    *figure =
        (struct sl_sweep_figure){.mark = node->mark}; /* one before may have failed */
    if (node->broken)
        return false;
    if (node->kind == SL_NODE_SCALAR && node->text[0]) {
        figure->name = sl_arena_string(reading->arena, node->text);
        return true;
    }
    if (node->kind == SL_NODE_MAP && node->count == 1) {
        figure->name = sl_arena_string(reading->arena, node->first->key);
        return read_metrics(reading, node->first, figure);
    }
    sl_reading_refuse(reading, node, SHAPE);
    return false;
}

void
sl_figures_read(struct sl_reading *reading, const struct sl_node *node,
                struct sl_sweep *sweep)
{
    struct sl_sweep_figure *figures =
        sl_arena_alloc(reading->arena, (node->count + 1) * sizeof *figures);

    if (node->kind != SL_NODE_LIST) {
        sl_reading_refuse(reading, node, "a list of figures");
        return;
    }
    sweep->figures = figures;
    for (const struct sl_node *child = node->first; child; child = child->next)
        sweep->figure_count += read_figure(reading, child, &figures[sweep->figure_count]);
}
