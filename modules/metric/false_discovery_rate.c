/* SPDX-License-Identifier: MIT */
/* Flagged rows that are normal: what Benjamini and Hochberg's procedure bounds. */
#include <math.h>

#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    const struct sl_cuts *c = &detection->cuts;
    double normal = sl_cuts_flagged(c, false), all = normal + sl_cuts_flagged(c, true);

    if (!(c->normals > 0 && c->anomalies > 0))
        return (double)NAN;
    return all > 0 ? normal / all : 0.0;
}

static struct sl_interval
interval(const struct sl_detection *detection)
{
    const struct sl_cuts *c = &detection->cuts;
    double normal = sl_cuts_flagged(c, false);

    return sl_interval_wilson(normal, normal + sl_cuts_flagged(c, true));
}

const struct sl_metric_class metric_false_discovery_rate = {
    .entry = {.name = "false_discovery_rate",
              .summary = "share of normal rows among the flagged ones; 0 where none is"},
    .of = of,
    .interval = interval,
};
