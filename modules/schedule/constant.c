/* SPDX-License-Identifier: MIT */
/* The optimizer's own learning rate, all the time. */
#include "modules/learn/schedule.h"

static double
rate(const void *config, uint64_t iteration, uint64_t iterations)
{
    (void)config;
    (void)iteration;
    (void)iterations;
    return 1;
}

const struct sl_schedule_class schedule_constant = {
    .entry = {.name = "constant", .summary = "the same learning rate all the time"},
    .rate = rate,
};
