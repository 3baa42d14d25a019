/* SPDX-License-Identifier: MIT */
#include "modules/learn/chi_square.h"

#include <float.h>
#include <math.h>

#include "runner/tensor/normal.h"

/* e^-x x^a / Gamma(a + 1). */
static double
front(double a, double x)
{
    int sign;

    return exp(a * log(x) - x - lgamma_r(a + 1, &sign));
}

static double
by_series(double a, double x)
{
    double term = 1, sum = 1;

    for (double n = 1; term > sum * DBL_EPSILON; n++) {
        term *= x / (a + n);
        sum += term;
    }
    return sum * front(a, x);
}

/* The upper part, by the fraction in Lentz's form. */
static double
by_fraction(double a, double x)
{
    double b = x + 1 - a, c = 1e300, d = 1 / b, h = d, change = 0;

    for (double n = 1; fabs(change - 1) > DBL_EPSILON && n < 1e6; n++) {
        double an = -n * (n - a);

        b += 2;
        d = 1 / (an * d + b);
        c = b + an / c;
        change = c * d;
        h *= change;
    }
    return h * front(a, x) * a;
}

double
sl_chi_square_cdf(double x, double k)
{
    double a = k / 2, half = x / 2;

    if (!(x > 0))
        return 0;
    return half < a + 1 ? by_series(a, half) : 1 - by_fraction(a, half);
}

double
sl_chi_square_quantile(double p, double k)
{
    double upper = p > 0.5 ? -sl_normal_quantile(log1p(-p)) : sl_normal_quantile(log(p));
    double root = 1 - 2 / (9 * k) + upper * sqrt(2 / (9 * k));
    double guess = root > 0 ? k * root * root * root : 0, low = 0, high = guess + 1;

    while (sl_chi_square_cdf(high, k) < p)
        high *= 2;
    if (guess > 0 && sl_chi_square_cdf(guess / 2, k) < p)
        low = guess / 2;
    while (high - low > 1e-13 * high) {
        double middle = low + (high - low) / 2;

        if (middle <= low || middle >= high)
            break;
        if (sl_chi_square_cdf(middle, k) < p)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}
