/* SPDX-License-Identifier: MIT */
/*
 * Half a cosine from 1 down to `final` (Loshchilov and Hutter 2017, "SGDR", equation 5,
 * without restarts). Batch i of n behind the warm-up has f + (1 - f) (1 + cos(pi i / n)) / 2:
 * the first takes the whole rate, and one behind the last would take `final`.
 */
#include <math.h>

#include "modules/learn/schedule.h"

struct config {
    double final;
};

static const struct sl_field fields[] = {
    SL_DOUBLE(struct config, final, 0, 0, 1, "share of the rate that is left at the end"),
    SL_FIELD_END,
};

static double
rate(const void *config, const struct sl_schedule_point *at)
{
    const struct config *c = config;
    uint64_t n = at->iterations > at->warmup ? at->iterations - at->warmup : 1;
    double done = (double)(at->iteration - at->warmup) / (double)n;

    return c->final + (1 - c->final) * (1 + cos(3.14159265358979323846 * done)) / 2;
}

const struct sl_schedule_class schedule_cosine = {
    .entry = {.name = "cosine",
              .summary = "down to the end of the training, along half a cosine",
              .fields = fields,
              .config_size = sizeof(struct config),
              .reads_horizon = true},
    .rate = rate,
};
