/* SPDX-License-Identifier: MIT */
#include "modules/learn/moments.h"

#include <math.h>

struct sl_moments
sl_moments_of(const double *x, size_t n)
{
    double sum = 0.0, squares = 0.0, drift = 0.0;
    double mean;

    for (size_t i = 0; i < n; i++)
        sum += x[i];
    mean = n ? sum / (double)n : (double)NAN;
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
