/* SPDX-License-Identifier: MIT */
#ifndef SL_TENSOR_SPECIAL_H
#define SL_TENSOR_SPECIAL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "runner/tensor/real.h"

/*
 * Special functions of `real` for use inside loops. The float32 ones have no branch and no
 * call, so that a loop over an array becomes vector code; every element takes the same
 * path, wherever it stands.
 */

/*
 * e^x. float32: within 1.1 ULP of the true value over the whole range, subnormal results
 * within 1 of their last place; 0 and infinity where float32 ends, NaN for NaN. Reduction
 * by powers of 2 and a polynomial (Moshier, Cephes, expf.c). float64: the C library's.
 */
#ifdef SL_FLOAT64
static inline double
sl_exp(double x)
{
    return exp(x);
}

static inline double
sl_sqrt(double x)
{
    return sqrt(x);
}
#else
static inline float
sl_sqrt(float x)
{
    return sqrtf(x);
}

static inline float
sl_exp_scale_(uint32_t n)
{
    uint32_t bits = (n + 127) << 23;
    float scale;

    memcpy(&scale, &bits, sizeof scale);
    return scale;
}

static inline float
sl_exp(float x)
{
    const float round = 12582912.0f; /* 1.5 * 2^23: adding it leaves an integer below */
    uint32_t bits, n, half;
    float t, r, p;

    x = x > 89.0f ? 89.0f : x;
    x = x < -104.0f ? -104.0f : x;
    t = x * 1.44269504088896341f + round;
    memcpy(&bits, &t, sizeof bits);
    n = bits - 0x4b400000u;
    t -= round;
    r = x - t * 0.693359375f - t * -2.12194440e-4f;
    p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    /* 2^n in two factors, since n reaches beyond what one exponent can hold. */
    half = (uint32_t)((int32_t)n >> 1);
    return p * sl_exp_scale_(half) * sl_exp_scale_(n - half);
}
#endif

#endif
