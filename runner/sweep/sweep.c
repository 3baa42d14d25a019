/* SPDX-License-Identifier: MIT */
#include "runner/sweep/sweep.h"

#include <string.h>

#include "runner/config/field.h"
#include "runner/sweep/reading.h"

/* ---- what is kept ------------------------------------------------------------------- */

static void
keep_points(struct sl_reading *reading, const struct sl_drafts *drafts,
            struct sl_sweep *sweep)
{
    struct sl_point *points = sl_arena_alloc(reading->arena, drafts->n * sizeof *points);
    struct sl_assignment *at;
    size_t count = 0;

    for (size_t i = 0; i < drafts->n; i++)
        count += drafts->at[i].n;
    at = sl_arena_alloc(reading->arena, count * sizeof *at);
    for (size_t i = 0; i < drafts->n; i++) {
        points[i] = (struct sl_point){drafts->at[i].n, at};
        for (size_t j = 0; j < drafts->at[i].n; j++) {
            struct sl_pick pick = drafts->at[i].picks[j];
            const struct sl_swept *axis = sl_reading_axis(reading, pick.place);

            *at++ = (struct sl_assignment){axis->path, reading->places[pick.place].mark,
                                           axis->values[pick.value]};
        }
    }
    sweep->n = drafts->n;
    sweep->points = points;
}

/* The values that the points take, in the order of their coming: a condition may have
 * dropped the rest. */
struct taken {
    bool *seen;
    size_t n;
    const struct sl_node **values;
    const char **texts;
};

static void
take(struct sl_reading *reading, const struct sl_swept *axis, uint32_t value,
     struct taken *taken)
{
    if (!taken->seen) {
        taken->seen = sl_arena_alloc(reading->scratch, axis->n * sizeof *taken->seen);
        taken->values = sl_arena_alloc(reading->arena, axis->n * sizeof *taken->values);
        taken->texts = sl_arena_alloc(reading->arena, axis->n * sizeof *taken->texts);
    }
    if (taken->seen[value])
        return;
    taken->seen[value] = true;
    taken->values[taken->n] = axis->values[value];
    taken->texts[taken->n++] = sl_value_text(axis->values[value], reading->arena);
}

static void
keep_axes(struct sl_reading *reading, const struct sl_drafts *drafts,
          struct sl_sweep *sweep)
{
    size_t n = reading->axis_count;
    struct taken *taken = sl_arena_alloc(reading->scratch, n * sizeof *taken);
    struct sl_axis *axes = sl_arena_alloc(reading->arena, n * sizeof *axes);

    for (size_t i = 0; i < drafts->n; i++)
        for (size_t j = 0; j < drafts->at[i].n; j++) {
            struct sl_pick pick = drafts->at[i].picks[j];
            uint32_t axis = reading->places[pick.place].axis;

            take(reading, reading->axes[axis], pick.value, &taken[axis]);
        }
    for (size_t i = 0; i < n; i++)
        if (taken[i].n > 0)
            axes[sweep->axis_count++] =
                (struct sl_axis){reading->axes[i]->path, reading->axes[i]->mark,
                                 taken[i].n, taken[i].values, taken[i].texts};
    sweep->axes = axes;
}

/* ---- reading ------------------------------------------------------------------------ */

/* {tpe: {...}}, which draws its own points. */
static void
read_search(struct sl_reading *reading, const struct sl_node *node,
            struct sl_sweep *sweep, struct sl_drafts *drafts)
{
    static const char *const words[] = {"tpe"};

    drafts->bad = true;
    if (drafts->place_count > 0)
        sl_report_add(reading->report, SL_ERROR, node->key_mark,
                      "a search draws its own points; leave '%s' out",
                      sl_reading_axis(reading, drafts->places[0])->path);
    else if (node->kind != SL_NODE_MAP || node->count != 1)
        sl_reading_refuse(reading, node, "{tpe: {rounds: N, size: N, space: {...}}}");
    else if (strcmp(node->first->key, words[0]) != 0)
        sl_report_unknown_key(reading->report, node->first, words, 1);
    else
        sl_search_read(reading, node->first, "search.tpe", &sweep->search, drafts);
}

/* The block's points and those of the command line, combined. */
static void
read_points(struct sl_reading *reading, const struct sl_sweep_call *call,
            struct sl_sweep *sweep, struct sl_drafts *drafts)
{
    const struct sl_node *search = sl_node_get(call->block, "search");
    struct sl_drafts *sets =
        sl_arena_alloc(reading->scratch, (call->n + 1) * sizeof *sets);
    size_t n = 0;

    if (call->block)
        sl_expression_read(reading, call->block, "", &sets[n++]);
    if (call->n > 0)
        memcpy(sets + n, sl_words_read(reading, call->axes, call->n),
               call->n * sizeof *sets);
    n += call->n;
    if (n == 1)
        *drafts = sets[0];
    else
        sl_drafts_combine(reading, sets, n, sweep->mark, drafts);
    if (search && !drafts->bad)
        read_search(reading, search, sweep, drafts);
}

/* Rungs set the horizon. */
static void
check_horizon(struct sl_reading *reading, const struct sl_sweep *sweep,
              const struct sl_drafts *drafts)
{
    for (size_t i = 0; sweep->halving.horizon && i < drafts->place_count; i++) {
        struct sl_place place = reading->places[drafts->places[i]];
        const char *path = reading->axes[place.axis]->path;

        if (strcmp(path, sweep->halving.horizon) == 0)
            sl_report_add(
                reading->report, SL_ERROR, place.mark,
                "'%s' is the horizon of halving, which sets it; leave it out of "
                "the sweep",
                path);
    }
}

static void
check_runs(struct sl_reading *reading, struct sl_sweep *sweep, struct sl_drafts *drafts)
{
    double runs = (double)drafts->n * (double)sweep->repeats;

    if (runs <= SL_SWEEP_MAX)
        return;
    sl_reading_refuse_count(reading, sweep->mark, "runs, points times repeats", runs);
    drafts->bad = true;
}

/* No cap is silent. */
static void
tell_dropped(struct sl_reading *reading, struct sl_sweep *sweep,
             const struct sl_drafts *drafts)
{
    size_t n = reading->dropped;

    sweep->dropped = n;
    if (n > 0 && !drafts->bad)
        sl_report_add(reading->report, SL_WARNING, sweep->mark,
                      "%zu drawn point%s equal to another one and left out; %zu %s left",
                      n, n == 1 ? " is" : "s are", drafts->n,
                      drafts->n == 1 ? "is" : "are");
}

void
sl_sweep_read(const struct sl_sweep_call *call, struct sl_sweep *sweep)
{
    struct sl_arena scratch;
    struct sl_reading reading = {.compose = call->compose,
                                 .arena = call->compose->arena,
                                 .scratch = &scratch,
                                 .report = call->compose->report,
                                 .seed = call->seed};
    struct sl_drafts drafts;

    sl_arena_init(&scratch);
    *sweep = (struct sl_sweep){.repeats = 1};
    if (call->block) {
        sweep->mark = call->block->key ? call->block->key_mark : call->block->mark;
        sl_block_read(&reading, call->block, sweep);
    }
    if (call->repeats > 0)
        sweep->repeats = call->repeats;
    read_points(&reading, call, sweep, &drafts);
    if (!drafts.bad)
        sl_drafts_distinct(&reading, &drafts);
    check_runs(&reading, sweep, &drafts);
    check_horizon(&reading, sweep, &drafts);
    tell_dropped(&reading, sweep, &drafts);
    if (!drafts.bad) {
        keep_points(&reading, &drafts, sweep);
        keep_axes(&reading, &drafts, sweep);
    }
    sl_arena_release(&scratch);
}
