/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>

#include "runner/base/clock.h"
#include "runner/parallel/memory.h"
#include "runner/pipeline/executor.h"
#include "runner/pipeline/key.h"
#include "runner/pipeline/profiled.h"

/* ---- one step ----------------------------------------------------------------------- */

static void
join_inputs(struct sl_executor *e, struct sl_task *task)
{
    const struct sl_plan_step *plan = task->step.plan;
    const struct sl_step **from =
        sl_arena_alloc(&task->step.arena, plan->n * sizeof *from);

    for (size_t i = 0; i < plan->n; i++)
        from[i] = &e->tasks[plan->inputs[i].step].step;
    sl_step_join(&task->step, from);
}

/* Bytes of rows from which on a data set is kept however short it took to load. */
#define KEEP_BYTES ((size_t)1 << 20)

static bool
is_large(const struct sl_dataset *data)
{
    return data && data->n > KEEP_BYTES / (data->d * sl_dtype_size(data->type));
}

/* An outcome that costs less to compute than to keep is not kept. */
static bool
is_worth_it(const struct sl_step *step, double seconds)
{
    return seconds >= SL_KEEP_SECONDS || is_large(step->outcome.dataset);
}

static enum sl_status
keep(struct sl_executor *e, struct sl_step *step, double seconds, struct sl_error *err)
{
    struct sl_text origin = {0};

    if (!is_worth_it(step, seconds))
        return SL_OK;
    sl_key_say(e->plan, step->plan, &origin);
    step->outcome.origin = sl_arena_string(&step->arena, origin.bytes);
    sl_text_release(&origin);
    return sl_cache_write(&e->x->cache, &step->plan->key, &step->outcome, err);
}

static bool
is_halted(struct sl_executor *e)
{
    bool halted;

    pthread_mutex_lock(&e->lock);
    halted = e->halted;
    pthread_mutex_unlock(&e->lock);
    return halted;
}

static enum sl_status
perform_here(struct sl_executor *e, struct sl_step *step, struct sl_error *err)
{
    double start = sl_seconds();

    SL_TRY(sl_profiled_perform(step, err));
    return keep(e, step, sl_seconds() - start, err);
}

/* In another process, which leaves the outcome in the cache; what would not be kept goes
 * when nobody needs it any more. The threads are shared among the steps that run. */
static enum sl_status
perform_apart(struct sl_executor *e, struct sl_task *task, struct sl_error *err)
{
    struct sl_step *step = &task->step;
    struct sl_profile_span span;
    enum sl_status status;
    bool found = false;
    unsigned threads;
    double seconds;

    pthread_mutex_lock(&e->lock);
    threads = e->busy < e->x->threads ? e->x->threads / (unsigned)e->busy : 1;
    pthread_mutex_unlock(&e->lock);
    sl_profile_begin(e->x->profile, &span, SL_OPERATION_IDLE, "guard");
    status = sl_guards_perform(e->guards, (size_t)(task - e->tasks), threads, &seconds,
                               &task->crashed, err);
    sl_profile_end(&span, (struct sl_amount){0});
    SL_TRY(status);
    SL_TRY(sl_cache_read(&e->x->cache, &step->plan->key, &step->outcome, &found, err));
    if (!found)
        return sl_fail(err, SL_ERR_IO, "what step '%s' left is not in the cache",
                       step->label);
    task->borrowed = !is_worth_it(step, seconds);
    return SL_OK;
}

/* Of a sweep's runs the next one keeps the threads busy. */
static bool
has_asides(const struct sl_executor *e)
{
    return e->plan->run_count == 1 && !e->guards;
}

static enum sl_status
perform(struct sl_executor *e, struct sl_task *task, bool *cached, struct sl_error *err)
{
    struct sl_step *step = &task->step;

    if (atomic_load(e->x->stop))
        return sl_fail(err, SL_ERR_CANCELLED, "stopped before it began");
    if (is_halted(e))
        return sl_fail(err, SL_ERR_CANCELLED, "not begun, since another run failed");
    sl_arena_init_in(&step->arena, e->x->cache.folder);
    sl_outcome_init(&step->outcome, &step->arena);
    step->pool = e->pool;
    step->asides = has_asides(e) ? &e->asides : NULL;
    if (!e->guards)
        join_inputs(e, task);
    if (!e->x->from_scratch)
        SL_TRY(
            sl_cache_read(&e->x->cache, &step->plan->key, &step->outcome, cached, err));
    if (e->guards) /* models are opened where they are used */
        return *cached ? SL_OK : perform_apart(e, task, err);
    if (!*cached)
        SL_TRY(perform_here(e, step, err));
    return step->outcome.model.module ? sl_step_open_model(step, err) : SL_OK;
}

/* The checkpoint that a step went on from; NULL if it began at the start. */
static const char *
from_text(const struct sl_task *task, char *text, size_t size)
{
    const struct sl_place *from = &task->step.from;

    if (from->epoch == 0 && from->batch == 0)
        return NULL;
    snprintf(text, size, "epoch %" PRIu64 ", batch %" PRIu64, from->epoch, from->batch);
    return text;
}

/* What the step did of its work: an earlier training may have done the first epochs. */
static double
work_done(const struct sl_task *task)
{
    double horizon = task->step.plan->horizon, from = (double)task->step.from.epoch;

    return from > 0 && from < horizon ? task->work * (1 - from / horizon) : task->work;
}

/* The key of the step that made the model which the step scores with, or NULL. */
static const char *
model_text(const struct sl_executor *e, const struct sl_task *task, char hex[])
{
    const struct sl_plan_step *plan = task->step.plan;

    if (!plan->split)
        return NULL;
    sl_digest_hex(&e->x->plan->steps[plan->inputs[0].step].key, hex);
    return hex;
}

static void
tell(struct sl_executor *e, const struct sl_task *task, const char *what, double seconds)
{
    struct sl_cost_kind kind = sl_cost_kind(task->step.plan);
    char hex[SL_DIGEST_HEX], model[SL_DIGEST_HEX], from[64];
    const char *reason = task->error.status ? task->error.text : NULL;

    sl_digest_hex(&task->step.plan->key, hex);
    sl_progress_event(e->x->progress, task->step.line, what, seconds);
    sl_journal_write(
        &e->x->journal, "step", "s:s, s:s, s:s, s:f, s:s, s:f, s:s?, s:s?, s:s?", "step",
        task->step.label, "key", hex, "state", what, "seconds", seconds, "kind",
        kind.text, "work", work_done(task), "model", model_text(e, task, model), "from",
        from_text(task, from, sizeof from), "reason", reason);
}

static const char *
word_of(enum sl_status status, bool cached)
{
    if (status)
        return status == SL_ERR_CANCELLED ? "stopped" : "failed";
    return cached ? "cached" : "done";
}

/* ---- the flow ----------------------------------------------------------------------- */

static void
drop_user(struct sl_executor *e, size_t step)
{
    struct sl_task *task = &e->tasks[step];

    if (--task->users > 0)
        return;
    e->used -= task->kept;
    if (task->borrowed)
        sl_cache_forget(&e->x->cache, &task->step.plan->key);
    if (task->step.outcome.arena)
        sl_arena_release(&task->step.arena);
}

static void
drop_inputs(struct sl_executor *e, const struct sl_task *task)
{
    for (size_t i = 0; i < task->step.plan->n; i++)
        drop_user(e, task->step.plan->inputs[i].step);
}

static const struct sl_task *
failed_input(const struct sl_executor *e, const struct sl_task *task)
{
    for (size_t i = 0; i < task->step.plan->n; i++)
        if (e->tasks[task->step.plan->inputs[i].step].state == TASK_FAILED)
            return &e->tasks[task->step.plan->inputs[i].step];
    return NULL;
}

/* Under the lock: marks a task as finished, and what can't be done without it; submits
 * what is ready now. Runs that are complete go before the list that begins with `complete`;
 * returns where it begins then. */
static size_t
settle(struct sl_executor *e, size_t index, size_t complete)
{
    struct sl_task *task = &e->tasks[index];

    for (size_t i = 0; i < e->runs_of[index].n; i++) {
        size_t run = e->runs_of[index].at[i];
        if (--e->runs[run].left > 0)
            continue;
        e->runs[run].next = complete;
        complete = run + 1;
    }
    for (size_t i = 0; i < task->n; i++) {
        struct sl_task *next = &e->tasks[task->dependents[i]];
        if (--next->waiting > 0)
            continue;
        const struct sl_task *failed = failed_input(e, next);
        if (!failed) {
            sl_pool_submit(e->pool, &next->job);
            continue;
        }
        next->state = TASK_FAILED;
        next->error = failed->error;
        complete = settle(e, task->dependents[i], complete);
        drop_inputs(e, next);
    }
    return complete;
}

static void
finish_task(struct sl_executor *e, struct sl_task *task, enum sl_status status)
{
    size_t first;

    task->kept = sl_arena_bytes(&task->step.arena);
    pthread_mutex_lock(&e->lock);
    e->used += task->kept;
    task->state = status ? TASK_FAILED : TASK_DONE;
    first = settle(e, (size_t)(task - e->tasks), 0);
    if (has_asides(e) && !status && !first && !task->step.plan->split)
        sl_executor_record_ahead(e, task->step.label);
    pthread_mutex_unlock(&e->lock);

    for (size_t r = first; r; r = e->runs[r - 1].next)
        sl_executor_finish_run(e, r - 1);

    pthread_mutex_lock(&e->lock);
    drop_inputs(e, task);
    for (size_t r = first; r; r = e->runs[r - 1].next)
        for (size_t i = 0; i < e->plan->runs[r - 1].n; i++)
            drop_user(e, e->plan->runs[r - 1].needs[i]);
    pthread_mutex_unlock(&e->lock);
}

/* ---- the memory budget -------------------------------------------------------------- */

/* False where the task has to wait for memory: one that runs will bring it back. A task
 * that is alone always runs. */
static bool
enter(struct sl_executor *e, struct sl_task *task)
{
    bool fits;

    pthread_mutex_lock(&e->lock);
    fits =
        e->busy == 0 || (task->bytes <= e->budget && e->used <= e->budget - task->bytes);
    if (fits) {
        e->busy++;
        e->used += task->bytes;
    } else {
        task->held = e->held;
        e->held = task;
    }
    pthread_mutex_unlock(&e->lock);
    return fits;
}

static void
leave(struct sl_executor *e, const struct sl_task *task)
{
    struct sl_task *held;

    pthread_mutex_lock(&e->lock);
    e->busy--;
    e->used -= task->bytes;
    held = e->held;
    e->held = NULL;
    pthread_mutex_unlock(&e->lock);
    for (struct sl_task *next; held; held = next) {
        next = held->held;
        sl_pool_submit(e->pool, &held->job);
    }
}

static void
run_task(struct sl_job *job)
{
    struct sl_task *task = (struct sl_task *)(void *)job; /* job is its first member */
    struct sl_executor *e = task->executor;
    double start = sl_seconds();
    struct sl_profile_span span;
    bool cached = false;
    enum sl_status status;

    if (!enter(e, task))
        return;
    sl_profile_begin_step(e->x->profile, &span, task->step.label, task->step.line);
    status = perform(e, task, &cached, &task->error);
    sl_profile_end_step(e->x->profile, &span, word_of(status, cached));
    tell(e, task, word_of(status, cached), sl_seconds() - start);
    finish_task(e, task, status);
    leave(e, task);
}

/* What waits for nothing. All of it is found before any of it runs: a step that ends makes
 * others ready, and submits those itself. */
static void
submit_ready(struct sl_executor *e)
{
    size_t n = 0, *ready = sl_arena_alloc(e->plan->arena, e->plan->n * sizeof *ready);

    for (size_t i = 0; i < e->plan->n; i++)
        if (e->tasks[i].state == TASK_WAITING && e->tasks[i].waiting == 0)
            ready[n++] = i;
    for (size_t i = 0; i < n; i++)
        sl_pool_submit(e->pool, &e->tasks[ready[i]].job);
}

/* Guards are forked before there is another thread, and know the tasks. */
static enum sl_status
start(struct sl_executor *e, struct sl_error *err)
{
    enum sl_status status;

    if (e->x->isolate)
        SL_TRY(sl_guards_new(&e->guards, e, e->x->threads, err));
    SL_TRY(sl_pool_new(&e->pool, e->x->threads, err));
    status = sl_pool_watch(e->pool, e->x->profile, err);
    e->recorder.profile = e->x->profile;
    if (status == SL_OK)
        status = sl_recorder_init(&e->recorder, e->plan->run_count, sl_executor_recorded,
                                  e, err);
    if (status) {
        sl_pool_free(e->pool);
        e->pool = NULL;
        return status;
    }
    sl_asides_init(&e->asides, e->pool);
    pthread_mutex_init(&e->ahead_lock, NULL);
    sl_record_init(&e->ahead, e->x->out, e->plan, e->plan->runs);
    return SL_OK;
}

/* Where a run was recorded they have been collected. */
static void
end(struct sl_executor *e)
{
    struct sl_error err;

    if (sl_asides_collect(&e->asides, &err))
        sl_progress_note(e->x->progress, err.text);
    sl_record_release(&e->ahead);
    pthread_mutex_destroy(&e->ahead_lock);
    sl_recorder_release(&e->recorder);
    sl_pool_free(e->pool);
    sl_asides_release(&e->asides);
}

enum sl_status
sl_execute(struct sl_execution *execution, struct sl_error *err)
{
    struct sl_executor e = {.x = execution, .plan = execution->plan};
    enum sl_status status;

    pthread_mutex_init(&e.lock, NULL);
    sl_best_init(&e.best, execution->runs, e.plan->arena);
    sl_costs_read(&e.costs, execution->journal.path, e.plan->arena);
    e.budget = execution->memory ? execution->memory : sl_memory_budget();
    sl_executor_prepare(&e, run_task);
    status = start(&e, err);
    if (status == SL_OK) {
        submit_ready(&e);
        sl_pool_finish(e.pool, 0, NULL, NULL);
        end(&e);
    }
    sl_guards_free(e.guards);
    pthread_mutex_destroy(&e.lock);
    return status;
}
