/* SPDX-License-Identifier: MIT */
/* The share of normal rows that are flagged. */
#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    const struct sl_ranking *r = &detection->ranking;
    size_t flagged = sl_ranking_above(r->normal, r->n, detection->threshold);

    return sl_share(flagged, r->n);
}

const struct sl_metric_class metric_type_1_error = {
    .entry = {.name = "type_1_error",
              .summary = "share of normal rows above the threshold"},
    .of = of,
};
