/* SPDX-License-Identifier: MIT */
/*
 * Columns of median 0 whose quantiles `low` and `high` are 1 apart: what a few wild values
 * do not move. A column whose two quantiles are equal keeps its unit.
 */
#include "modules/learn/scaling.h"

struct config {
    double low, high;
};

static const struct sl_field fields[] = {
    SL_DOUBLE(struct config, low, 0.25, 0, 0.5, "the lower quantile"),
    SL_DOUBLE(struct config, high, 0.75, 0.5, 1, "the upper quantile"),
    SL_FIELD_END,
};

static const char *const names[2] = {"median", "range"};

static enum sl_status
fit(const void *config, const struct sl_fitting *fitting, struct sl_bundle *parameters,
    struct sl_error *err)
{
    const struct config *c = config;
    size_t d = fitting->data->d;
    double *median = sl_arena_alloc(parameters->arena, 2 * d * sizeof *median);
    struct sl_sorted_column *columns;

    SL_TRY(sl_fitting_sort(fitting, parameters->arena, &columns, err));
    for (size_t j = 0; j < d; j++) {
        median[j] = sl_sorted_quantile(&columns[j], 0.5);
        median[d + j] = sl_sorted_quantile(&columns[j], c->high) -
                        sl_sorted_quantile(&columns[j], c->low);
    }
    return sl_scaling_keep(parameters, names, median, median + d, d, err);
}

static enum sl_status
open(struct sl_preprocess *step, const struct sl_bundle *parameters,
     struct sl_arena *arena, struct sl_error *err)
{
    return sl_scaling_open(step, parameters, names, arena, err);
}

const struct sl_preprocess_class preprocess_robust = {
    .entry = {.name = "robust",
              .summary = "columns of median 0, scaled by the distance of two quantiles",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .fit = fit,
    .open = open,
    .forward = sl_scaling_forward,
    .graph = sl_scaling_graph,
    .inverse = sl_scaling_inverse,
};
