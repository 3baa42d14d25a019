/* SPDX-License-Identifier: MIT */
/* Precision and recall of what the threshold flags, in one number. */
#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    return sl_cuts_f1(&detection->cuts);
}

const struct sl_metric_class metric_f1 = {
    .entry = {.name = "f1",
              .summary = "harmonic mean of precision and recall at the threshold"},
    .of = of,
    .resampled = true,
};
