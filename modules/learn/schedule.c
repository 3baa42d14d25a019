/* SPDX-License-Identifier: MIT */
#include "modules/learn/schedule.h"

double
sl_schedule_rate(const struct sl_choice *schedule, const struct sl_schedule_point *at)
{
    const struct sl_schedule_class *class =
        (const struct sl_schedule_class *)schedule->row->as[0];
    struct sl_schedule_point point = *at;

    if (at->iteration >= at->warmup)
        return class->rate(schedule->config, at);
    point.iteration = at->warmup;
    return class->rate(schedule->config, &point) * (double)(at->iteration + 1) /
           (double)at->warmup;
}
