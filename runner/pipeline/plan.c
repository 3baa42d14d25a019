/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/plan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runner/pipeline/key.h"

void
sl_plan_init(struct sl_plan *plan, struct sl_arena *arena, const char *platform)
{
    *plan = (struct sl_plan){
        .arena = arena, .platform = platform, .table_size = 64, .config_size = 64};
    plan->table = sl_arena_alloc(arena, plan->table_size * sizeof *plan->table);
    plan->configs = sl_arena_alloc(arena, plan->config_size * sizeof *plan->configs);
}

/* ---- the table of steps by key ------------------------------------------------------ */

static size_t *
find_slot(const struct sl_plan *plan, const struct sl_digest *key)
{
    uint64_t start;

    memcpy(&start, key->bytes, sizeof start);
    for (size_t i = start % plan->table_size;; i = (i + 1) % plan->table_size) {
        size_t *slot = &plan->table[i];
        if (*slot == 0 || sl_digest_equal(&plan->steps[*slot - 1].key, key))
            return slot;
    }
}

static void
grow_table(struct sl_plan *plan)
{
    plan->table_size *= 4;
    plan->table = sl_arena_alloc(plan->arena, plan->table_size * sizeof *plan->table);
    for (size_t i = 0; i < plan->n; i++)
        *find_slot(plan, &plan->steps[i].key) = i + 1;
}

void *
sl_plan_grow(struct sl_plan *plan, void *items, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity)
        return items;
    *capacity = *capacity ? 2 * *capacity : 16;
    void *more = sl_arena_alloc(plan->arena, *capacity * size);
    if (n)
        memcpy(more, items, n * size);
    return more;
}

/* The index of the step of that key, which is added if it is new. */
static size_t
add_step(struct sl_plan *plan, const struct sl_plan_step *step)
{
    size_t *slot = find_slot(plan, &step->key);

    if (*slot)
        return *slot - 1;
    plan->steps =
        sl_plan_grow(plan, plan->steps, plan->n, &plan->capacity, sizeof *plan->steps);
    plan->steps[plan->n++] = *step;
    *slot = plan->n;
    if (2 * plan->n > plan->table_size)
        grow_table(plan);
    return plan->n - 1;
}

/* ---- the steps of a run ------------------------------------------------------------- */

/* While a run is added: the step of each of its stages so far. */
struct adding {
    struct sl_plan *plan;
    const struct sl_experiment *experiment;
    size_t *steps;
};

/* The step whose data set a step works on. */
static size_t
data_step_of(const struct sl_plan *plan, size_t step)
{
    for (size_t i = 0; i < plan->steps[step].n; i++)
        if (plan->steps[step].inputs[i].type == SL_PORT_DATASET)
            return plan->steps[step].inputs[i].step;
    return step;
}

static size_t
add_score(struct adding *a, const struct sl_join *join)
{
    size_t train = a->steps[join->from->index];
    struct sl_plan_input *inputs = sl_arena_alloc(a->plan->arena, 2 * sizeof *inputs);
    struct sl_plan_step step = {
        .stage = join->from,
        .split = join->split,
        .score = join->score,
        .seed = a->experiment->seed,
        .split_seed = a->experiment->split_seed,
        .n = 2,
        .inputs = inputs,
    };

    inputs[0] = (struct sl_plan_input){"model", SL_PORT_MODEL, train};
    inputs[1] =
        (struct sl_plan_input){"data", SL_PORT_DATASET, data_step_of(a->plan, train)};
    sl_key_score(a->plan, &step);
    return add_step(a->plan, &step);
}

/* The value of the field that is a horizon; 0 where there is none. */
static double
horizon_of(const struct sl_field *fields, const char *config)
{
    double found = 0;

    for (const struct sl_field *f = fields; f && f->type != SL_TYPE_END && !found; f++) {
        const void *value = config + f->offset;
        if (f->type == SL_TYPE_INCLUDE)
            found = horizon_of(f->fields, value);
        else if (f->flags & SL_HORIZON)
            found = (double)*(const int64_t *)value;
    }
    return found;
}

static enum sl_status
add_stage(struct adding *a, const struct sl_stage *stage, struct sl_error *err)
{
    struct sl_plan_input *inputs =
        sl_arena_alloc(a->plan->arena, (stage->n + 1) * sizeof *inputs);
    struct sl_plan_step step = {
        .stage = stage,
        .seed = a->experiment->seed,
        .split_seed = a->experiment->split_seed,
        .inputs = inputs,
        .horizon = horizon_of(stage->module->entry.fields, stage->config),
    };

    for (size_t i = 0; i < stage->n; i++) {
        const struct sl_join *join = &stage->joins[i];
        if (!join->from)
            continue;
        inputs[step.n++] = (struct sl_plan_input){
            .port = join->port->name,
            .type = join->port->type,
            .step = join->port->type == SL_PORT_SCORES ? add_score(a, join)
                                                       : a->steps[join->from->index],
        };
    }
    SL_TRY(sl_key_stage(a->plan, &step, err));
    a->steps[stage->index] = add_step(a->plan, &step);
    return SL_OK;
}

/* Puts a step and all it rests on into an ascending list; returns its new length. A run
 * has few steps, so looking through the list is cheap. */
static size_t
collect(const struct sl_plan *plan, size_t step, size_t *list, size_t n)
{
    size_t at = 0;

    while (at < n && list[at] < step)
        at++;
    if (at < n && list[at] == step)
        return n;
    memmove(&list[at + 1], &list[at], (n - at) * sizeof *list);
    list[at] = step;
    n++;
    for (size_t i = 0; i < plan->steps[step].n; i++)
        n = collect(plan, plan->steps[step].inputs[i].step, list, n);
    return n;
}

static const size_t *
needed_steps(const struct adding *a, size_t *n)
{
    size_t most = 1;

    for (size_t i = 0; i < a->experiment->n; i++)
        most += 1 + a->experiment->stages[i].n; /* itself and a score for each port */
    size_t *list = sl_arena_alloc(a->plan->arena, most * sizeof *list);
    *n = 0;
    for (size_t i = 0; i < a->experiment->n; i++)
        *n = collect(a->plan, a->steps[i], list, *n);
    return list;
}

static struct sl_digest
run_digest(const struct adding *a)
{
    struct sl_hash hash;
    struct sl_digest digest;

    sl_hash_init(&hash);
    sl_hash_text(&hash, "run 1");
    sl_hash_text(&hash, a->experiment->name);
    sl_hash_u64(&hash, a->experiment->seed);
    for (size_t i = 0; i < a->experiment->n; i++) {
        sl_hash_text(&hash, a->experiment->stages[i].name);
        sl_hash_digest(&hash, &a->plan->steps[a->steps[i]].key);
    }
    digest = sl_hash_end(&hash);
    sl_hash_release(&hash);
    return digest;
}

static void
append_run(struct sl_plan *plan, struct sl_plan_run *run, const char *label)
{
    char hex[SL_DIGEST_HEX];

    sl_digest_hex(&run->key, hex);
    run->folder = sl_arena_format(plan->arena, "runs/%s-%.16s", label, hex);
    plan->runs = sl_plan_grow(plan, plan->runs, plan->run_count, &plan->run_capacity,
                              sizeof *plan->runs);
    plan->runs[plan->run_count++] = *run;
}

enum sl_status
sl_plan_add(struct sl_plan *plan, const struct sl_experiment *experiment,
            const char *label, struct sl_error *err)
{
    struct adding a = {.plan = plan, .experiment = experiment};
    struct sl_plan_run run = {.experiment = experiment};

    a.steps = sl_arena_alloc(plan->arena, (experiment->n + 1) * sizeof *a.steps);
    for (size_t i = 0; i < experiment->n; i++)
        if (add_stage(&a, &experiment->stages[i], err))
            return sl_error_context(err, "stage '%s'", experiment->stages[i].name);
    run.key = run_digest(&a);
    run.steps = a.steps;
    run.needs = needed_steps(&a, &run.n);
    append_run(plan, &run, label);
    return SL_OK;
}

/* Its key is that of its configuration: what its files hold is not known. */
void
sl_plan_add_fault(struct sl_plan *plan, const struct sl_experiment *experiment,
                  const char *label, const char *fault)
{
    struct sl_plan_run run = {.experiment = experiment};
    struct sl_text config = {0};
    struct sl_hash hash;

    sl_experiment_print(experiment, &config);
    sl_hash_init(&hash);
    sl_hash_text(&hash, "fault 1");
    sl_hash_text(&hash, config.bytes);
    run.key = sl_hash_end(&hash);
    sl_hash_release(&hash);
    sl_text_release(&config);
    run.fault = sl_arena_string(plan->arena, fault);
    append_run(plan, &run, label);
}

/* ---- the order of trainings --------------------------------------------------------- */

static int
by_trajectory(const void *a, const void *b)
{
    const struct sl_plan_step *x = *(const struct sl_plan_step *const *)a;
    const struct sl_plan_step *y = *(const struct sl_plan_step *const *)b;
    int order = memcmp(&x->trajectory, &y->trajectory, sizeof x->trajectory);

    if (order == 0)
        order = (x->horizon > y->horizon) - (x->horizon < y->horizon);
    return order ? order : (x > y) - (x < y);
}

const size_t *
sl_plan_chain(const struct sl_plan *plan, const bool *wanted, struct sl_arena *arena)
{
    const struct sl_plan_step **chain = sl_arena_alloc(arena, plan->n * sizeof *chain);
    size_t n = 0, *before = sl_arena_alloc(arena, plan->n * sizeof *before);

    for (size_t i = 0; i < plan->n; i++) {
        before[i] = SIZE_MAX;
        if (wanted[i] && plan->steps[i].horizon > 0)
            chain[n++] = &plan->steps[i];
    }
    qsort(chain, n, sizeof *chain, by_trajectory);
    for (size_t i = 1; i < n; i++)
        if (sl_digest_equal(&chain[i - 1]->trajectory, &chain[i]->trajectory))
            before[chain[i] - plan->steps] = (size_t)(chain[i - 1] - plan->steps);
    return before;
}

struct sl_digest
sl_plan_digest(const struct sl_plan *plan)
{
    struct sl_hash hash;
    struct sl_digest digest;

    sl_hash_init(&hash);
    sl_hash_text(&hash, "plan 1");
    for (size_t i = 0; i < plan->run_count; i++)
        sl_hash_digest(&hash, &plan->runs[i].key);
    digest = sl_hash_end(&hash);
    sl_hash_release(&hash);
    return digest;
}
