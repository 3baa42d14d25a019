/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/execute.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "runner/pipeline/record.h"
#include "runner/pipeline/step.h"
#include "runner/store/runfile.h"

enum task_state {
    TASK_IDLE, /* no run needs it */
    TASK_WAITING,
    TASK_DONE,
    TASK_FAILED, /* error says why; of one whose input failed: the input's error */
};

/* A step of the plan on its way. */
struct task {
    struct sl_job job;
    struct executor *executor;
    struct sl_step step;
    enum task_state state;
    size_t waiting; /* inputs that are not finished */
    size_t users;   /* steps and runs that still need the outcome */
    size_t *dependents;
    size_t n, capacity;
    struct sl_error error;
};

/* A run on its way: recorded by the thread that finishes its last step. */
struct run_task {
    size_t left; /* steps that are not finished */
};

/* The lock covers tasks' state, waiting and users, the runs and results; a task's step is
 * touched only by the thread that performs it, and read by others once it is done. */
struct executor {
    struct sl_execution *x;
    const struct sl_plan *plan;
    struct sl_pool *pool;
    pthread_mutex_t lock;
    struct task *tasks;
    struct run_task *runs;
    struct {
        size_t *at, n;
    } * runs_of; /* by step: the runs that need it */
};

static double
now_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- which runs are to do ----------------------------------------------------------- */

/* Planning goes backwards from the record: a run whose run.h5 carries its key needs no
 * step, whether or not the cache still has its parts. */
static void
look_up_record(struct executor *e, size_t index)
{
    const struct sl_plan_run *run = &e->plan->runs[index];
    struct sl_run_result *result = &e->x->results[index];
    struct sl_arena *arena = e->plan->arena;
    const char *path = sl_arena_format(arena, "%s/%s/run.h5", e->x->out, run->folder);
    char hex[SL_DIGEST_HEX];
    struct sl_run_record record;
    struct sl_error ignored;
    const char *key, *state;

    sl_digest_hex(&run->key, hex);
    if (sl_run_peek(path, arena, &key, &state, &ignored) || strcmp(key, hex) != 0)
        return;
    if (strcmp(state, "done") == 0) {
        result->state = SL_RUN_RECORDED;
    } else if (!e->x->retry_failed &&
               sl_run_read(path, arena, &record, &ignored) == SL_OK) {
        *result =
            (struct sl_run_result){SL_RUN_FAILED, SL_ERR_NUMERIC, record.reason, true};
    }
}

static void
add_dependent(struct sl_arena *arena, struct task *task, size_t dependent)
{
    if (task->n == task->capacity) {
        task->capacity = task->capacity ? 2 * task->capacity : 4;
        size_t *more = sl_arena_alloc(arena, task->capacity * sizeof *more);
        if (task->n)
            memcpy(more, task->dependents, task->n * sizeof *more);
        task->dependents = more;
    }
    task->dependents[task->n++] = dependent;
}

/* What the step is called while it runs: "train", or "score test" for scores. */
static const char *
label_of(struct sl_arena *arena, const struct sl_plan_step *step)
{
    if (step->split)
        return sl_arena_format(arena, "score %s", step->split);
    return step->stage->name;
}

static void
activate(struct executor *e, size_t index)
{
    const struct sl_plan_step *plan = &e->plan->steps[index];
    struct task *task = &e->tasks[index];

    task->state = TASK_WAITING;
    task->waiting = plan->n;
    for (size_t i = 0; i < plan->n; i++) {
        add_dependent(e->plan->arena, &e->tasks[plan->inputs[i].step], index);
        e->tasks[plan->inputs[i].step].users++;
    }
    task->step = (struct sl_step){
        .plan = plan,
        .label = label_of(e->plan->arena, plan),
        .registry = e->x->registry,
        .cache = &e->x->cache,
        .pool = e->pool,
        .progress = e->x->progress,
        .stop = e->x->stop,
    };
}

static void
activate_run(struct executor *e, size_t index)
{
    const struct sl_plan_run *run = &e->plan->runs[index];

    e->runs[index].left = run->n;
    for (size_t i = 0; i < run->n; i++) {
        struct task *task = &e->tasks[run->needs[i]];
        if (task->state == TASK_IDLE)
            activate(e, run->needs[i]);
        task->users++;
        e->runs_of[run->needs[i]].n++;
    }
}

/* The runs of each step, once it is known how many there are. */
static void
list_runs(struct executor *e)
{
    for (size_t i = 0; i < e->plan->n; i++) {
        e->runs_of[i].at =
            sl_arena_alloc(e->plan->arena, e->runs_of[i].n * sizeof(size_t));
        e->runs_of[i].n = 0;
    }
    for (size_t r = 0; r < e->plan->run_count; r++)
        for (size_t i = 0; i < e->plan->runs[r].n && e->runs[r].left; i++) {
            size_t step = e->plan->runs[r].needs[i];
            e->runs_of[step].at[e->runs_of[step].n++] = r;
        }
}

/* ---- inputs ------------------------------------------------------------------------- */

static void
fill_scores(struct executor *e, const struct task *from, struct sl_scores *scores)
{
    const struct sl_plan_step *plan = from->step.plan;
    const struct sl_outcome *outcome = &from->step.outcome;
    const struct sl_item *values = sl_bundle_find(&outcome->outputs, "scores");
    const struct sl_item *ids = sl_bundle_find(&outcome->outputs, "ids");

    *scores = (struct sl_scores){
        .n = sl_tensor_count(&values->tensor),
        .at = values->tensor.data,
        .ids = ids->tensor.data,
        .split = plan->split,
        .score = plan->stage->module->model->scores[plan->score].name,
        .model = e->tasks[plan->inputs[0].step].step.model,
        .data = e->tasks[plan->inputs[1].step].step.outcome.dataset,
    };
}

static void
fill_input(struct executor *e, const struct sl_plan_input *plan, struct sl_input *input)
{
    const struct task *from = &e->tasks[plan->step];
    const struct sl_item *item;

    *input = (struct sl_input){.port = plan->port, .type = plan->type};
    switch (plan->type) {
    case SL_PORT_DATASET:
        input->dataset = from->step.outcome.dataset;
        break;
    case SL_PORT_MODEL:
        input->model = from->step.model;
        break;
    case SL_PORT_SCORES:
        fill_scores(e, from, &input->scores);
        break;
    case SL_PORT_TENSOR:
        item = sl_bundle_find(&from->step.outcome.outputs, plan->port);
        input->tensor = item ? &item->tensor : NULL;
        break;
    }
}

static void
fill_inputs(struct executor *e, struct task *task)
{
    const struct sl_plan_step *plan = task->step.plan;

    task->step.n = plan->n;
    task->step.inputs =
        sl_arena_alloc(&task->step.arena, plan->n * sizeof *task->step.inputs);
    for (size_t i = 0; i < plan->n; i++)
        fill_input(e, &plan->inputs[i], &task->step.inputs[i]);
}

/* ---- one step ----------------------------------------------------------------------- */

static enum sl_status
perform(struct executor *e, struct task *task, bool *cached, struct sl_error *err)
{
    struct sl_step *step = &task->step;

    if (atomic_load(e->x->stop))
        return sl_fail(err, SL_ERR_CANCELLED, "stopped before it began");
    sl_arena_init(&step->arena);
    sl_outcome_init(&step->outcome, &step->arena);
    fill_inputs(e, task);
    SL_TRY(sl_cache_read(&e->x->cache, &step->plan->key, &step->outcome, cached, err));
    if (!*cached) {
        SL_TRY(sl_step_perform(step, err));
        SL_TRY(sl_cache_write(&e->x->cache, &step->plan->key, &step->outcome, err));
    }
    return step->outcome.model.module ? sl_step_open_model(step, err) : SL_OK;
}

static void
tell(struct executor *e, const struct task *task, bool cached, double seconds)
{
    const char *what = cached ? "cached" : "done";
    char hex[SL_DIGEST_HEX];

    if (task->state == TASK_FAILED)
        what = task->error.status == SL_ERR_CANCELLED ? "stopped" : "failed";
    sl_digest_hex(&task->step.plan->key, hex);
    sl_progress_event(e->x->progress, task->step.label, what, seconds);
    sl_journal_write(&e->x->journal, "step", "s:s, s:s, s:s, s:f, s:s?", "step",
                     task->step.label, "key", hex, "state", what, "seconds", seconds,
                     "reason", task->state == TASK_FAILED ? task->error.text : NULL);
}

/* ---- finishing runs ----------------------------------------------------------------- */

static const struct task *
first_failure(const struct executor *e, const struct sl_plan_run *run)
{
    for (size_t i = 0; i < run->n; i++)
        if (e->tasks[run->needs[i]].state == TASK_FAILED)
            return &e->tasks[run->needs[i]];
    return NULL;
}

/* What is wrong with data is mended in the data, under the same key: it is told like any
 * file that can't be read, and not remembered as a failure. */
static enum sl_status
status_of(const struct task *task)
{
    enum sl_status status = task->error.status;
    bool loads = !task->step.plan->split && task->step.plan->stage->row->table == SL_LOAD;

    return loads && status != SL_ERR_CANCELLED && status != SL_ERR_MEMORY ? SL_ERR_IO
                                                                          : status;
}

/* Failed is what would fail again; everything else is interrupted. */
static bool
is_failure(const struct task *task)
{
    enum sl_status status = status_of(task);

    return status == SL_ERR_NUMERIC || status == SL_ERR_SHAPE || status == SL_ERR_CONFIG;
}

static enum sl_status
record_run(struct executor *e, const struct sl_plan_run *run, const struct task *failed,
           const char **reason, struct sl_error *err)
{
    const struct sl_step **steps;
    enum sl_status status;

    if (failed) {
        struct sl_error why = failed->error;
        sl_error_context(&why, "step '%s'", failed->step.label);
        pthread_mutex_lock(&e->lock);
        *reason = sl_arena_string(e->plan->arena, why.text);
        pthread_mutex_unlock(&e->lock);
        return is_failure(failed)
                   ? sl_record_failed(e->x->out, e->plan, run, *reason, err)
                   : SL_OK;
    }
    struct sl_arena arena;
    sl_arena_init(&arena);
    steps = sl_arena_alloc(&arena, run->experiment->n * sizeof *steps);
    for (size_t i = 0; i < run->experiment->n; i++)
        steps[i] = &e->tasks[run->steps[i]].step;
    status = sl_record_done(e->x->out, e->plan, run, steps, err);
    sl_arena_release(&arena);
    return status;
}

static void
finish_run(struct executor *e, size_t index)
{
    static const char *const words[] = {"waiting", "recorded", "done", "failed",
                                        "interrupted"};
    const struct sl_plan_run *run = &e->plan->runs[index];
    const struct task *failed = first_failure(e, run);
    struct sl_run_result result = {.state = SL_RUN_DONE};
    struct sl_error err;
    enum sl_status status = record_run(e, run, failed, &result.reason, &err);

    if (status) {
        result.state = SL_RUN_INTERRUPTED;
        result.status = status;
        pthread_mutex_lock(&e->lock);
        result.reason = sl_arena_string(e->plan->arena, err.text);
        pthread_mutex_unlock(&e->lock);
    } else if (failed) {
        result.status = status_of(failed);
        result.state = is_failure(failed) ? SL_RUN_FAILED : SL_RUN_INTERRUPTED;
    }
    sl_journal_write(&e->x->journal, "run", "s:s, s:s, s:s?", "run", run->folder, "state",
                     words[result.state], "reason", result.reason);
    e->x->results[index] = result;
}

/* ---- the flow ----------------------------------------------------------------------- */

static void
drop_user(struct executor *e, size_t step)
{
    struct task *task = &e->tasks[step];

    if (--task->users == 0 && task->step.outcome.arena)
        sl_arena_release(&task->step.arena);
}

static void
drop_inputs(struct executor *e, const struct task *task)
{
    for (size_t i = 0; i < task->step.plan->n; i++)
        drop_user(e, task->step.plan->inputs[i].step);
}

static const struct task *
failed_input(const struct executor *e, const struct task *task)
{
    for (size_t i = 0; i < task->step.plan->n; i++)
        if (e->tasks[task->step.plan->inputs[i].step].state == TASK_FAILED)
            return &e->tasks[task->step.plan->inputs[i].step];
    return NULL;
}

/* Under the lock: marks a task as finished, and what can't be done without it; submits
 * what is ready now. Runs that are complete go to `complete`; returns how many. */
static size_t
settle(struct executor *e, size_t index, size_t *complete, size_t n)
{
    struct task *task = &e->tasks[index];

    for (size_t i = 0; i < e->runs_of[index].n; i++) {
        size_t run = e->runs_of[index].at[i];
        if (--e->runs[run].left == 0)
            complete[n++] = run;
    }
    for (size_t i = 0; i < task->n; i++) {
        struct task *next = &e->tasks[task->dependents[i]];
        if (--next->waiting > 0)
            continue;
        const struct task *failed = failed_input(e, next);
        if (!failed) {
            sl_pool_submit(e->pool, &next->job);
            continue;
        }
        next->state = TASK_FAILED;
        next->error = failed->error;
        n = settle(e, task->dependents[i], complete, n);
        drop_inputs(e, next);
    }
    return n;
}

static void
finish_task(struct executor *e, struct task *task, enum sl_status status)
{
    size_t index = (size_t)(task - e->tasks);
    size_t n, *complete;
    struct sl_arena arena;

    sl_arena_init(&arena);
    complete = sl_arena_alloc(&arena, e->plan->run_count * sizeof *complete);
    pthread_mutex_lock(&e->lock);
    task->state = status ? TASK_FAILED : TASK_DONE;
    n = settle(e, index, complete, 0);
    pthread_mutex_unlock(&e->lock);

    for (size_t i = 0; i < n; i++)
        finish_run(e, complete[i]);

    pthread_mutex_lock(&e->lock);
    drop_inputs(e, task);
    for (size_t r = 0; r < n; r++)
        for (size_t i = 0; i < e->plan->runs[complete[r]].n; i++)
            drop_user(e, e->plan->runs[complete[r]].needs[i]);
    pthread_mutex_unlock(&e->lock);
    sl_arena_release(&arena);
}

static void
run_task(struct sl_job *job)
{
    struct task *task = (struct task *)(void *)job; /* job is its first member */
    struct executor *e = task->executor;
    double start = now_seconds();
    bool cached = false;
    enum sl_status status = perform(e, task, &cached, &task->error);

    task->state = status ? TASK_FAILED : TASK_DONE;
    tell(e, task, cached, now_seconds() - start);
    finish_task(e, task, status);
}

/* The longest way from a step to an end, in steps: what is on it goes first. */
static void
set_priorities(struct executor *e)
{
    for (size_t i = e->plan->n; i-- > 0;) {
        struct task *task = &e->tasks[i];
        for (size_t j = 0; j < task->n; j++)
            if (e->tasks[task->dependents[j]].job.priority + 1 > task->job.priority)
                task->job.priority = e->tasks[task->dependents[j]].job.priority + 1;
    }
}

static void
prepare(struct executor *e)
{
    struct sl_arena *arena = e->plan->arena;

    e->x->results =
        sl_arena_alloc(arena, e->plan->run_count * sizeof(struct sl_run_result));
    e->tasks = sl_arena_alloc(arena, e->plan->n * sizeof *e->tasks);
    e->runs = sl_arena_alloc(arena, e->plan->run_count * sizeof *e->runs);
    e->runs_of = sl_arena_alloc(arena, e->plan->n * sizeof *e->runs_of);
    for (size_t i = 0; i < e->plan->n; i++) {
        e->tasks[i].executor = e;
        e->tasks[i].job.run = run_task;
    }
    for (size_t i = 0; i < e->plan->run_count; i++) {
        look_up_record(e, i);
        if (e->x->results[i].state == SL_RUN_WAITING)
            activate_run(e, i);
    }
    list_runs(e);
    set_priorities(e);
}

/* What waits for nothing. All of it is found before any of it runs: a step that ends makes
 * others ready, and submits those itself. */
static void
submit_ready(struct executor *e)
{
    size_t n = 0, *ready = sl_arena_alloc(e->plan->arena, e->plan->n * sizeof *ready);

    for (size_t i = 0; i < e->plan->n; i++)
        if (e->tasks[i].state == TASK_WAITING && e->tasks[i].waiting == 0)
            ready[n++] = i;
    for (size_t i = 0; i < n; i++)
        sl_pool_submit(e->pool, &e->tasks[ready[i]].job);
}

enum sl_status
sl_execute(struct sl_execution *execution, struct sl_error *err)
{
    struct executor e = {.x = execution, .plan = execution->plan};

    SL_TRY(sl_pool_new(&e.pool, execution->threads, err));
    pthread_mutex_init(&e.lock, NULL);
    prepare(&e);
    submit_ready(&e);
    sl_pool_finish(e.pool, 0, NULL, NULL);
    pthread_mutex_destroy(&e.lock);
    sl_pool_free(e.pool);
    return SL_OK;
}
