/* SPDX-License-Identifier: MIT */
/* A value in the place of one that is missing: the column's mean or median on the training
 * split, or a given one. What is there stays as it is. */
#include <math.h>

#include "modules/learn/fitting.h"

enum { MEAN, MEDIAN, VALUE };
static const char *const ways[] = {"mean", "median", "value", NULL};

struct config {
    int by;
    double value;
};

static const struct sl_field fields[] = {
    SL_WORD(struct config, by, MEAN, ways, "what stands in for a missing value"),
    SL_DOUBLE(struct config, value, 0, -1e300, 1e300, "the value, with by: value"),
    SL_FIELD_END,
};

static enum sl_status
find_median(const struct sl_fitting *fitting, struct sl_arena *arena, double *value,
            struct sl_error *err)
{
    struct sl_sorted_column *columns;

    SL_TRY(sl_fitting_sort(fitting, arena, &columns, err));
    for (size_t j = 0; j < fitting->data->d; j++)
        value[j] = sl_sorted_quantile(&columns[j], 0.5);
    return SL_OK;
}

static enum sl_status
fit(const void *config, const struct sl_fitting *fitting, struct sl_bundle *parameters,
    struct sl_error *err)
{
    const struct config *c = config;
    size_t d = fitting->data->d;
    double *value = sl_arena_alloc(parameters->arena, 2 * d * sizeof *value);

    if (c->by == MEAN)
        SL_TRY(sl_fitting_moments(fitting, value, value + d, err));
    else if (c->by == MEDIAN)
        SL_TRY(find_median(fitting, parameters->arena, value, err));
    for (size_t j = 0; c->by == VALUE && j < d; j++)
        value[j] = c->value;
    return sl_fitting_keep(parameters, "value", value, d, 0, err);
}

static enum sl_status
open(struct sl_preprocess *step, const struct sl_bundle *parameters,
     struct sl_arena *arena, struct sl_error *err)
{
    const double *value;

    SL_TRY(sl_preprocess_parameter(parameters, "value", step->in, 0, &value, err));
    step->state = (void *)(uintptr_t)sl_preprocess_copy(arena, value, step->in);
    return SL_OK;
}

static void
forward(const struct sl_preprocess *step, const struct sl_preprocess_pass *pass)
{
    const double *value = step->state;

    for (size_t i = 0; i < pass->n * step->in; i++)
        pass->y[i] = isnan(pass->x[i]) ? value[i % step->in] : pass->x[i];
}

static void
inverse(const struct sl_preprocess *step, size_t n, const double *y, double *x)
{
    for (size_t i = 0; i < n * step->in; i++)
        x[i] = y[i];
}

const struct sl_preprocess_class preprocess_impute = {
    .entry = {.name = "impute",
              .summary = "a value in the place of a missing one",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .fit = fit,
    .open = open,
    .forward = forward,
    .inverse = inverse,
};
