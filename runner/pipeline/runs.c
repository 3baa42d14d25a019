/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/runs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runner/pipeline/objective.h"
#include "runner/pipeline/rounds.h"

/* While the runs of a file are made. */
struct making {
    const struct sl_runs_call *call;
    struct sl_runs *runs;
    struct sl_arena *arena;
};

static struct sl_run_config *
add_run(const struct making *m)
{
    struct sl_runs *runs = m->runs;

    if (runs->n == runs->capacity) {
        runs->capacity = runs->capacity ? 2 * runs->capacity : 16;
        struct sl_run_config *more =
            sl_arena_alloc(m->arena, runs->capacity * sizeof *more);
        if (runs->n)
            memcpy(more, runs->at, runs->n * sizeof *more);
        runs->at = more;
    }
    return &runs->at[runs->n++];
}

static const char *
label_of(const struct making *m, const struct sl_point *point, size_t index,
         const struct sl_experiment *experiment)
{
    struct sl_assignment *at = sl_arena_alloc(m->arena, point->n * sizeof *at);
    struct sl_point others = {0, at};
    const char *values;

    for (size_t i = 0; i < point->n; i++)
        if (strcmp(point->at[i].path, "seed") != 0) /* it is told of all runs */
            at[others.n++] = point->at[i];
    values = sl_point_label(&others, index, m->arena);
    return sl_arena_format(m->arena, "%s%sseed=%llu", values, *values ? "," : "",
                           (unsigned long long)experiment->seed);
}

static void
add_repeats(const struct making *m, const struct sl_point *point, size_t index,
            const struct sl_experiment *experiment)
{
    for (int64_t r = 0; r < m->runs->sweep.repeats; r++) {
        struct sl_experiment *repeat = SL_NEW(m->arena, struct sl_experiment);
        *repeat = sl_experiment_repeat(experiment, (uint64_t)r);
        *add_run(m) = (struct sl_run_config){
            .experiment = repeat,
            .point = index,
            .repeat = r,
            .label = label_of(m, point, index, repeat),
        };
    }
}

/* The tree that a point changes: the file's, or, where the point chooses files of groups,
 * the file composed with those. */
static enum sl_status
base_of(const struct making *m, const struct sl_point *point, const struct sl_node **base,
        struct sl_interpolation *interpolation, struct sl_error *err)
{
    const char *const *uses;
    size_t n = sl_point_uses(point, m->arena, &uses);
    const char **words;
    struct sl_node *tree;

    *base = m->runs->tree;
    *interpolation = m->runs->interpolation;
    if (n == 0)
        return SL_OK;
    words = sl_arena_alloc(m->arena, (m->call->n + n) * sizeof *words);
    memcpy(words, uses, n * sizeof *words);
    if (m->call->n)
        memcpy(words + n, m->call->overrides, m->call->n * sizeof *words);
    SL_TRY(
        sl_compose(m->call->compose, m->call->path, words, m->call->n + n, &tree, err));
    *base = tree;
    if (!tree)
        return SL_OK;
    sl_node_remove(tree, "sweep");
    sl_interpolation_init(interpolation, m->call->compose, tree);
    return SL_OK;
}

enum sl_status
sl_runs_add(struct sl_runs *runs, const struct sl_point *points, size_t n, size_t first,
            struct sl_error *err)
{
    const struct sl_runs_call *call = runs->call;
    struct making m = {call, runs, call->compose->arena};
    struct sl_binder binder = {m.arena, call->compose->report, call->compose->registry};
    struct sl_interpolation interpolation;
    const struct sl_node *base;
    struct sl_node *tree;

    for (size_t i = 0; i < n && !sl_report_is_full(binder.report); i++) {
        struct sl_experiment experiment;
        SL_TRY(base_of(&m, &points[i], &base, &interpolation, err));
        if (!base)
            return SL_OK; /* told by the composition */
        tree = sl_point_apply(call->compose, base, &points[i]);
        sl_experiment_bind(&binder, sl_interpolate(&interpolation, tree), runs->memo,
                           &experiment);
        add_repeats(&m, &points[i], first + i, &experiment);
    }
    return SL_OK;
}

/* The file with its references followed. What is wrong with them is told in each point. */
static const struct sl_node *
follow_quietly(const struct sl_runs *runs)
{
    struct sl_interpolation quiet = runs->interpolation;
    struct sl_compose compose = *quiet.compose;
    struct sl_report unread;

    sl_report_init(&unread, compose.arena);
    compose.report = &unread;
    quiet.compose = &compose;
    return sl_interpolate(&quiet, (struct sl_node *)(uintptr_t)runs->tree);
}

/* The seed that the file says, for the draws of its sweep. A wrong one is told when the
 * experiment is bound. */
static uint64_t
seed_of(const struct sl_runs *runs)
{
    const struct sl_node *seed = sl_node_get(runs->followed, "seed");

    return seed && seed->kind == SL_NODE_SCALAR ? strtoull(seed->text, NULL, 10) : 1;
}

static void
start_rounds(struct sl_runs *runs, uint64_t seed)
{
    const struct sl_compose *compose = runs->call->compose;
    struct sl_rounds *rounds = SL_NEW(compose->arena, struct sl_rounds);

    if (sl_rounds_start(rounds, runs, seed, compose->arena, compose->report))
        runs->rounds = rounds;
}

/* A sweep that comes to nothing is wrong; what else is wrong in the file is told with it. */
static void
tell_base(const struct sl_runs *runs, struct sl_node *tree)
{
    const struct sl_compose *compose = runs->call->compose;
    struct sl_binder binder = {compose->arena, compose->report, compose->registry};
    struct sl_experiment experiment;

    sl_experiment_bind(&binder, sl_interpolate(&runs->interpolation, tree), NULL,
                       &experiment);
}

/* What is said about a run decides nothing in it. */
static void
check_axes(const struct sl_runs *runs, struct sl_report *report)
{
    for (size_t i = 0; i < runs->sweep.axis_count; i++) {
        const struct sl_axis *axis = &runs->sweep.axes[i];
        const struct sl_field *field = sl_field_find(sl_experiment_fields, axis->path);

        if (field && field->type != SL_TYPE_SEED)
            sl_report_add(report, SL_ERROR, axis->mark,
                          "no step reads '%s': all its values are the same run",
                          axis->path);
    }
}

enum sl_status
sl_runs_read(const struct sl_runs_call *call, struct sl_runs *runs, struct sl_error *err)
{
    struct sl_sweep_call sweep = {
        .compose = call->compose,
        .n = call->axis_count,
        .axes = call->axes,
        .repeats = call->repeats,
    };
    struct sl_report *report = call->compose->report;
    struct sl_node *tree = NULL;

    *runs = (struct sl_runs){.call = call};
    SL_TRY(sl_compose(call->compose, call->path, call->overrides, call->n, &tree, err));
    if (!tree)
        return SL_OK;
    sl_interpolation_init(&runs->interpolation, call->compose, tree);
    sweep.block =
        sl_sweep_follow(&runs->interpolation, tree, call->axes, call->axis_count);
    sl_node_remove(tree, "sweep");
    runs->tree = tree;
    runs->followed = follow_quietly(runs);
    sweep.seed = seed_of(runs);
    runs->memo = SL_NEW(call->compose->arena, struct sl_bind_memo);
    sl_sweep_read(&sweep, &runs->sweep);
    if (runs->sweep.n == 0)
        tell_base(runs, tree);
    check_axes(runs, report);
    start_rounds(runs, sweep.seed);
    SL_TRY(sl_runs_add(runs, runs->sweep.points, runs->sweep.n, 0, err));
    runs->swept = runs->n > 1 || runs->sweep.axis_count > 0;
    if (report->errors == 0)
        sl_objective_check(runs, report);
    if (report->errors == 0)
        sl_horizon_check(runs, report);
    return SL_OK;
}
