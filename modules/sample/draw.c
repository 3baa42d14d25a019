/* SPDX-License-Identifier: MIT */
/* Points of a model that can draw. */
#include "modules/learn/sampled.h"

struct config {
    int64_t count;
    const char *compare;
};

static const struct sl_field fields[] = {
    SL_INT(struct config, count, 5000, 1, 1e8, "points"),
    SL_SAMPLED_COMPARE(struct config, compare),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {
    {
        .name = "model",
        .type = SL_PORT_MODEL,
        .needs = SL_NEEDS_DRAW,
        .help = "whose distribution is drawn from",
    },
    SL_SAMPLED_DATA,
    SL_PORT_END,
};

static const struct sl_result results[] = {
    SL_SAMPLED_RESULTS,
    SL_RESULT_END,
};

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    const struct sl_model *model = sl_input_model(step, "model");
    size_t n = (size_t)c->count;
    struct sl_sampled sampled = {n, NULL, model, sl_input_dataset(step, "data"),
                                 c->compare};
    struct sl_stream stream = sl_step_stream(step, "draw");
    struct sl_tensor x;

    SL_TRY(
        sl_tensor_new(&x, sl_step_arena(step), SL_F64, 2, (size_t[]){n, model->d}, err));
    SL_TRY(
        model->module->model->draw(model, sl_step_pool(step), &stream, n, x.data, err));
    sampled.x = x.data;
    return sl_sampled_record(step, &sampled, err);
}

const struct sl_module sample_draw = {
    .entry = {.name = "draw",
              .summary = "points of a model that can draw",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .inputs = inputs,
    .results = results,
    .draws = SL_DRAWS,
    .reads = 1u << SL_DIVERGENCE,
    .run = run,
};
