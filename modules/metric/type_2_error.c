/* SPDX-License-Identifier: MIT */
/* Anomalous rows that are not flagged. */
#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    const struct sl_cuts *c = &detection->cuts;

    return sl_share(c->anomalies - sl_cuts_flagged(c, true), c->anomalies);
}

static struct sl_interval
interval(const struct sl_detection *detection)
{
    const struct sl_cuts *c = &detection->cuts;

    return sl_interval_wilson(c->anomalies - sl_cuts_flagged(c, true), c->anomalies);
}

const struct sl_metric_class metric_type_2_error = {
    .entry = {.name = "type_2_error",
              .summary = "share of anomalous rows at or below the threshold"},
    .of = of,
    .interval = interval,
};
