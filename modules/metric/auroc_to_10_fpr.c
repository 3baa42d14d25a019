/* SPDX-License-Identifier: MIT */
/* The part of the ROC curve where false alarms are affordable. */
#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    return sl_cuts_partial_auroc(&detection->cuts, 0.1);
}

const struct sl_metric_class metric_auroc_to_10_fpr = {
    .entry = {.name = "auroc_to_10_fpr",
              .summary = "area under the ROC curve up to 10 % false alarms, "
                         "standardised: 0.5 is a guess"},
    .of = of,
    .resampled = true,
};
