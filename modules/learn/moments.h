/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_MOMENTS_H
#define SL_LEARN_MOMENTS_H

#include <stddef.h>

/* Added in the order of the values; NaN for none. */
double sl_mean(const double *x, size_t n);

/* Mean and sample standard deviation (n - 1 in the denominator), in two passes, added in
 * the order of the values. std is NaN for fewer than two values, mean for none. */
struct sl_moments {
    double mean, std;
};

struct sl_moments sl_moments_of(const double *x, size_t n);

#endif
