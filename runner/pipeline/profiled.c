/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/profiled.h"

#include <stdio.h>

/* Stages' kinds stand in the same order. */
static enum sl_operation
operation_of(const struct sl_step *step)
{
    if (step->plan->split)
        return SL_OPERATION_SCORE;
    return SL_OPERATION_LOAD + (step->plan->stage->row->table - SL_LOAD);
}

static struct sl_amount
amount_of(const struct sl_step *step)
{
    const struct sl_dataset *data = step->outcome.dataset;
    struct sl_amount none = {0};

    if (!data)
        return none;
    return (struct sl_amount){
        .bytes = (double)(data->n * data->d * sl_dtype_size(data->type)),
        .rows = data->n,
    };
}

enum sl_status
sl_profiled_perform(struct sl_step *step, struct sl_error *err)
{
    struct sl_profile_span span;
    enum sl_status status;

    sl_profile_begin(sl_pool_profile(step->pool), &span, operation_of(step),
                     step->plan->stage->module->entry.name);
    status = sl_step_perform(step, err);
    sl_profile_end(&span, amount_of(step));
    return status;
}

/* The longest come first: what there is no place for took next to no time. The program has
 * the step in its own account, too. Each row is counted once it is there: the process may
 * be killed at any moment. */
void
sl_profiled_take(struct sl_profile *profile, struct sl_profiled *shared)
{
    struct sl_profile_sum sum;
    struct sl_arena arena;

    sl_arena_init(&arena);
    sl_profile_sum(profile, &arena, &sum);
    shared->peak = sum.peak;
    for (size_t i = 0; i < sum.n && i < SL_PROFILED_ROWS; i++) {
        shared->rows[i] = sum.rows[i];
        snprintf(shared->names[i], sizeof shared->names[i], "%s", sum.rows[i].name);
        shared->rows[i].name = shared->names[i];
        shared->rows[i].count *= sum.rows[i].operation != SL_OPERATION_STEP;
        shared->n = i + 1;
    }
    sl_arena_release(&arena);
}

void
sl_profiled_add(struct sl_profile *profile, const struct sl_profiled *shared)
{
    if (profile)
        sl_profile_add(profile, sl_profile_here(profile), shared->rows, shared->n,
                       shared->peak);
}
