/* SPDX-License-Identifier: MIT */
/* Columns that go from `low` to `high` on the training split; others may lie outside. A
 * column that is constant there lies at `low`, and keeps its unit. */
#include "modules/learn/scaling.h"

struct config {
    double low, high;
};

static const struct sl_field fields[] = {
    SL_DOUBLE(struct config, low, 0, -1e6, 1e6, "where the least value comes to lie"),
    SL_DOUBLE(struct config, high, 1, -1e6, 1e6, "where the greatest comes to lie"),
    SL_FIELD_END,
};

static const char *const names[2] = {"shift", "scale"};

static enum sl_status
fit(const void *config, const struct sl_fitting *fitting, struct sl_bundle *parameters,
    struct sl_error *err)
{
    const struct config *c = config;
    size_t d = fitting->data->d;
    double *shift = sl_arena_alloc(parameters->arena, 2 * d * sizeof *shift);
    double *scale = shift + d, *high = scale;

    if (!(c->low < c->high))
        return sl_fail(err, SL_ERR_CONFIG, "'low' %g is not below 'high' %g", c->low,
                       c->high);
    SL_TRY(sl_fitting_range(fitting, shift, high, err));
    for (size_t j = 0; j < d; j++) {
        scale[j] = (high[j] - shift[j]) / (c->high - c->low);
        shift[j] -= c->low * (scale[j] > 0 ? scale[j] : 1);
    }
    return sl_scaling_keep(parameters, names, shift, scale, d, err);
}

static enum sl_status
open(struct sl_preprocess *step, const struct sl_bundle *parameters,
     struct sl_arena *arena, struct sl_error *err)
{
    return sl_scaling_open(step, parameters, names, arena, err);
}

const struct sl_preprocess_class preprocess_min_max = {
    .entry = {.name = "min-max",
              .summary = "columns from 0 to 1",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .fit = fit,
    .open = open,
    .forward = sl_scaling_forward,
    .graph = sl_scaling_graph,
    .inverse = sl_scaling_inverse,
};
