/* SPDX-License-Identifier: MIT */
/* Area under the precision-recall curve, as a sum and not by trapezoids. */
#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    return sl_ranking_auprc(&detection->ranking);
}

const struct sl_metric_class metric_auprc = {
    .entry = {.name = "auprc",
              .summary = "average precision, the anomalous rows being the positive ones"},
    .of = of,
};
