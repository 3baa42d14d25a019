/* SPDX-License-Identifier: MIT */
/* Multiplied by `factor` each time another `every` epochs are done. */
#include <math.h>

#include "modules/learn/schedule.h"

struct config {
    int64_t every;
    double factor;
};

static const struct sl_field fields[] = {
    SL_INT(struct config, every, 10, 1, 1e6, "epochs between two steps"),
    SL_DOUBLE(struct config, factor, 0.1, 0, 1, "what each step leaves of the rate"),
    SL_FIELD_END,
};

static double
rate(const void *config, const struct sl_schedule_point *at)
{
    const struct config *c = config;

    return pow(c->factor, (double)(at->iteration / at->batches / (uint64_t)c->every));
}

const struct sl_schedule_class schedule_step = {
    .entry = {.name = "step",
              .summary = "down by a factor after every so many epochs",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .rate = rate,
};
