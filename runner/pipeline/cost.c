/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/cost.h"

#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- work --------------------------------------------------------------------------- */

struct sl_cost_kind
sl_cost_kind(const struct sl_plan_step *step)
{
    struct sl_cost_kind kind;

    snprintf(kind.text, sizeof kind.text, "%s%s", step->split ? "score " : "",
             step->stage->module->entry.name);
    return kind;
}

double
sl_cost_work(const struct sl_plan_step *step)
{
    const struct sl_stage *stage = step->stage;
    struct sl_demand estimate = {0};

    if (!stage->module->estimate)
        return 0;
    stage->module->estimate(stage->config, &stage->schema, &estimate);
    return step->split
               ? estimate.score * (double)sl_schema_rows(&stage->schema, step->split)
               : estimate.work;
}

/* ---- what the journal knows --------------------------------------------------------- */

static struct sl_cost_rate *
find_rate(const struct sl_costs *costs, const char *kind)
{
    for (size_t i = 0; i < costs->n; i++)
        if (strcmp(costs->at[i].kind, kind) == 0)
            return &costs->at[i];
    return NULL;
}

static struct sl_cost_rate *
add_rate(struct sl_costs *costs, const char *kind)
{
    if (costs->n == costs->capacity) {
        costs->capacity = costs->capacity ? 2 * costs->capacity : 16;
        struct sl_cost_rate *more =
            sl_arena_alloc(costs->arena, costs->capacity * sizeof *more);
        if (costs->n)
            memcpy(more, costs->at, costs->n * sizeof *more);
        costs->at = more;
    }
    costs->at[costs->n] =
        (struct sl_cost_rate){.kind = sl_arena_string(costs->arena, kind)};
    return &costs->at[costs->n++];
}

static void
take_event(struct sl_costs *costs, json_t *event)
{
    const char *state = json_string_value(json_object_get(event, "state"));
    const char *kind = json_string_value(json_object_get(event, "kind"));
    double seconds = json_number_value(json_object_get(event, "seconds"));
    double work = json_number_value(json_object_get(event, "work"));
    struct sl_cost_rate *rate;

    if (!kind || !state || strcmp(state, "done") != 0)
        return;
    rate = find_rate(costs, kind);
    if (!rate)
        rate = add_rate(costs, kind);
    rate->all_seconds += seconds;
    rate->all_steps++;
    if (work > 0) {
        rate->seconds += seconds;
        rate->work += work;
    }
}

static void
take_line(struct sl_costs *costs, const char *line)
{
    json_t *event = strstr(line, "\"event\":\"step\"") ? json_loads(line, 0, NULL) : NULL;

    if (event)
        take_event(costs, event);
    json_decref(event);
}

void
sl_costs_read(struct sl_costs *costs, const char *journal, struct sl_arena *arena)
{
    FILE *file = journal ? fopen(journal, "re") : NULL;
    char line[4096];

    *costs = (struct sl_costs){.arena = arena};
    if (!file)
        return;
    /* What is left of the line that it lands in is none that can be read. */
    if (fseek(file, -(long)SL_COST_JOURNAL, SEEK_END) != 0)
        rewind(file);
    while (fgets(line, sizeof line, file))
        take_line(costs, line);
    fclose(file);
}

double
sl_cost_of(const struct sl_costs *costs, const struct sl_plan_step *step, bool *measured)
{
    const struct sl_cost_rate *rate = find_rate(costs, sl_cost_kind(step).text);
    double work = sl_cost_work(step);

    if (measured)
        *measured = rate != NULL;
    if (rate && work > 0 && rate->work > 0)
        return work * (rate->seconds / rate->work);
    if (rate)
        return rate->all_seconds / rate->all_steps;
    return work > 0 ? work / SL_COST_RATE : SL_COST_LEAST;
}

const double *
sl_costs_seconds(const struct sl_costs *costs, const struct sl_plan *plan,
                 const bool *wanted, const size_t *before, struct sl_arena *arena)
{
    double *whole = sl_arena_alloc(arena, plan->n * sizeof *whole);
    double *seconds = sl_arena_alloc(arena, plan->n * sizeof *seconds);

    for (size_t i = 0; i < plan->n; i++)
        if (wanted[i])
            whole[i] = sl_cost_of(costs, &plan->steps[i], NULL);
    for (size_t i = 0; i < plan->n; i++)
        seconds[i] =
            before[i] == SIZE_MAX ? whole[i] : fmax(whole[i] - whole[before[i]], 0);
    return seconds;
}
