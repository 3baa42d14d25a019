/* SPDX-License-Identifier: MIT */
/* Columns of mean 0 and variance 1 on the training split. */
#include "modules/learn/scaling.h"

static const char *const names[2] = {"mean", "std"};

static enum sl_status
fit(const void *config, const struct sl_fitting *fitting, struct sl_bundle *parameters,
    struct sl_error *err)
{
    size_t d = fitting->data->d;
    double *mean = sl_arena_alloc(parameters->arena, 2 * d * sizeof *mean);

    (void)config;
    SL_TRY(sl_fitting_moments(fitting, mean, mean + d, err));
    return sl_scaling_keep(parameters, names, mean, mean + d, d, err);
}

static enum sl_status
open(struct sl_preprocess *step, const struct sl_bundle *parameters,
     struct sl_arena *arena, struct sl_error *err)
{
    return sl_scaling_open(step, parameters, names, arena, err);
}

const struct sl_preprocess_class preprocess_standardise = {
    .entry = {.name = "standardise", .summary = "columns of mean 0 and variance 1"},
    .fit = fit,
    .open = open,
    .forward = sl_scaling_forward,
    .graph = sl_scaling_graph,
    .inverse = sl_scaling_inverse,
};
