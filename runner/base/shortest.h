/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_SHORTEST_H
#define SL_BASE_SHORTEST_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The fewest decimal digits that read back as a double, and of those the nearest to it
 * (Steele and White 1990): digits 10^exponent, digits not divisible by ten. By whole numbers
 * of 128 bits that are exact throughout, so there is nothing to round and nothing to try.
 *
 * value    positive. Numbers from 2^-49 to 2^52: false for any other
 */
bool sl_shortest(double value, uint64_t *digits, int *exponent);

#endif
