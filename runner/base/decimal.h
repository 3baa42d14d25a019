/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_DECIMAL_H
#define SL_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

/* Numbers and dates in texts that are not NUL-terminated, as tables have them. */

/*
 * A decimal number, all of the text but for spaces around it: sign, digits with at most one
 * point, exponent. The nearest double; one that is too large is infinite. No hexadecimal,
 * no inf, no nan. False if it is none.
 */
bool sl_decimal_parse(const char *text, size_t length, double *value);
/* The same with a comma in place of the point. */
bool sl_decimal_parse_comma(const char *text, size_t length, double *value);

/* The same of up to 16 digits and a point behind a minus, as most numbers in files are,
 * without a look at each letter: its magnitude is 2^53 at most. False if it is none of
 * these. */
bool sl_decimal_short(const char *text, size_t length, double *value);

/* A date of the Gregorian calendar, YYYY-MM-DD, perhaps with a time behind a space or a T:
 * HH:MM, HH:MM:SS, with a fraction, with Z or +HH:MM behind it. In seconds from 1970. */
bool sl_date_parse(const char *text, size_t length, double *seconds);

#endif
