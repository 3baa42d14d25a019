/* SPDX-License-Identifier: MIT */
#include "modules/learn/interval.h"

#include <math.h>

struct sl_interval
sl_interval_wilson(double part, double whole)
{
    double p = part / whole, z2 = SL_Z95 * SL_Z95 / whole;
    double middle = (p + z2 / 2.0) / (1.0 + z2);
    double half = SL_Z95 / (1.0 + z2) * sqrt((p * (1.0 - p) + z2 / 4.0) / whole);

    if (!(whole > 0))
        return (struct sl_interval){0};
    /* In exact arithmetic 0 of n begins at 0 and n of n ends at 1. */
    return (struct sl_interval){part > 0 ? middle - half : 0.0,
                                part < whole ? middle + half : 1.0, "Wilson"};
}

/* Sums over one sample of its placements (the share of the other sample on the wrong side
 * of a row, ties counting one half) and of their squares. */
struct placements {
    double sum, squares, n;
};

static void
place(struct placements *p, double rows, double share)
{
    p->sum += rows * share;
    p->squares += rows * share * share;
    p->n += rows;
}

static double
variance_of_mean(const struct placements *p)
{
    return fmax(0.0, (p->squares - p->sum * p->sum / p->n) / (p->n - 1.0)) / p->n;
}

static double
delong_variance(const struct sl_cuts *c)
{
    struct placements normal = {0}, anomalous = {0};
    double fp = 0.0, tp = 0.0;

    for (size_t i = 0; i < c->n; i++) {
        double normals = c->normal[i] - fp, anomalies = c->anomalous[i] - tp;

        place(&anomalous, anomalies, (fp + normals / 2.0) / c->normals);
        place(&normal, normals, (c->anomalies - tp - anomalies / 2.0) / c->anomalies);
        fp = c->normal[i];
        tp = c->anomalous[i];
    }
    return variance_of_mean(&anomalous) + variance_of_mean(&normal);
}

/* The variance of an estimate of theta, by its sizes alone. */
static double
newcombe_variance(const struct sl_cuts *c, double theta)
{
    double more = (c->normals + c->anomalies) / 2.0 - 1.0;

    return theta * (1.0 - theta) *
           (1.0 + more * ((1.0 - theta) / (2.0 - theta) + theta / (1.0 + theta))) /
           (c->normals * c->anomalies);
}

/* The theta from which an estimate of 1 lies just SL_Z95 standard errors away. */
static double
newcombe_bound(const struct sl_cuts *c)
{
    double low = 0.0, high = 1.0;

    for (int i = 0; i < 100; i++) {
        double theta = low + (high - low) / 2.0;

        if (1.0 - theta > SL_Z95 * sqrt(newcombe_variance(c, theta)))
            low = theta;
        else
            high = theta;
    }
    return low;
}

struct sl_interval
sl_interval_auroc(const struct sl_cuts *c)
{
    double a, variance, logit, half;

    if (!(c->normals >= 2 && c->anomalies >= 2))
        return (struct sl_interval){0};
    a = sl_cuts_auroc(c);
    if (a == 1.0)
        return (struct sl_interval){newcombe_bound(c), 1.0, "Newcombe"};
    if (a == 0.0)
        return (struct sl_interval){0.0, 1.0 - newcombe_bound(c), "Newcombe"};
    variance = delong_variance(c);
    if (!(variance > 0.0)) /* all scores are tied */
        return (struct sl_interval){0};
    logit = log(a / (1.0 - a));
    half = SL_Z95 * sqrt(variance) / (a * (1.0 - a));
    return (struct sl_interval){1.0 / (1.0 + exp(half - logit)),
                                1.0 / (1.0 + exp(-half - logit)), "DeLong"};
}

struct sl_interval
sl_interval_mean(const double sums[2], const double squares[2], const double n[2])
{
    double all = n[0] + n[1], mean = (sums[0] + sums[1]) / all, variance = 0.0, half;

    for (int k = 0; k < 2; k++) {
        struct placements p = {sums[k], squares[k], n[k]};

        if (n[k] < 2)
            return (struct sl_interval){0};
        variance += n[k] / all * (n[k] / all) * variance_of_mean(&p);
    }
    half = SL_Z95 * sqrt(variance);
    return (struct sl_interval){fmax(0.0, mean - half), fmin(1.0, mean + half),
                                "normal approximation"};
}
