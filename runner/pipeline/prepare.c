/* SPDX-License-Identifier: MIT */
/* Which runs are to do, which steps they need, and in what order those may run. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/pipeline/executor.h"
#include "runner/pipeline/metrics.h"
#include "runner/store/runfile.h"

/* Planning goes backwards from the record: a run whose run.h5 carries its key needs no
 * step, whether or not the cache still has its parts. Of a sweep the record is read whole,
 * for its metrics; one that can't be read is made again. */
static void
look_up_record(struct sl_executor *e, size_t index)
{
    const struct sl_plan_run *run = &e->plan->runs[index];
    struct sl_run_result *result = &e->x->results[index];
    struct sl_arena *arena = e->plan->arena, scratch;
    const char *path = sl_arena_format(arena, "%s/%s/run.h5", e->x->out, run->folder);
    char hex[SL_DIGEST_HEX];
    struct sl_run_record record;
    struct sl_error ignored;
    const char *key, *state;

    sl_digest_hex(&run->key, hex);
    if (sl_run_peek(path, arena, &key, &state, &ignored) || strcmp(key, hex) != 0)
        return;
    sl_arena_init(&scratch);
    if (strcmp(state, "done") == 0 && e->plan->run_count == 1) {
        result->state = SL_RUN_RECORDED;
    } else if (sl_run_read(path, &scratch, &record, &ignored)) {
        sl_progress_note(e->x->progress, ignored.text);
    } else if (strcmp(state, "done") == 0) {
        result->state = SL_RUN_RECORDED;
        sl_metrics_of_record(&record, arena, result);
        sl_executor_tell_best(e, index);
    } else if (!e->x->retry_failed) {
        *result = (struct sl_run_result){.state = SL_RUN_FAILED,
                                         .status = SL_ERR_NUMERIC,
                                         .reason = sl_arena_string(arena, record.reason),
                                         .cached = true};
    }
    sl_arena_release(&scratch);
}

/* A run that can't be done; it is told each time, and not remembered. */
static void
fail_fault(struct sl_executor *e, size_t index)
{
    e->x->results[index] = (struct sl_run_result){.state = SL_RUN_FAILED,
                                                  .status = SL_ERR_IO,
                                                  .reason = e->plan->runs[index].fault};
    e->halted = e->halted || e->x->halts;
    sl_executor_conclude(e, index);
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

/* "train #3 r1": for point 3, and others perhaps, in its repeat 1. Steps that run at once
 * are told apart by it. */
static void
name_lines(struct sl_executor *e)
{
    const struct sl_runs *runs = e->plan->run_count > 1 ? e->x->runs : NULL;

    for (size_t i = 0; i < e->plan->n; i++) {
        struct sl_step *step = &e->tasks[i].step;
        const struct sl_run_config *run;
        step->line = step->label;
        if (!runs || e->runs_of[i].n == 0)
            continue;
        run = &runs->at[e->runs_of[i].at[0]];
        step->line = sl_arena_format(e->plan->arena, "%s #%zu", step->label, run->point);
        if (runs->sweep.repeats > 1)
            step->line = sl_arena_format(e->plan->arena, "%s r%lld", step->line,
                                         (long long)run->repeat);
    }
}

static size_t
bytes_of(const struct sl_plan_step *plan)
{
    const struct sl_module *module = plan->stage->module;
    struct sl_demand estimate = {0};

    if (!plan->split && module->estimate)
        module->estimate(plan->stage->config, &plan->stage->schema, &estimate);
    return estimate.bytes;
}

static void
activate(struct sl_executor *e, size_t index)
{
    const struct sl_plan_step *plan = &e->plan->steps[index];
    struct sl_task *task = &e->tasks[index];

    task->state = TASK_WAITING;
    task->waiting = plan->n;
    task->bytes = bytes_of(plan);
    task->work = sl_cost_work(plan);
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

/* Nothing but the order is shared, so one that fails does not keep the next from
 * beginning. */
static void
chain_horizons(struct sl_executor *e)
{
    struct sl_arena *arena = e->plan->arena;
    bool *wanted = sl_arena_alloc(arena, e->plan->n * sizeof *wanted);
    const size_t *before;
    const double *seconds;

    for (size_t i = 0; i < e->plan->n; i++)
        wanted[i] = e->tasks[i].state == TASK_WAITING;
    before = sl_plan_chain(e->plan, wanted, arena);
    seconds = sl_costs_seconds(&e->costs, e->plan, wanted, before, arena);
    for (size_t i = 0; i < e->plan->n; i++) {
        e->tasks[i].seconds = seconds[i];
        if (before[i] == SIZE_MAX)
            continue;
        add_dependent(arena, &e->tasks[before[i]], i);
        e->tasks[i].waiting++;
    }
}

/* Every task behind those that it waits for. */
static size_t *
order_tasks(struct sl_executor *e, size_t *n)
{
    size_t *order = sl_arena_alloc(e->plan->arena, e->plan->n * sizeof *order);
    size_t *waiting = sl_arena_alloc(e->plan->arena, e->plan->n * sizeof *waiting);

    *n = 0;
    for (size_t i = 0; i < e->plan->n; i++) {
        waiting[i] = e->tasks[i].waiting;
        if (e->tasks[i].state == TASK_WAITING && waiting[i] == 0)
            order[(*n)++] = i;
    }
    for (size_t done = 0; done < *n; done++)
        for (size_t j = 0; j < e->tasks[order[done]].n; j++) {
            size_t next = e->tasks[order[done]].dependents[j];
            if (--waiting[next] == 0)
                order[(*n)++] = next;
        }
    return order;
}

/* A little for each step that is behind: of runs that take as long, the one that was begun
 * is brought to its end, so that runs are recorded as they come and models leave memory. */
#define DEPTH_BONUS 1e-3

/* When a step can end at the earliest, and how many are behind it then. */
struct way {
    double end, depth;
};

static struct way *
find_ways(const struct sl_executor *e, const size_t *order, size_t n)
{
    struct way *ways = sl_arena_alloc(e->plan->arena, e->plan->n * sizeof *ways);

    for (size_t i = 0; i < n; i++) {
        const struct sl_task *task = &e->tasks[order[i]];
        struct way *way = &ways[order[i]];
        way->end += task->seconds;
        for (size_t j = 0; j < task->n; j++) {
            struct way *next = &ways[task->dependents[j]];
            next->end = fmax(next->end, way->end);
            next->depth = fmax(next->depth, way->depth + 1);
        }
    }
    return ways;
}

/* The seconds that the longest way through a run is expected to take: its steps go before
 * those of shorter ones. A step of several runs, or that another waits for, belongs to the
 * longest of them. */
static void
set_priorities(struct sl_executor *e)
{
    size_t n, *order = order_tasks(e, &n);
    const struct way *ways = find_ways(e, order, n);
    double *longest = sl_arena_alloc(e->plan->arena, e->plan->n * sizeof *longest);

    for (size_t r = 0; r < e->plan->run_count; r++) {
        const struct sl_plan_run *run = &e->plan->runs[r];
        double end = 0;
        for (size_t i = 0; i < run->n; i++)
            end = fmax(end, ways[run->needs[i]].end);
        for (size_t i = 0; i < run->n && e->runs[r].left; i++)
            longest[run->needs[i]] = fmax(longest[run->needs[i]], end);
    }
    while (n-- > 0) {
        struct sl_task *task = &e->tasks[order[n]];
        for (size_t j = 0; j < task->n; j++)
            longest[order[n]] = fmax(longest[order[n]], longest[task->dependents[j]]);
        task->job.priority = longest[order[n]] * (1 + DEPTH_BONUS * ways[order[n]].depth);
    }
}

/* A run of an earlier round stays what it came to then, so that what was decided by it
 * holds; it was told then. */
static void
take_over(struct sl_executor *e, size_t index, const struct sl_run_result *result)
{
    e->x->results[index] = *result;
    if (result->state == SL_RUN_DONE || result->state == SL_RUN_RECORDED)
        sl_executor_tell_best(e, index);
}

static void
prepare_run(struct sl_executor *e, size_t index)
{
    const struct sl_run_result *result = &e->x->results[index];

    if (e->plan->runs[index].fault) {
        fail_fault(e, index);
        return;
    }
    if (!e->x->from_scratch)
        look_up_record(e, index);
    if (result->state == SL_RUN_WAITING)
        activate_run(e, index);
    else
        sl_progress_run(e->x->progress, e->plan->runs[index].folder, result->state,
                        result->reason);
}

void
sl_executor_prepare(struct sl_executor *e, void (*run)(struct sl_job *job))
{
    const struct sl_run_result *before = e->x->results;
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
    for (size_t i = 0; i < e->x->known; i++)
        take_over(e, i, &before[i]);
    for (size_t i = e->x->known; i < e->plan->run_count; i++)
        prepare_run(e, i);
    list_runs(e);
    name_lines(e);
    chain_horizons(e);
    set_priorities(e);
}
