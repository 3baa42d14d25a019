/* SPDX-License-Identifier: MIT */
/* Average precision. */
#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    return sl_cuts_auprc(&detection->cuts);
}

const struct sl_metric_class metric_auprc = {
    .entry = {.name = "auprc",
              .summary = "average precision: area under precision over recall"},
    .of = of,
    .resampled = true,
};
