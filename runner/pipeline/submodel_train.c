/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "runner/pipeline/submodel.h"
#include "runner/pipeline/step.h"

/* A step within a step: the outer one's, but for what it trains, on which rows, and what its
 * streams and checkpoints go by. */
struct inner {
    struct sl_step step;
    struct sl_plan_step plan;
    struct sl_stage stage;
    struct sl_dataset data;
};

static struct sl_digest
trajectory_of(const struct sl_plan_step *plan, const char *name)
{
    struct sl_digest digest;
    struct sl_hash hash;

    sl_hash_init(&hash);
    sl_hash_text(&hash, "member 1");
    sl_hash_digest(&hash, &plan->trajectory);
    sl_hash_text(&hash, name);
    digest = sl_hash_end(&hash);
    sl_hash_release(&hash);
    return digest;
}

static void
plan_inner(struct inner *inner, const struct sl_step *outer,
           const struct sl_submodel *member, struct sl_arena *arena)
{
    inner->stage = *outer->plan->stage;
    inner->stage.row = member->choice->row;
    inner->stage.module = (const struct sl_module *)member->choice->row->as[0];
    inner->stage.config = member->choice->config;
    inner->stage.timeout = 0; /* the outer one's deadline holds */
    inner->stage.name =
        sl_arena_format(arena, "%s/%s", outer->plan->stage->name, member->name);
    inner->plan = *outer->plan;
    inner->plan.stage = &inner->stage;
    inner->plan.trajectory = trajectory_of(outer->plan, member->name);
}

/* The data set with other training rows. */
static void
join_inner(struct inner *inner, const struct sl_step *outer, const struct sl_split *rows,
           struct sl_arena *arena)
{
    struct sl_input *inputs = sl_arena_alloc(arena, outer->n * sizeof *inputs);

    for (size_t i = 0; i < outer->n; i++) {
        inputs[i] = outer->inputs[i];
        if (!inputs[i].dataset)
            continue;
        const struct sl_dataset *data = inputs[i].dataset;
        struct sl_split *splits =
            sl_arena_alloc(arena, data->split_count * sizeof *splits);
        for (size_t k = 0; k < data->split_count; k++)
            splits[k] =
                strcmp(data->splits[k].name, rows->name) == 0 ? *rows : data->splits[k];
        inner->data = *data;
        inner->data.splits = splits;
        inputs[i].dataset = &inner->data;
    }
    inner->step.inputs = inputs;
}

static void
begin(struct inner *inner, struct sl_step *outer, const struct sl_submodel *member)
{
    struct sl_step *step = &inner->step;

    step->plan = &inner->plan;
    step->label = sl_arena_format(sl_step_arena(outer), "%s, member %s", outer->label,
                                  member->name);
    step->line = outer->line;
    step->registry = outer->registry;
    step->cache = outer->cache;
    step->pool = outer->pool;
    step->progress = outer->progress;
    step->stop = outer->stop;
    step->from_scratch = outer->from_scratch;
    step->shared = outer->shared;
    step->deadline = outer->deadline;
    step->n = outer->n;
    sl_arena_init_in(&step->arena, step->cache->folder);
    sl_outcome_init(&step->outcome, &step->arena);
}

static enum sl_status
keep(const struct sl_bundle *from, const char *prefix, struct sl_bundle *to,
     struct sl_error *err)
{
    for (size_t i = 0; i < from->n; i++) {
        struct sl_item item = from->items[i];

        item.name = sl_arena_format(to->arena, "%s%s", prefix, item.name);
        SL_TRY(sl_bundle_add(to, &item, err));
    }
    return SL_OK;
}

static enum sl_status
keep_model(const struct sl_stored_model *model, const char *name,
           struct sl_bundle *parameters, struct sl_error *err)
{
    SL_TRY(keep(&model->parameters, sl_arena_format(parameters->arena, "%s.", name),
                parameters, err));
    return keep(&model->preprocess,
                sl_arena_format(parameters->arena, "%s.preprocess.", name), parameters,
                err);
}

enum sl_status
sl_submodel_train(struct sl_step *step, const struct sl_submodel *member,
                  const struct sl_split *rows, struct sl_bundle *parameters,
                  struct sl_error *err)
{
    struct inner inner = {0};
    enum sl_status status;

    begin(&inner, step, member);
    plan_inner(&inner, step, member, sl_step_arena(step));
    join_inner(&inner, step, rows, sl_step_arena(step));
    status = sl_step_perform(&inner.step, err);
    if (status == SL_OK)
        status = keep_model(&inner.step.outcome.model, member->name, parameters, err);
    else if (status != SL_ERR_CANCELLED)
        sl_error_context(err, "member %s, '%s'", member->name,
                         inner.stage.module->entry.name);
    sl_arena_release(&inner.step.arena);
    return status;
}
