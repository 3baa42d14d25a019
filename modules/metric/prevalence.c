/* SPDX-License-Identifier: MIT */
/* The share of anomalous rows. */
#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    const struct sl_cuts *c = &detection->cuts;

    return sl_share(c->anomalies, c->normals + c->anomalies);
}

const struct sl_metric_class metric_prevalence = {
    .entry = {.name = "prevalence",
              .summary = "share of anomalous rows: what a guess reaches as auprc"},
    .of = of,
};
