/* SPDX-License-Identifier: MIT */
#include "modules/learn/row_key.h"

#include <math.h>

#include "runner/tensor/real.h"

/* Beyond it 2^-16 is less than a double's last bit, or the product no int64_t. */
#define FAR 0x1p40

static uint64_t
word_of(double x)
{
    return fabs(x) < FAR ? (uint64_t)llrint(x * 0x1p16) : (uint64_t)(x > 0);
}

/* The finalizer of SplitMix64 (Steele, Lea and Flood 2014), once a value. */
static uint64_t
mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t
SL_R(sl_row_key)(size_t d, const void *x)
{
    const real *values = x;
    uint64_t key = d;

    for (size_t j = 0; j < d; j++)
        key = mix(key + UINT64_C(0x9e3779b97f4a7c15) + word_of((double)values[j]));
    return key;
}
