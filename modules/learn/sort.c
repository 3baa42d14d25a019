/* SPDX-License-Identifier: MIT */
#include "modules/learn/sort.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Below it the counts would cost more than the values. */
#define FEW 64

enum { DIGITS = 8, VALUES = 256 };

/* A number whose order as an unsigned one is that of x: negative ones backwards, below the
 * positive ones. */
static uint64_t
key_of(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits ^ (-(bits >> 63) | (uint64_t)1 << 63);
}

static unsigned
digit_of(uint64_t key, unsigned digit)
{
    return (unsigned)(key >> (8 * digit)) % VALUES;
}

static void
sort_few(double *x, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        double value = x[i];
        size_t j = i;

        for (; j > 0 && key_of(x[j - 1]) > key_of(value); j--)
            x[j] = x[j - 1];
        x[j] = value;
    }
}

/* Makes of counts the places where each value of the digit begins; false where all values
 * have the same one, so that nothing would move. */
static bool
places(size_t *counts, size_t n)
{
    size_t place = 0;

    for (size_t v = 0; v < VALUES; v++) {
        size_t count = counts[v];

        if (count == n)
            return false;
        counts[v] = place;
        place += count;
    }
    return true;
}

/* By the last digit first; each pass keeps the order of what it finds equal. */
void
sl_sort(double *x, double *scratch, size_t n)
{
    size_t counts[DIGITS][VALUES] = {{0}};
    double *from = x, *to = scratch, *swap;

    if (n < FEW) {
        sort_few(x, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        for (unsigned d = 0; d < DIGITS; d++)
            counts[d][digit_of(key_of(x[i]), d)]++;
    for (unsigned d = 0; d < DIGITS; d++) {
        if (!places(counts[d], n))
            continue;
        for (size_t i = 0; i < n; i++)
            to[counts[d][digit_of(key_of(from[i]), d)]++] = from[i];
        swap = from;
        from = to;
        to = swap;
    }
    if (from != x)
        memcpy(x, from, n * sizeof *x);
}

static unsigned
keyed_digit(const struct sl_keyed *x, unsigned digit)
{
    return digit_of(key_of(x->key + 0.0), digit);
}

void
sl_sort_keyed(struct sl_keyed *x, struct sl_keyed *scratch, size_t n)
{
    size_t counts[DIGITS][VALUES] = {{0}};
    struct sl_keyed *from = x, *to = scratch, *swap;

    for (size_t i = 0; i < n; i++)
        for (unsigned d = 0; d < DIGITS; d++)
            counts[d][keyed_digit(&x[i], d)]++;
    for (unsigned d = 0; d < DIGITS; d++) {
        if (!places(counts[d], n))
            continue;
        for (size_t i = 0; i < n; i++)
            to[counts[d][keyed_digit(&from[i], d)]++] = from[i];
        swap = from;
        from = to;
        to = swap;
    }
    if (from != x)
        memcpy(x, from, n * sizeof *x);
}
