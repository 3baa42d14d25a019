/* SPDX-License-Identifier: MIT */
#include "runner/base/shortest.h"

#include <string.h>

__extension__ typedef unsigned __int128 wide;

enum { FRACTION = 52, BIAS = 1023, LEAST = -49, MOST = 51 };

static const uint64_t fives[] = {
    1,         5,          25,         125,         625,         3125,
    15625,     78125,      390625,     1953125,     9765625,     48828125,
    244140625, 1220703125, 6103515625, 30517578125, 152587890625};

/* 5^k, k <= 31: of 72 bits. */
static wide
five_to(int k)
{
    return (wide)fives[k & 15] * fives[k & 16];
}

/* The value by 10^k is at / 2^shift; what reads back as it ends half a step below and above,
 * where a number whose last bit is 0 is read from, too. The step below a power of two is half
 * as long as that above. */
struct scaled {
    wide at, below, above;
    int shift;
    bool open;
};

/* To 17 or 18 digits before the point, so that a step is more than 1. */
static struct scaled
scale(uint64_t bits, int up, int *k)
{
    uint64_t whole = (bits & (((uint64_t)1 << FRACTION) - 1)) | (uint64_t)1 << FRACTION;
    wide power;

    *k = 16 - (int)((up * 78913) >> 18); /* log10(2) 2^18 */
    power = five_to(*k);
    return (struct scaled){power * (4 * whole),
                           whole << (64 - FRACTION) ? 2 * power : power, 2 * power,
                           2 + FRACTION - up - *k, whole & 1};
}

/* The multiple of unit that is nearest, by how many it is; of two, the even one. */
static uint64_t
nearest(const struct scaled *s, uint64_t unit)
{
    uint64_t count = (uint64_t)(s->at >> s->shift) / unit;
    wide step = (wide)unit << s->shift, rest = 2 * (s->at - count * step);

    return count + (rest > step || (rest == step && count & 1));
}

bool
sl_shortest(double value, uint64_t *digits, int *exponent)
{
    uint64_t bits, low, high, unit = 1;
    struct scaled s;
    int up, k;

    memcpy(&bits, &value, sizeof bits);
    up = (int)(bits >> FRACTION) - BIAS;
    if (up < LEAST || up > MOST)
        return false;
    s = scale(bits, up, &k);
    low = (uint64_t)((s.at - s.below + s.open + ((wide)1 << s.shift) - 1) >> s.shift);
    high = (uint64_t)((s.at + s.above - s.open) >> s.shift);
    for (*exponent = -k; (low + 9) / 10 <= high / 10; ++*exponent) {
        low = (low + 9) / 10;
        high /= 10;
        unit *= 10;
    }
    *digits = nearest(&s, unit);
    if (*digits < low)
        *digits = low;
    return true;
}
