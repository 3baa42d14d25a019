/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "runner/config/field.h"
#include "runner/config/override.h"
#include "runner/sweep/keys.h"
#include "runner/sweep/reading.h"

/* What stands beside the outermost expression: repeats, objective, halving, figures. */

/* Binds one mapping; false, and problems, where it is wrong. */
static bool
bind(struct sl_reading *reading, const struct sl_field *fields, const struct sl_node *map,
     void *config)
{
    struct sl_binder binder = {reading->arena, reading->report,
                               reading->compose->registry};
    size_t errors = reading->report->errors;

    sl_fields_bind(&binder, fields, map, map->key_mark, NULL, config);
    return reading->report->errors == errors;
}

/* ---- repeats ------------------------------------------------------------------------ */

struct repeats {
    int64_t repeats;
};

const struct sl_field sl_repeat_fields[] = {
    SL_INT(struct repeats, repeats, 1, 1, SL_SWEEP_MAX, "seeds for each point"),
    SL_FIELD_END,
};

static void
read_repeats(struct sl_reading *reading, const struct sl_node *node,
             struct sl_sweep *sweep)
{
    struct repeats repeats = {0};
    struct sl_node map = {.kind = SL_NODE_MAP}, alone = *node;

    sl_node_append(&map, &alone);
    if (bind(reading, sl_repeat_fields, &map, &repeats))
        sweep->repeats = repeats.repeats;
}

/* ---- objectives --------------------------------------------------------------------- */

static bool
is_told(const struct sl_sweep *sweep, const struct sl_objective *objective)
{
    for (size_t i = 0; i < sweep->objective_count; i++)
        if (strcmp(sweep->objectives[i].stage, objective->stage) == 0 &&
            strcmp(sweep->objectives[i].metric, objective->metric) == 0)
            return true;
    return false;
}

static const char *const goals[] = {"minimize", "maximize"};
#define OBJECTIVE "{minimize: STAGE.METRIC} or {maximize: STAGE.METRIC}"

/* metric: STAGE.METRIC, at its mark. */
static void
add_objective(struct sl_reading *reading, bool maximize, const struct sl_node *metric,
              struct sl_objective *objectives, struct sl_sweep *sweep)
{
    const char *dot = metric->kind == SL_NODE_SCALAR ? strchr(metric->text, '.') : NULL;
    struct sl_objective objective = {.maximize = maximize, .mark = metric->mark};

    if (!dot || dot == metric->text || !dot[1]) {
        sl_reading_refuse(reading, metric, "a metric, STAGE.METRIC");
        return;
    }
    objective.stage =
        sl_arena_copy(reading->arena, metric->text, (size_t)(dot - metric->text));
    objective.metric = sl_arena_string(reading->arena, dot + 1);
    if (is_told(sweep, &objective))
        sl_report_add(reading->report, SL_ERROR, metric->mark,
                      "'%s' is an objective already", metric->text);
    else
        objectives[sweep->objective_count++] = objective;
}

/* {minimize: STAGE.METRIC} */
static void
read_goal(struct sl_reading *reading, const struct sl_node *node,
          struct sl_objective *objectives, struct sl_sweep *sweep)
{
    bool maximize = strcmp(node->key, goals[1]) == 0;

    if (!maximize && strcmp(node->key, goals[0]) != 0)
        sl_report_unknown_key(reading->report, node, goals, 2);
    else
        add_objective(reading, maximize, node, objectives, sweep);
}

/* "minimize STAGE.METRIC", as the command line has it. */
static void
read_words(struct sl_reading *reading, const struct sl_node *node,
           struct sl_objective *objectives, struct sl_sweep *sweep)
{
    size_t n = strcspn(node->text, " "), start = n + strspn(node->text + n, " ");
    struct sl_node metric = *node;

    metric.text = node->text + start;
    metric.mark = sl_mark_move(node->mark, node->text, start + node->quoted);
    for (size_t i = 0; i < 2; i++)
        if (strncmp(node->text, goals[i], n) == 0 && strlen(goals[i]) == n && start > n) {
            add_objective(reading, i == 1, &metric, objectives, sweep);
            return;
        }
    sl_reading_refuse(reading, node, OBJECTIVE);
}

static void
read_objective(struct sl_reading *reading, const struct sl_node *node,
               struct sl_objective *objectives, struct sl_sweep *sweep)
{
    if (node->kind == SL_NODE_SCALAR) {
        read_words(reading, node, objectives, sweep);
        return;
    }
    if (node->kind != SL_NODE_MAP || node->count == 0 || node->count > 2)
        sl_reading_refuse(reading, node, OBJECTIVE);
    else
        for (const struct sl_node *child = node->first; child; child = child->next)
            read_goal(reading, child, objectives, sweep);
}

static void
read_objectives(struct sl_reading *reading, const struct sl_node *node,
                struct sl_sweep *sweep)
{
    const struct sl_node *one = node->kind == SL_NODE_LIST ? node->first : node;
    struct sl_objective *objectives =
        sl_arena_alloc(reading->arena, 2 * (node->count + 1) * sizeof *objectives);

    sweep->objectives = objectives;
    if (!one)
        sl_reading_refuse(reading, node, "{minimize: STAGE.METRIC}, or more than one");
    for (; one; one = node->kind == SL_NODE_LIST ? one->next : NULL)
        read_objective(reading, one, objectives, sweep);
}

/* Halving and searches rank points by one number. */
static void
require_objective(struct sl_reading *reading, const struct sl_node *node,
                  const struct sl_sweep *sweep)
{
    if (sweep->objective_count == 0)
        sl_report_add(reading->report, SL_ERROR, node->key_mark,
                      "'%s' needs an objective, {minimize: STAGE.METRIC}", node->key);
    else if (sweep->objective_count > 1)
        sl_report_add(reading->report, SL_ERROR, sweep->objectives[1].mark,
                      "'%s' ranks by one objective, got %zu", node->key,
                      sweep->objective_count);
}

/* ---- halving ------------------------------------------------------------------------ */

const struct sl_field sl_halving_fields[] = {
    SL_FIELD(struct sl_halving, horizon, const char *, SL_TYPE_STRING,
             .flags = SL_REQUIRED, .help = "path of what grows, such as train.epochs"),
    SL_FIELD(struct sl_halving, first, int64_t, SL_TYPE_INT, .flags = SL_REQUIRED,
             .low = 1, .high = 1e15, .help = "the horizon of the first rung"),
    SL_INT(struct sl_halving, factor, 3, 2, 1000,
           "one in so many goes on, for so many times as long"),
    SL_FIELD_END,
};

static void
read_halving(struct sl_reading *reading, const struct sl_node *node,
             struct sl_sweep *sweep)
{
    struct sl_halving halving = {.mark = node->key_mark};

    if (node->kind != SL_NODE_MAP)
        sl_reading_refuse(reading, node, "{horizon: PATH, first: N, factor: N}");
    else if (bind(reading, sl_halving_fields, node, &halving))
        sweep->halving = halving;
    require_objective(reading, node, sweep);
}

void
sl_block_read(struct sl_reading *reading, const struct sl_node *block,
              struct sl_sweep *sweep)
{
    const struct sl_node *repeats = sl_node_get(block, "repeats");
    const struct sl_node *objective = sl_node_get(block, "objective");
    const struct sl_node *halving = sl_node_get(block, "halving");
    const struct sl_node *search = sl_node_get(block, "search");
    const struct sl_node *figures = sl_node_get(block, "figures");
    size_t errors = reading->report->errors;

    if (repeats)
        read_repeats(reading, repeats, sweep);
    if (objective)
        read_objectives(reading, objective, sweep);
    if (figures)
        sl_figures_read(reading, figures, sweep);
    if (reading->report->errors > errors)
        return;
    if (halving)
        read_halving(reading, halving, sweep);
    if (search)
        require_objective(reading, search, sweep);
}
