/* SPDX-License-Identifier: MIT */
/* What a step gets from the steps before it. */
#include "runner/pipeline/step.h"

/* A step that scores has the model first among its inputs and the data second. */
static void
join_scores(const struct sl_step *from, struct sl_scores *scores)
{
    const struct sl_plan_step *plan = from->plan;
    const struct sl_item *values = sl_bundle_find(&from->outcome.outputs, "scores");
    const struct sl_item *ids = sl_bundle_find(&from->outcome.outputs, "ids");

    *scores = (struct sl_scores){
        .n = sl_tensor_count(&values->tensor),
        .at = values->tensor.data,
        .ids = ids->tensor.data,
        .split = plan->split,
        .score = plan->stage->module->model->scores[plan->score].name,
        .model = from->inputs[0].model,
        .data = from->inputs[1].dataset,
    };
}

static void
join_input(const struct sl_plan_input *plan, const struct sl_step *from,
           struct sl_input *input)
{
    const struct sl_item *item;

    *input = (struct sl_input){.port = plan->port, .type = plan->type};
    switch (plan->type) {
    case SL_PORT_DATASET:
        input->dataset = from->outcome.dataset;
        break;
    case SL_PORT_MODEL:
        input->model = from->model;
        break;
    case SL_PORT_SCORES:
        join_scores(from, &input->scores);
        break;
    case SL_PORT_TENSOR:
        item = sl_bundle_find(&from->outcome.outputs, plan->port);
        input->tensor = item ? &item->tensor : NULL;
        break;
    }
}

void
sl_step_join(struct sl_step *step, const struct sl_step *const *from)
{
    step->n = step->plan->n;
    step->inputs = sl_arena_alloc(&step->arena, step->n * sizeof *step->inputs);
    for (size_t i = 0; i < step->n; i++)
        join_input(&step->plan->inputs[i], from[i], &step->inputs[i]);
}
