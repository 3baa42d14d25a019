/* SPDX-License-Identifier: MIT */
/* The optimizer's own learning rate, all the time. */
#include "modules/learn/schedule.h"

static double
rate(const void *config, const struct sl_schedule_point *at)
{
    (void)config, (void)at;
    return 1;
}

const struct sl_schedule_class schedule_constant = {
    .entry = {.name = "constant", .summary = "the same learning rate all the time"},
    .rate = rate,
};
