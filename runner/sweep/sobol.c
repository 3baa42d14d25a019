/* SPDX-License-Identifier: MIT */
#include "runner/sweep/sobol.h"

#include <assert.h>
#include <stddef.h>

/* The primitive polynomial of a dimension: its degree, and the coefficients between the
 * first and the last, which are 1, as the bits of a; and the first direction numbers. */
struct polynomial {
    unsigned degree, a;
    uint32_t m[7];
};

/* Dimensions 2 to 21 of new-joe-kuo-6; the first one is van der Corput's sequence. */
static const struct polynomial polynomials[SL_SOBOL_DIMENSIONS - 1] = {
    {1, 0, {1}},
    {2, 1, {1, 3}},
    {3, 1, {1, 3, 1}},
    {3, 2, {1, 1, 1}},
    {4, 1, {1, 1, 3, 3}},
    {4, 4, {1, 3, 5, 13}},
    {5, 2, {1, 1, 5, 5, 17}},
    {5, 4, {1, 1, 5, 5, 5}},
    {5, 7, {1, 1, 7, 11, 19}},
    {5, 11, {1, 1, 5, 1, 1}},
    {5, 13, {1, 1, 1, 3, 11}},
    {5, 14, {1, 3, 5, 5, 31}},
    {6, 1, {1, 3, 3, 9, 7, 49}},
    {6, 13, {1, 1, 1, 15, 21, 21}},
    {6, 16, {1, 3, 1, 13, 27, 49}},
    {6, 19, {1, 1, 1, 15, 7, 5}},
    {6, 22, {1, 3, 1, 15, 13, 25}},
    {6, 25, {1, 1, 5, 5, 19, 61}},
    {7, 1, {1, 3, 7, 11, 23, 15, 103}},
    {7, 4, {1, 3, 7, 13, 13, 15, 69}},
};

/* The recurrence of Joe and Kuo (2008), section 2, on v_k = m_k / 2^k. */
static uint32_t
next_direction(const struct polynomial *p, const uint32_t *v)
{
    const uint32_t *oldest = v - p->degree;
    uint32_t next = *oldest ^ *oldest >> p->degree;

    for (unsigned i = 1; i < p->degree; i++)
        if (p->a >> (p->degree - 1 - i) & 1)
            next ^= v[-(int)i];
    return next;
}

void
sl_sobol_directions(unsigned dimension, uint32_t directions[SL_SOBOL_BITS])
{
    const struct polynomial *p;

    assert(dimension < SL_SOBOL_DIMENSIONS);
    p = dimension > 0 ? &polynomials[dimension - 1] : NULL;
    for (unsigned k = 0; k < SL_SOBOL_BITS; k++)
        if (!p || k < p->degree)
            directions[k] = (p ? p->m[k] : 1) << (SL_SOBOL_BITS - 1 - k);
        else
            directions[k] = next_direction(p, directions + k);
}

uint32_t
sl_sobol_coordinate(const uint32_t directions[SL_SOBOL_BITS], uint32_t index)
{
    uint32_t x = 0;

    for (uint32_t gray = index ^ index >> 1; gray; gray >>= 1, directions++)
        if (gray & 1)
            x ^= *directions;
    return x;
}
