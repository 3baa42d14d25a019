/* SPDX-License-Identifier: MIT */
/* What a person finds who looks at as many rows as there are anomalies. */
#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    return sl_cuts_precision_at_n(&detection->cuts);
}

const struct sl_metric_class metric_precision_at_n = {
    .entry = {.name = "precision_at_n",
              .summary =
                  "share of anomalous rows among the n highest, n of them being there"},
    .of = of,
    .resampled = true,
};
