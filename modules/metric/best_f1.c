/* SPDX-License-Identifier: MIT */
/* What the best threshold would reach, chosen with the labels it is judged by. */
#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    return sl_cuts_best_f1(&detection->cuts, NULL);
}

const struct sl_metric_class metric_best_f1 = {
    .entry = {.name = "best_f1",
              .summary =
                  "the largest F1 of all thresholds: what no calibration can beat"},
    .of = of,
    .resampled = true,
};
