/* SPDX-License-Identifier: MIT */
/* The two-sample Kolmogorov-Smirnov statistic, sup |F - G|, of each column. */
#include <math.h>

#include "modules/learn/divergence.h"
#include "modules/learn/steps.h"

static void
largest_step(void *context, size_t column, struct sl_steps *steps)
{
    double *columns = context;

    columns[column] = 0;
    while (sl_steps_next(steps))
        columns[column] = fmax(columns[column], fabs(steps->difference));
}

static enum sl_status
compute(const struct sl_sample_pair *pair, double *value, double *columns,
        struct sl_error *err)
{
    struct sl_columns all = {pair->d,    pair->n,      pair->m, pair->samples,
                             pair->data, largest_step, columns};

    SL_TRY(sl_columns_sorted(&all, pair->pool, pair->arena, err));
    *value = 0;
    for (size_t j = 0; j < pair->d; j++)
        *value = fmax(*value, columns[j]);
    return SL_OK;
}

const struct sl_divergence_class divergence_ks = {
    .entry = {.name = "ks",
              .summary = "Kolmogorov-Smirnov statistic, the largest of all columns"},
    .symmetric = true,
    .by_column = true,
    .compute = compute,
};
