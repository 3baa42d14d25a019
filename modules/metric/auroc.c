/* SPDX-License-Identifier: MIT */
/* The chance that an anomalous row scores above a normal one. */
#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    return sl_cuts_auroc(&detection->cuts);
}

static struct sl_interval
interval(const struct sl_detection *detection)
{
    return sl_interval_auroc(&detection->cuts);
}

const struct sl_metric_class metric_auroc = {
    .entry = {.name = "auroc",
              .summary = "area under the ROC curve, ties counted one half"},
    .of = of,
    .interval = interval,
};
