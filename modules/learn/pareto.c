/* SPDX-License-Identifier: MIT */
#include "modules/learn/pareto.h"

#include <math.h>
#include <stdbool.h>

/* Places at which the sign of u v - 1 is looked at, on either side of 0. */
#define PLACES 100

struct fit {
    const double *y;
    size_t n;
    double mean, least, most;
    double scale, shape, likelihood; /* the best so far */
};

static double
mean_log(const struct fit *f, double x)
{
    double sum = 0.0;

    for (size_t i = 0; i < f->n; i++)
        sum += log1p(x * f->y[i]);
    return sum / (double)f->n;
}

/* u v - 1: 0 where the likelihood is stationary. */
static double
slope(const struct fit *f, double x)
{
    double sum = 0.0;

    for (size_t i = 0; i < f->n; i++)
        sum += 1.0 / (1.0 + x * f->y[i]);
    return sum / (double)f->n * (1.0 + mean_log(f, x)) - 1.0;
}

double
sl_pareto_likelihood(const double *y, size_t n, double scale, double shape)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        sum += shape == 0.0 ? y[i] / scale
                            : (1.0 + 1.0 / shape) * log1p(shape * y[i] / scale);
    return -log(scale) - sum / (double)n;
}

static void
consider(struct fit *f, double x)
{
    double shape = mean_log(f, x), scale = shape / x;
    double likelihood = sl_pareto_likelihood(f->y, f->n, scale, shape);

    if (shape < -1.0 || !(scale > 0.0) || !(likelihood > f->likelihood))
        return;
    f->scale = scale;
    f->shape = shape;
    f->likelihood = likelihood;
}

static double
bisect(const struct fit *f, double a, double b)
{
    bool above = slope(f, a) > 0.0;

    for (int i = 0; i < 100 && fabs(b - a) > 1e-14 * fabs(b); i++) {
        double middle = a + (b - a) / 2.0;

        if ((slope(f, middle) > 0.0) == above)
            a = middle;
        else
            b = middle;
    }
    return a + (b - a) / 2.0;
}

/* The place numbered i of the search: x below 0 by how near it is to its bound -1 / most,
 * x above 0 up to Grimshaw's bound, evenly on the logarithm. */
static double
place(const struct fit *f, bool negative, int i)
{
    double t = (double)i / (PLACES - 1), low = 1e-6 / f->mean, high;

    if (negative)
        return -(1.0 - pow(1e-9, 1.0 - t)) / f->most * (1.0 - 1e-6 * t) - low * t;
    high = 2.0 * (f->mean - f->least) / (f->least * f->least);
    high = fmin(fmax(high, 2.0 * low), 1e9 / f->mean);
    return low * pow(high / low, t);
}

static void
search(struct fit *f, bool negative)
{
    double last = place(f, negative, 0), before = slope(f, last);

    for (int i = 1; i < PLACES; i++) {
        double x = place(f, negative, i), now = slope(f, x);

        if ((now > 0.0) != (before > 0.0))
            consider(f, bisect(f, last, x));
        last = x;
        before = now;
    }
}

void
sl_pareto_fit(const double *y, size_t n, double *scale, double *shape)
{
    struct fit f = {.y = y, .n = n, .least = y[0], .most = y[0]};

    for (size_t i = 0; i < n; i++) {
        f.mean += y[i] / (double)n;
        f.least = fmin(f.least, y[i]);
        f.most = fmax(f.most, y[i]);
    }
    f.scale = f.mean;
    f.likelihood = sl_pareto_likelihood(y, n, f.mean, 0.0);
    search(&f, true);
    search(&f, false);
    *scale = f.scale;
    *shape = f.shape;
}
