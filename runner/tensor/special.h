/* SPDX-License-Identifier: MIT */
#ifndef SL_TENSOR_SPECIAL_H
#define SL_TENSOR_SPECIAL_H

#include <float.h>
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
 * e^x. Within 1.1 ULP of the true value over the whole range (float64: 1.7), subnormal
 * results within 1 of their last place; 0 and infinity where the type ends, NaN for NaN.
 * Reduction by powers of 2 and a polynomial or a rational function (Moshier, Cephes, expf.c
 * and exp.c).
 */
#ifdef SL_FLOAT64
/* 2^n of a whole n in -1022..1023. */
static inline double
sl_exp_scale_(double n)
{
    double shifted =
        n + 6755399441056767.0; /* 1.5 * 2^52 + 1023: n is in the last bits */
    uint64_t bits;
    double scale;

    memcpy(&bits, &shifted, sizeof bits);
    bits <<= 52;
    memcpy(&scale, &bits, sizeof scale);
    return scale;
}

static inline double
sl_exp(double x)
{
    const double round = 6755399441055744.0; /* 1.5 * 2^52 */
    double n, half, r, z, p, q;

    x = x > 710.0 ? 710.0 : x;
    x = x < -746.0 ? -746.0 : x;
    n = x * 1.4426950408889634074 + round - round;
    r = x - n * 6.93145751953125e-1 - n * 1.42860682030941723212e-6;
    z = r * r;
    p = 1.26177193074810590878e-4;
    p = p * z + 3.02994407707441961300e-2;
    p = (p * z + 9.99999999999999999910e-1) * r;
    q = 3.00198505138664455042e-6;
    q = q * z + 2.52448340349684104192e-3;
    q = q * z + 2.27265548208155028766e-1;
    q = q * z + 2.00000000000000000009e0;
    r = 1.0 + 2.0 * (p / (q - p));
    /* 2^n in two factors, since n reaches beyond what one exponent can hold. */
    half = n * 0.5 + round - round;
    return r * sl_exp_scale_(half) * sl_exp_scale_(n - half);
}

static inline double
sl_sqrt(double x)
{
    return sqrt(x);
}

static inline double
sl_log(double x)
{
    return log(x);
}

static inline double
sl_tanh(double x)
{
    return tanh(x);
}

/* erf x = 2 / sqrt(pi) int_0^x exp(-t^2) dt within 6 ULP, odd and never beyond 1: W. J. Cody
 * 1969, "Rational Chebyshev approximations for the error function"; that for 0.47 to 4 serves
 * up to 6, since erfc needs fewer digits there. bell: e^(-x^2). */
static inline double
sl_erf_by_(double x, double bell)
{
    double y = x < 0 ? -x : x, z = x * x, p, q, near, far;

    p = 1.85777706184603153e-1;
    p = p * z + 3.16112374387056560e0;
    p = p * z + 1.13864154151050156e2;
    p = p * z + 3.77485237685302021e2;
    p = p * z + 3.20937758913846947e3;
    q = z + 2.36012909523441209e1;
    q = q * z + 2.44024637934444173e2;
    q = q * z + 1.28261652607737228e3;
    q = q * z + 2.84423683343917062e3;
    near = x * p / q;

    y = y > 6.0 ? 6.0 : y;
    p = 2.15311535474403846e-8;
    p = p * y + 5.64188496988670089e-1;
    p = p * y + 8.88314979438837594e0;
    p = p * y + 6.61191906371416295e1;
    p = p * y + 2.98635138197400131e2;
    p = p * y + 8.81952221241769090e2;
    p = p * y + 1.71204761263407058e3;
    p = p * y + 2.05107837782607147e3;
    p = p * y + 1.23033935479799725e3;
    q = y + 1.57449261107098347e1;
    q = q * y + 1.17693950891312499e2;
    q = q * y + 5.37181101862009858e2;
    q = q * y + 1.62138957456669019e3;
    q = q * y + 3.29079923573345963e3;
    q = q * y + 4.36261909014324716e3;
    q = q * y + 3.43936767414372164e3;
    q = q * y + 1.23033935480374942e3;
    far = 1.0 - bell * (p / q);
    far = x < 0 ? -far : far;
    return y < 0.46875 ? near : far;
}

static inline double
sl_erf(double x)
{
    return sl_erf_by_(x, sl_exp(-x * x));
}

/*
 * The bell e^(-u^2 / 2), and erf(u / sqrt 2) = 2 Phi(u) - 1 by means of it and of what comes
 * before it, sl_bell_near. For kernels that want both at many points: three loops, one for
 * each, take a fourth less time than one that does it all, since what a CPU can look ahead
 * is less than so long a chain of operations.
 * float64: by sl_exp, and as sl_erf; sl_bell_near is of no use there.
 * float32: the bell within 2e-7 (1 + u^2 / 2) of its own size, and 0 beyond |u| = 13.1, where
 * it is below 3e-38. erf within 5e-7, odd, never beyond 1: one less the bell times a
 * polynomial of 1 / (1 + c |u|), as in Abramowitz and Stegun 7.1.26, with coefficients of our
 * own that leave an error of 8e-9 at any u.
 */
static inline double
sl_bell(double u)
{
    return sl_exp(-0.5 * u * u);
}

static inline double
sl_bell_near(double u)
{
    (void)u;
    return 0;
}

static inline double
sl_bell_erf(double u, double near, double bell)
{
    (void)near;
    return sl_erf_by_(u * 0.70710678118654752440, bell);
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

/* ln x. float32: within 1.1 ULP, subnormal numbers included; -infinity at 0, NaN below it
 * (Moshier, Cephes, logf.c). float64: the C library's. */
static inline float
sl_log(float x)
{
    const uint32_t root_half =
        0x3f3504f3u; /* the mantissa ends up in [root 1/2, root 2) */
    float scale = x < 1.17549435e-38f ? 8388608.0f : 1.0f;
    float shift = x < 1.17549435e-38f ? -23.0f : 0.0f;
    float scaled = x * scale, f, e, p, tail;
    uint32_t bits, n;

    memcpy(&bits, &scaled, sizeof bits);
    n = bits - root_half;
    e = (float)((int32_t)n >> 23) + shift;
    bits = (n & 0x007fffffu) + root_half;
    memcpy(&f, &bits, sizeof f);
    f -= 1.0f;
    p = 7.0376836292e-2f;
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    tail = f * f * f * p - 2.12194440e-4f * e - 0.5f * (f * f);
    p = f + tail + 0.693359375f * e;
    p = x < INFINITY ? p : x;
    p = x > 0.0f ? p : (x == 0.0f ? -INFINITY : NAN);
    return p;
}

/* Hyperbolic tangent. float32: within 2 ULP (Moshier, Cephes, tanhf.c). */
static inline float
sl_tanh(float x)
{
    float a = x < 0 ? -x : x, z = x * x, p, far;

    far = 1.0f - 2.0f / (sl_exp(a + a) + 1.0f);
    p = -5.70498872745e-3f;
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    p = p * z * x + x;
    return a < 0.625f ? p : (x < 0 ? -far : far);
}

/* See above. 2^f for |f| <= 1/2 is 1 + f times a polynomial fitted to 9e-8; what n is goes
 * onto its exponent. */
static inline float
sl_bell(float u)
{
    const float round = 12582912.0f; /* 1.5 * 2^23: nothing in its last 9 bits */
    float power = u * u * -0.72134752044448f, n = power + round, f, p;
    uint32_t bits, shift;

    memcpy(&shift, &n, sizeof shift);
    f = power - (n - round);
    p = 1.32647273e-3f;
    p = p * f + 9.671512729e-3f;
    p = p * f + 5.5507337438e-2f;
    p = p * f + 2.4022242084e-1f;
    p = p * f + 6.93146977598e-1f;
    p = p * f + 1.0f;
    memcpy(&bits, &p, sizeof bits);
    bits += shift << 23;
    memcpy(&p, &bits, sizeof p);
    return power < -125.0f ? 0.0f : p;
}

static inline float
sl_bell_near(float u)
{
    uint32_t bits;
    float distance;

    memcpy(&bits, &u, sizeof bits);
    bits &= 0x7fffffffu;
    memcpy(&distance, &bits, sizeof distance);
    return 1.0f / (1.0f + 0.276f * distance);
}

/* The sign of u comes back. */
static inline float
sl_bell_erf(float u, float near, float bell)
{
    uint32_t bits, sign;
    float p, y;

    memcpy(&sign, &u, sizeof sign);
    p = -2.2690261e-1f;
    p = p * near + 8.8162288e-1f;
    p = p * near - 6.2771185e-1f;
    p = p * near + 6.4429792e-1f;
    p = p * near + 9.34451e-2f;
    p = p * near + 2.3524855e-1f;
    y = 1.0f - p * near * bell;
    memcpy(&bits, &y, sizeof bits);
    bits ^= sign & 0x80000000u;
    memcpy(&y, &bits, sizeof y);
    return y;
}
#endif

/* x, or 0 where it is subnormal: numbers that arithmetic is many times slower with. */
static inline real
sl_normal_or_zero(real x)
{
#ifdef SL_FLOAT64
    const double smallest = DBL_MIN;
#else
    const float smallest = FLT_MIN;
#endif

    return (x < 0 ? -x : x) < smallest ? 0 : x;
}

/* e^x - 1 of x <= 0, within 6 ULP: float32 by way of 2 t / (1 - t) with t = tanh(x / 2);
 * float64 the C library's. */
static inline real
sl_expm1_below(real x)
{
#ifdef SL_FLOAT64
    return expm1(x);
#else
    float t = sl_tanh(0.5f * x);

    return (t + t) / (1.0f - t);
#endif
}

/* ln(1 + x) of x in [0, 1], within 3 ULP: float32 by ln(u) x / (u - 1) with u = 1 + x
 * rounded, whose errors cancel (Kahan; Goldberg 1991, theorem 4); float64 the C library's. */
static inline real
sl_log1p(real x)
{
#ifdef SL_FLOAT64
    return log1p(x);
#else
    float u = 1.0f + x, rounded = u - 1.0f;

    return rounded == 0.0f ? x : sl_log(u) * (x / rounded);
#endif
}

/* ln(1 + e^x), without overflow; near 0 to the rounding of 1. */
static inline real
sl_softplus(real x)
{
    real e = sl_exp(x < 0 ? x : -x);

    return (x < 0 ? 0 : x) + sl_log(1 + e);
}

/* 1 / (1 + e^-x). */
static inline real
sl_logistic(real x)
{
    real e = sl_exp(x < 0 ? x : -x);

    return (x < 0 ? e : 1) / (1 + e);
}

#endif
