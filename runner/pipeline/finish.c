/* SPDX-License-Identifier: MIT */
/* What becomes of a run when its last step is finished. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/pipeline/executor.h"

static const struct sl_task *
first_failure(const struct sl_executor *e, const struct sl_plan_run *run)
{
    for (size_t i = 0; i < run->n; i++)
        if (e->tasks[run->needs[i]].state == TASK_FAILED)
            return &e->tasks[run->needs[i]];
    return NULL;
}

/* What is wrong with data is mended in the data, under the same key: it is told like any
 * file that can't be read, and not remembered as a failure. */
static enum sl_status
status_of(const struct sl_task *task)
{
    enum sl_status status = task->error.status;
    bool loads = !task->step.plan->split && task->step.plan->stage->row->table == SL_LOAD;

    return loads && status != SL_ERR_CANCELLED && status != SL_ERR_MEMORY ? SL_ERR_IO
                                                                          : status;
}

/* Failed is what would fail again; everything else is interrupted. */
static bool
is_failure(const struct sl_task *task)
{
    enum sl_status status = status_of(task);

    return status == SL_ERR_NUMERIC || status == SL_ERR_SHAPE || status == SL_ERR_CONFIG;
}

/* Copies a text to where it lives as long as the plan. */
static const char *
keep_text(struct sl_executor *e, const char *text)
{
    const char *copy;

    pthread_mutex_lock(&e->lock);
    copy = sl_arena_string(e->plan->arena, text);
    pthread_mutex_unlock(&e->lock);
    return copy;
}

static enum sl_status
build_done(struct sl_executor *e, const struct sl_plan_run *run, struct sl_record *record,
           struct sl_error *err)
{
    const struct sl_step **steps;
    enum sl_status status;
    struct sl_arena arena;

    sl_arena_init(&arena);
    steps = sl_arena_alloc(&arena, run->experiment->n * sizeof *steps);
    for (size_t i = 0; i < run->experiment->n; i++)
        steps[i] = &e->tasks[run->steps[i]].step;
    status = sl_record_done(record, e->x->out, e->plan, run, steps, err);
    sl_arena_release(&arena);
    return status;
}

/* The metrics of a run, before its outcomes go: for the table of the sweep. */
static void
keep_metrics(struct sl_executor *e, size_t index)
{
    const struct sl_plan_run *run = &e->plan->runs[index];
    struct sl_run_result *result = &e->x->results[index];
    struct sl_run_metric *metrics;
    size_t n = 0;

    for (size_t i = 0; i < run->experiment->n; i++)
        n += e->tasks[run->steps[i]].step.outcome.metrics.n;
    pthread_mutex_lock(&e->lock);
    metrics = sl_arena_alloc(e->plan->arena, n * sizeof *metrics);
    for (size_t i = 0; i < run->experiment->n; i++) {
        const struct sl_bundle *bundle = &e->tasks[run->steps[i]].step.outcome.metrics;
        for (size_t j = 0; j < bundle->n; j++)
            metrics[result->n++] = (struct sl_run_metric){
                .stage = run->experiment->stages[i].name,
                .name = sl_arena_string(e->plan->arena, bundle->items[j].name),
                .unit = bundle->items[j].unit
                            ? sl_arena_string(e->plan->arena, bundle->items[j].unit)
                            : NULL,
                .value = sl_tensor_at(&bundle->items[j].tensor, 0),
            };
    }
    pthread_mutex_unlock(&e->lock);
    result->metrics = metrics;
}

/* The best run so far, for whoever watches. */
static void
tell_best(struct sl_executor *e, size_t index)
{
    const struct sl_objective *o = e->x->objective;
    const struct sl_run_result *result = &e->x->results[index];
    bool better = false;
    char text[160];

    for (size_t i = 0; o && i < result->n; i++) {
        const struct sl_run_metric *m = &result->metrics[i];
        if (strcmp(m->stage, o->stage) != 0 || strcmp(m->name, o->metric) != 0)
            continue;
        pthread_mutex_lock(&e->lock);
        better =
            !isnan(m->value) &&
            (isnan(e->best) || (o->maximize ? m->value > e->best : m->value < e->best));
        if (better)
            e->best = m->value;
        pthread_mutex_unlock(&e->lock);
        snprintf(text, sizeof text, "run: %s.%s %.6g", o->stage, o->metric, m->value);
    }
    if (better)
        sl_progress_best(e->x->progress, text);
}

static void
conclude(struct sl_executor *e, size_t index)
{
    const struct sl_run_result *result = &e->x->results[index];

    sl_progress_run(e->x->progress, e->plan->runs[index].folder, result->state,
                    result->reason);
    sl_journal_write(&e->x->journal, "run", "s:s, s:s, s:s?", "run",
                     e->plan->runs[index].folder, "state",
                     sl_run_state_word(result->state), "reason", result->reason);
}

void
sl_executor_recorded(void *context, size_t index, enum sl_status status,
                     const struct sl_error *err)
{
    struct sl_executor *e = context;
    struct sl_run_result *result = &e->x->results[index];

    if (status) {
        result->state = SL_RUN_INTERRUPTED;
        result->status = status;
        result->reason = keep_text(e, err->text);
    }
    conclude(e, index);
}

static void
halt(struct sl_executor *e)
{
    pthread_mutex_lock(&e->lock);
    e->halted = true;
    pthread_mutex_unlock(&e->lock);
}

static void
finish_failed(struct sl_executor *e, size_t index, const struct sl_task *failed)
{
    struct sl_run_result *result = &e->x->results[index];
    struct sl_error why = failed->error, err;
    struct sl_record record;

    sl_error_context(&why, "step '%s'", failed->step.label);
    *result = (struct sl_run_result){
        .state = is_failure(failed) ? SL_RUN_FAILED : SL_RUN_INTERRUPTED,
        .status = status_of(failed),
        .reason = keep_text(e, why.text),
    };
    if (result->state == SL_RUN_FAILED && e->x->halts)
        halt(e);
    if (result->state == SL_RUN_INTERRUPTED) {
        conclude(e, index);
    } else if (sl_record_failed(&record, e->x->out, e->plan, &e->plan->runs[index],
                                result->reason, &err) == SL_OK) {
        sl_recorder_add(&e->recorder, index, &record);
    } else {
        sl_record_release(&record);
        sl_executor_recorded(e, index, err.status, &err);
    }
}

void
sl_executor_finish_run(struct sl_executor *e, size_t index)
{
    const struct sl_plan_run *run = &e->plan->runs[index];
    const struct sl_task *failed = first_failure(e, run);
    struct sl_record record;
    struct sl_error err;

    if (failed) {
        finish_failed(e, index, failed);
        return;
    }
    e->x->results[index].state = SL_RUN_DONE;
    if (e->plan->run_count > 1)
        keep_metrics(e, index);
    tell_best(e, index);
    if (build_done(e, run, &record, &err) == SL_OK) {
        sl_recorder_add(&e->recorder, index, &record);
    } else {
        sl_record_release(&record);
        sl_executor_recorded(e, index, err.status, &err);
    }
}
