/* SPDX-License-Identifier: MIT */
/* The share of anomalous rows that are missed. */
#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    const struct sl_ranking *r = &detection->ranking;
    size_t flagged = sl_ranking_above(r->anomalous, r->m, detection->threshold);

    return sl_share(r->m - flagged, r->m);
}

const struct sl_metric_class metric_type_2_error = {
    .entry = {.name = "type_2_error",
              .summary = "share of anomalous rows at or below the threshold"},
    .of = of,
};
