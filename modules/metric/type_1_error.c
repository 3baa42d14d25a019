/* SPDX-License-Identifier: MIT */
/* Normal rows that are flagged. */
#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    const struct sl_cuts *c = &detection->cuts;

    return sl_share(sl_cuts_flagged(c, false), c->normals);
}

static struct sl_interval
interval(const struct sl_detection *detection)
{
    const struct sl_cuts *c = &detection->cuts;

    return sl_interval_wilson(sl_cuts_flagged(c, false), c->normals);
}

const struct sl_metric_class metric_type_1_error = {
    .entry = {.name = "type_1_error",
              .summary = "share of normal rows above the threshold"},
    .of = of,
    .interval = interval,
};
