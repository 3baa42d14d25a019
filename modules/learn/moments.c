/* SPDX-License-Identifier: MIT */
#include "modules/learn/moments.h"

#include <math.h>

double
sl_mean(const double *x, size_t n)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return n ? sum / (double)n : (double)NAN;
}

struct sl_moments
sl_moments_of(const double *x, size_t n)
{
    double mean = sl_mean(x, n), squares = 0.0, drift = 0.0;

    for (size_t i = 0; i < n; i++) {
        squares += (x[i] - mean) * (x[i] - mean);
        drift += x[i] - mean;
    }
    /* drift would be 0 in exact arithmetic; it takes out what the mean's rounding adds
     * (Chan, Golub and LeVeque 1983). */
    if (n > 1)
        squares -= drift * drift / (double)n;
    return (struct sl_moments){
        .mean = mean,
        .std = n > 1 ? sqrt(fmax(squares, 0.0) / (double)(n - 1)) : (double)NAN,
    };
}
