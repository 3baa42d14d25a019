/* SPDX-License-Identifier: MIT */
/* Which runs are to do, which steps they need, and in what order those may run. */
#include <stdlib.h>
#include <string.h>

#include "runner/pipeline/executor.h"
#include "runner/store/runfile.h"

/* Planning goes backwards from the record: a run whose run.h5 carries its key needs no
 * step, whether or not the cache still has its parts. */
static void
look_up_record(struct sl_executor *e, size_t index)
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
        *result = (struct sl_run_result){.state = SL_RUN_FAILED,
                                         .status = SL_ERR_NUMERIC,
                                         .reason = record.reason,
                                         .cached = true};
    }
}

static void
add_dependent(struct sl_arena *arena, struct sl_task *task, size_t dependent)
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
activate(struct sl_executor *e, size_t index)
{
    const struct sl_plan_step *plan = &e->plan->steps[index];
    struct sl_task *task = &e->tasks[index];

    const struct sl_module *module = plan->stage->module;

    task->state = TASK_WAITING;
    task->waiting = plan->n;
    if (!plan->split && module->estimate)
        task->bytes = module->estimate(plan->stage->config, &plan->stage->schema);
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
        .from_scratch = e->x->from_scratch,
    };
}

static void
activate_run(struct sl_executor *e, size_t index)
{
    const struct sl_plan_run *run = &e->plan->runs[index];

    e->runs[index].left = run->n;
    for (size_t i = 0; i < run->n; i++) {
        struct sl_task *task = &e->tasks[run->needs[i]];
        if (task->state == TASK_IDLE)
            activate(e, run->needs[i]);
        task->users++;
        e->runs_of[run->needs[i]].n++;
    }
}

/* The runs of each step, once it is known how many there are. */
static void
list_runs(struct sl_executor *e)
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

static int
by_trajectory(const void *a, const void *b)
{
    const struct sl_task *x = *(const struct sl_task *const *)a;
    const struct sl_task *y = *(const struct sl_task *const *)b;
    int order = memcmp(&x->step.plan->trajectory, &y->step.plan->trajectory,
                       sizeof x->step.plan->trajectory);
    double p = x->step.plan->horizon, q = y->step.plan->horizon;

    if (order == 0)
        order = (p > q) - (p < q);
    return order ? order : (x > y) - (x < y);
}

/* Trainings of one trajectory, and loads of the same rows, run one after the other, the
 * shortest first: each goes on from where the one before it ended. Nothing but the order
 * is shared, so one that fails does not keep the next from beginning. */
static void
chain_horizons(struct sl_executor *e)
{
    struct sl_task **chain = sl_arena_alloc(e->plan->arena, e->plan->n * sizeof *chain);
    size_t n = 0;

    for (size_t i = 0; i < e->plan->n; i++)
        if (e->tasks[i].state == TASK_WAITING && e->plan->steps[i].horizon > 0)
            chain[n++] = &e->tasks[i];
    qsort(chain, n, sizeof *chain, by_trajectory);
    for (size_t i = 1; i < n; i++) {
        if (!sl_digest_equal(&chain[i - 1]->step.plan->trajectory,
                             &chain[i]->step.plan->trajectory))
            continue;
        add_dependent(e->plan->arena, chain[i - 1], (size_t)(chain[i] - e->tasks));
        chain[i]->waiting++;
    }
}

/* The longest way from a step to an end, in steps: what is on it goes first. */
static void
set_priorities(struct sl_executor *e)
{
    for (size_t i = e->plan->n; i-- > 0;) {
        struct sl_task *task = &e->tasks[i];
        for (size_t j = 0; j < task->n; j++)
            if (e->tasks[task->dependents[j]].job.priority + 1 > task->job.priority)
                task->job.priority = e->tasks[task->dependents[j]].job.priority + 1;
    }
}

void
sl_executor_prepare(struct sl_executor *e, void (*run)(struct sl_job *job))
{
    struct sl_arena *arena = e->plan->arena;

    e->x->results =
        sl_arena_alloc(arena, e->plan->run_count * sizeof(struct sl_run_result));
    e->tasks = sl_arena_alloc(arena, e->plan->n * sizeof *e->tasks);
    e->runs = sl_arena_alloc(arena, e->plan->run_count * sizeof *e->runs);
    e->runs_of = sl_arena_alloc(arena, e->plan->n * sizeof *e->runs_of);
    for (size_t i = 0; i < e->plan->n; i++) {
        e->tasks[i].executor = e;
        e->tasks[i].job.run = run;
    }
    for (size_t i = 0; i < e->plan->run_count; i++) {
        if (!e->x->from_scratch || i < e->x->known)
            look_up_record(e, i);
        if (e->x->results[i].state == SL_RUN_WAITING)
            activate_run(e, i);
        else
            sl_progress_run(e->x->progress, e->plan->runs[i].folder,
                            e->x->results[i].state, e->x->results[i].reason);
    }
    list_runs(e);
    chain_horizons(e);
    set_priorities(e);
}
