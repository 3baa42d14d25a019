/* SPDX-License-Identifier: MIT */
/*
 * Whether the p-values of normal rows are what they say: the Kolmogorov-Smirnov distance
 * sup |F(p) - p| of their distribution from the uniform one.
 */
#include <math.h>

#include "modules/learn/metric.h"

static double
of(const struct sl_detection *detection)
{
    const struct sl_p_values *p = detection->p;
    double most = 0.0;

    if (!p || !p->n)
        return (double)NAN;
    for (size_t i = 0; i < p->n; i++) {
        double below = (double)i / (double)p->n, above = (double)(i + 1) / (double)p->n;

        most = fmax(most, fmax(above - p->normal[i], p->normal[i] - below));
    }
    return most;
}

const struct sl_metric_class metric_ks_of_p_values = {
    .entry = {.name = "ks_of_p_values",
              .summary =
                  "distance of normal rows' p-values from the uniform distribution"},
    .of = of,
    .of_p_values = true,
};
