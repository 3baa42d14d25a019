/* SPDX-License-Identifier: MIT */
/* The chance that an anomalous row scores above a normal one. */
#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    return sl_ranking_auroc(&detection->ranking);
}

const struct sl_metric_class metric_auroc = {
    .entry = {.name = "auroc",
              .summary = "area under the ROC curve, ties counted one half"},
    .of = of,
};
