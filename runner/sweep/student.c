/* SPDX-License-Identifier: MIT */
#include "runner/sweep/summary.h"

#include <assert.h>
#include <float.h>
#include <math.h>

/*
 * Gamma(a + 1/2) / Gamma(a), by Stirling's series at a large a, to which smaller ones climb
 * by Gamma(a + 1) = a Gamma(a). Unlike a difference of log gammas it keeps its digits where
 * a is large.
 */
static double
gamma_ratio(double a)
{
    double factor = 1.0, r;

    for (; a < 40.0; a += 1.0)
        factor *= (a + 0.5) / a;
    r = 1.0 / a;
    return sqrt(a) / factor *
           exp(-r * (1.0 / 8.0 - r * r * (1.0 / 192.0 - r * r / 640.0)));
}

/* The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8) by
 * Lentz's method; x < (a + 1) / (a + b + 2). */
static double
beta_fraction(double x, double a, double b)
{
    double c = 1.0, d = 1.0 / (1.0 - (a + b) * x / (a + 1.0)), h = d, step = 0.0;

    for (double m = 1.0; m < 1e5 && fabs(step - 1.0) > DBL_EPSILON; m += 1.0) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));

        d = 1.0 / (1.0 + even * d);
        c = 1.0 + even / c;
        h *= d * c;
        d = 1.0 / (1.0 + odd * d);
        c = 1.0 + odd / c;
        step = d * c;
        h *= step;
    }
    return h;
}

static double
density(double t, double degrees)
{
    return gamma_ratio(degrees / 2) / sqrt(degrees * acos(-1.0)) *
           exp(-(degrees + 1) / 2 * log1p(t / degrees * t));
}

/*
 * P(T > t) for t >= 0, which keeps its digits however small it is: half the incomplete beta
 * function at x = degrees / (degrees + t^2), whose factor x^a (1 - x)^b / B(a, b) with
 * a = degrees / 2 and b = 1 / 2 is the density times t.
 */
static double
upper_tail(double t, double degrees)
{
    double a = degrees / 2, b = 0.5;
    double x = 1.0 / (1.0 + t / degrees * t), y = 1.0 / (1.0 + degrees / t / t);

    if (t == 0.0)
        return 0.5;
    if (x < (a + 1) / (a + b + 2))
        return density(t, degrees) * t / degrees * beta_fraction(x, a, b);
    return 0.5 - density(t, degrees) * t * beta_fraction(y, b, a);
}

/* The t with upper_tail(t) = q, q < 1/2: Newton on the logarithm of the tail, which is
 * nearly straight, kept inside a bracket. */
static double
invert_tail(double q, double degrees)
{
    double low = 0.0, high = 1.0, t;

    while (upper_tail(high, degrees) > q && high < DBL_MAX / 4)
        low = high, high *= 2.0;
    t = low + (high - low) / 2;
    for (int i = 0; i < 200; i++) {
        double tail = upper_tail(t, degrees);
        double next = t + log(tail / q) * tail / density(t, degrees);

        if (tail > q)
            low = t;
        else
            high = t;
        if (!(next > low && next < high))
            next = low + (high - low) / 2;
        if (fabs(next - t) <= 2 * DBL_EPSILON * t)
            return next;
        t = next;
    }
    return t;
}

double
sl_student_quantile(double p, double degrees)
{
    assert(p > 0.0 && p < 1.0 && degrees > 0.0 && degrees <= 1e6);
    if (p == 0.5)
        return 0.0;
    return p < 0.5 ? -invert_tail(p, degrees) : invert_tail(1.0 - p, degrees);
}
