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

/* The first n stages of a run are in its record then; all of them: it is built. */
static enum sl_status
build(struct sl_executor *e, struct sl_record *record, size_t n, struct sl_error *err)
{
    const struct sl_plan_run *run = record->run;
    const struct sl_step **steps;
    struct sl_profile_span span;
    enum sl_status status;
    struct sl_arena arena;

    sl_profile_begin(e->x->profile, &span, SL_OPERATION_WRITE, "record");
    sl_arena_init(&arena);
    steps = sl_arena_alloc(&arena, run->experiment->n * sizeof *steps);
    for (size_t i = 0; i < n; i++)
        steps[i] = &e->tasks[run->steps[i]].step;
    status = n < run->experiment->n ? sl_record_add(record, steps, n, err)
                                    : sl_record_done(record, steps, err);
    sl_arena_release(&arena);
    sl_profile_end(&span, (struct sl_amount){0});
    return status;
}

/* ---- ahead ------------------------------------------------------------------------------ */

/* Stages of the plan's one run that are done, from the first on. All of them where the run has
 * come to its end, whatever it was. */
static size_t
stages_done(struct sl_executor *e)
{
    const struct sl_plan_run *run = &e->plan->runs[0];
    size_t n = 0;

    pthread_mutex_lock(&e->lock);
    while (n < run->experiment->n &&
           (e->runs[0].left == 0 || e->tasks[run->steps[n]].state == TASK_DONE))
        n++;
    pthread_mutex_unlock(&e->lock);
    return n;
}

struct ahead {
    struct sl_aside aside;
    struct sl_executor *executor;
};

/* The last stages, and what comes while another thread is at it, are left to
 * sl_executor_finish_run, which waits for this. */
static enum sl_status
build_ahead(struct sl_aside *aside, struct sl_error *err)
{
    struct sl_executor *e = ((struct ahead *)(void *)aside)->executor;
    enum sl_status status = SL_OK;
    size_t n;

    if (pthread_mutex_trylock(&e->ahead_lock))
        return SL_OK;
    n = stages_done(e);
    if (n < e->plan->runs[0].experiment->n)
        status = build(e, &e->ahead, n, err);
    pthread_mutex_unlock(&e->ahead_lock);
    return status;
}

void
sl_executor_record_ahead(struct sl_executor *e, const char *label)
{
    struct ahead *ahead = sl_aside_new(sizeof *ahead, label);

    ahead->executor = e;
    sl_asides_add(&e->asides, &ahead->aside, build_ahead);
}

/* ---- the end of a run ------------------------------------------------------------------- */

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
publish(struct sl_executor *e, size_t index, struct sl_record *record)
{
    struct sl_error err;

    if (!e->x->planned || e->x->planned(e->x->plan_context, &err) == SL_OK) {
        sl_recorder_add(&e->recorder, index, record);
        return;
    }
    sl_executor_recorded(e, index, err.status, &err);
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
        sl_executor_conclude(e, index);
        return;
    }
    sl_record_init(&record, e->x->out, e->plan, &e->plan->runs[index]);
    if (sl_record_failed(&record, result->reason, &err) == SL_OK)
        publish(e, index, &record);
    else
        sl_executor_recorded(e, index, err.status, &err);
    sl_record_release(&record);
}

void
sl_executor_finish_run(struct sl_executor *e, size_t index)
{
    const struct sl_plan_run *run = &e->plan->runs[index];
    const struct sl_task *failed = first_failure(e, run);
    struct sl_record own, *record = e->plan->run_count == 1 ? &e->ahead : &own;
    struct sl_error err;
    enum sl_status status = sl_asides_collect(&e->asides, &err);

    if (failed) {
        if (status)
            sl_progress_note(e->x->progress, err.text);
        finish_failed(e, index, failed);
        return;
    }
    e->x->results[index].state = SL_RUN_DONE;
    if (e->plan->run_count > 1)
        keep_metrics(e, index);
    if (record == &own)
        sl_record_init(record, e->x->out, e->plan, run);
    if (status == SL_OK)
        status = build(e, record, run->experiment->n, &err);
    if (status == SL_OK)
        publish(e, index, record);
    else
        sl_executor_recorded(e, index, err.status, &err);
    sl_record_release(record);
}
