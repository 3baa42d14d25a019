/* SPDX-License-Identifier: MIT */
/* What it costs in false alarms to find 95 % of the anomalous rows. */
#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    return sl_cuts_fpr_at(&detection->cuts, 95);
}

const struct sl_metric_class metric_fpr_at_95_tpr = {
    .entry = {.name = "fpr_at_95_tpr",
              .summary =
                  "share of normal rows flagged where 95 % of the anomalous ones are"},
    .of = of,
    .resampled = true,
};
