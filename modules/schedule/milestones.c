/* SPDX-License-Identifier: MIT */
/* Multiplied by `factor` as each of the listed numbers of epochs is done. */
#include <math.h>

#include "modules/learn/schedule.h"

struct config {
    struct sl_int_list epochs;
    double factor;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, epochs, struct sl_int_list, SL_TYPE_INT_LIST,
             .flags = SL_REQUIRED, .low = 1, .high = 1e6,
             .help = "epochs after which the rate goes down, counted from the start"),
    SL_DOUBLE(struct config, factor, 0.1, 0, 1, "what each of them leaves of the rate"),
    SL_FIELD_END,
};

static double
rate(const void *config, const struct sl_schedule_point *at)
{
    const struct config *c = config;
    uint64_t epoch = at->iteration / at->batches;
    size_t passed = 0;

    for (size_t i = 0; i < c->epochs.n; i++)
        passed += epoch >= (uint64_t)c->epochs.at[i];
    return pow(c->factor, (double)passed);
}

const struct sl_schedule_class schedule_milestones = {
    .entry = {.name = "milestones",
              .summary = "down by a factor after each of a list of epochs",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .rate = rate,
};
