/* SPDX-License-Identifier: MIT */
/* The share of anomalous rows. */
#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    const struct sl_ranking *r = &detection->ranking;

    return sl_share(r->m, r->n + r->m);
}

const struct sl_metric_class metric_prevalence = {
    .entry = {.name = "prevalence",
              .summary = "share of anomalous rows: what a guess reaches as auprc"},
    .of = of,
};
