/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_LIKELIHOOD_H
#define SL_LEARN_LIKELIHOOD_H

#include <math.h>
#include <stddef.h>

#include "runner/parallel/pool.h"

/*
 * What the output y of a decoder says of a row x, in nats, summed over the columns.
 *
 * bernoulli  y are logits, s(y) = 1 / (1 + e^-y) the chance of a one:
 *            -ln p(x | y) = sum max(y, 0) - x y + ln(1 + e^-|y|)
 *            which neither overflows nor cancels for any y; x lies in [0, 1]
 * gaussian   N(x; y, noise^2 I):
 *            -ln p(x | y) = d ln(noise sqrt(2 pi)) + |x - y|^2 / (2 noise^2)
 *
 * x, y       n x d, row-major, of the real in the function's name
 * rows       n, overwritten: -ln p(x | y), sums in float64 in an order that d decides
 * dy         n x d, overwritten: the gradient by y of the mean of rows; NULL: nobody asks
 */
struct sl_likelihood {
    size_t n, d;
    const void *x, *y;
    double noise; /* of gaussian: standard deviation */
    double *rows;
    void *dy;
    struct sl_pool *pool;
};

void sl_bernoulli_f32(const struct sl_likelihood *call);
void sl_bernoulli_f64(const struct sl_likelihood *call);
void sl_gaussian_f32(const struct sl_likelihood *call);
void sl_gaussian_f64(const struct sl_likelihood *call);

/* What is left of gaussian's -ln p(x | y) where x = y. */
static inline double
sl_gaussian_floor(size_t d, double noise)
{
    const double half_ln_2_pi = 0.91893853320467274178;

    return (double)d * (half_ln_2_pi + log(noise));
}

#endif
