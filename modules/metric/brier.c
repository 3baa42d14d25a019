/* SPDX-License-Identifier: MIT */
/*
 * The Brier score (1950) of 1 - p as a forecast that a row is anomalous. p-values are no
 * posterior probabilities: those of normal rows are uniform, which alone costs 1/3 of them.
 * So it compares scores and calibrations on the same rows, and is no goal by itself.
 */
#include <math.h>

#include "modules/learn/metric.h"

static double
loss(double p, bool anomalous)
{
    double miss = anomalous ? p : 1.0 - p;

    return miss * miss;
}

/* Sums of the losses, and of their squares, of each kind. */
static void
add_up(const struct sl_p_values *p, double sums[2], double squares[2])
{
    for (size_t i = 0; i < p->n; i++) {
        sums[0] += loss(p->normal[i], false);
        squares[0] += loss(p->normal[i], false) * loss(p->normal[i], false);
    }
    for (size_t i = 0; i < p->m; i++) {
        sums[1] += loss(p->anomalous[i], true);
        squares[1] += loss(p->anomalous[i], true) * loss(p->anomalous[i], true);
    }
}

static double
of(const struct sl_detection *detection)
{
    const struct sl_p_values *p = detection->p;
    double sums[2] = {0}, squares[2] = {0};

    if (!p || !p->n || !p->m)
        return (double)NAN;
    add_up(p, sums, squares);
    return (sums[0] + sums[1]) / (double)(p->n + p->m);
}

static struct sl_interval
interval(const struct sl_detection *detection)
{
    const struct sl_p_values *p = detection->p;
    double sums[2] = {0}, squares[2] = {0};

    if (!p)
        return (struct sl_interval){0};
    add_up(p, sums, squares);
    return sl_interval_mean(sums, squares, (double[]){(double)p->n, (double)p->m});
}

const struct sl_metric_class metric_brier = {
    .entry = {.name = "brier",
              .summary = "mean squared difference of 1 - p and the label"},
    .of = of,
    .interval = interval,
    .of_p_values = true,
};
