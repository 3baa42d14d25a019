/* SPDX-License-Identifier: MIT */
/* What becomes of a run when its last step is finished. */
#include "runner/parallel/profile.h"
#include "runner/pipeline/executor.h"
#include "runner/pipeline/metrics.h"

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

    return loads && !task->crashed && status != SL_ERR_CANCELLED &&
                   status != SL_ERR_MEMORY
               ? SL_ERR_IO
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
    struct sl_profile_span span;
    enum sl_status status;
    struct sl_arena arena;

    sl_profile_begin(e->x->profile, &span, SL_OPERATION_WRITE, "record");
    sl_arena_init(&arena);
    steps = sl_arena_alloc(&arena, run->experiment->n * sizeof *steps);
    for (size_t i = 0; i < run->experiment->n; i++)
        steps[i] = &e->tasks[run->steps[i]].step;
    status = sl_record_done(record, e->x->out, e->plan, run, steps, err);
    sl_arena_release(&arena);
    sl_profile_end(&span, (struct sl_amount){0});
    return status;
}

/* The metrics of a run, before its outcomes go: for the table of the sweep, and for whoever
 * watches. Under the lock, so that what is told last is the latest. */
static void
keep_metrics(struct sl_executor *e, size_t index)
{
    const struct sl_plan_run *run = &e->plan->runs[index];
    struct sl_run_result *result = &e->x->results[index];
    const struct sl_bundle **bundles;
    struct sl_arena arena;

    sl_arena_init(&arena);
    bundles = sl_arena_alloc(&arena, run->experiment->n * sizeof *bundles);
    for (size_t i = 0; i < run->experiment->n; i++)
        bundles[i] = &e->tasks[run->steps[i]].step.outcome.metrics;
    pthread_mutex_lock(&e->lock);
    sl_metrics_of_stages(run->experiment, bundles, e->plan->arena, result);
    sl_executor_tell_best(e, index);
    pthread_mutex_unlock(&e->lock);
    sl_arena_release(&arena);
}

void
sl_executor_tell_best(struct sl_executor *e, size_t index)
{
    struct sl_text text = {0};

    if (!sl_best_add(&e->best, index, &e->x->results[index]))
        return;
    sl_best_say(&e->best, &text);
    sl_progress_best(e->x->progress, text.bytes);
    sl_text_release(&text);
}

void
sl_executor_conclude(struct sl_executor *e, size_t index)
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
    sl_executor_conclude(e, index);
}

static void
halt(struct sl_executor *e)
{
    pthread_mutex_lock(&e->lock);
    e->halted = true;
    pthread_mutex_unlock(&e->lock);
}

/* Takes the record over, once the plan that it belongs to is there. */
static void
record(struct sl_executor *e, size_t index, struct sl_record *record)
{
    struct sl_error err;

    if (!e->x->planned || e->x->planned(e->x->plan_context, &err) == SL_OK) {
        sl_recorder_add(&e->recorder, index, record);
        return;
    }
    sl_record_release(record);
    sl_executor_recorded(e, index, err.status, &err);
}

static void
finish_failed(struct sl_executor *e, size_t index, const struct sl_task *failed)
{
    struct sl_run_result *result = &e->x->results[index];
    struct sl_error why = failed->error, err;
    struct sl_record made;

    sl_error_context(&why, "step '%s'", failed->step.label);
    *result = (struct sl_run_result){
        .state = is_failure(failed) ? SL_RUN_FAILED : SL_RUN_INTERRUPTED,
        .status = status_of(failed),
        .reason = keep_text(e, why.text),
    };
    if (result->state == SL_RUN_FAILED && e->x->halts)
        halt(e);
    if (result->state == SL_RUN_INTERRUPTED) {
        sl_executor_conclude(e, index);
    } else if (sl_record_failed(&made, e->x->out, e->plan, &e->plan->runs[index],
                                result->reason, &err) == SL_OK) {
        record(e, index, &made);
    } else {
        sl_record_release(&made);
        sl_executor_recorded(e, index, err.status, &err);
    }
}

void
sl_executor_finish_run(struct sl_executor *e, size_t index)
{
    const struct sl_plan_run *run = &e->plan->runs[index];
    const struct sl_task *failed = first_failure(e, run);
    struct sl_record made;
    struct sl_error err;

    if (failed) {
        finish_failed(e, index, failed);
        return;
    }
    e->x->results[index].state = SL_RUN_DONE;
    if (e->plan->run_count > 1)
        keep_metrics(e, index);
    if (sl_asides_collect(&e->asides, &err)) {
        sl_executor_recorded(e, index, err.status, &err);
        return;
    }
    if (build_done(e, run, &made, &err) == SL_OK) {
        record(e, index, &made);
    } else {
        sl_record_release(&made);
        sl_executor_recorded(e, index, err.status, &err);
    }
}
