/* SPDX-License-Identifier: MIT */
#include "runner/base/decimal.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What a double holds exactly: whole numbers of 53 bits, and powers of ten to 10^22. So a
 * number of up to 15 digits and a small exponent is one correctly rounded operation away
 * (Clinger 1990). */
#define EXACT ((uint64_t)1 << 53)
static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { MOST_POWER = 22, MOST_DIGITS = 19 };

/* Powers of five that 64 bits hold. */
enum { MOST_FIVES = 27 };

struct scan {
    const char *at, *end;
    uint64_t digits; /* the first MOST_DIGITS of them that count */
    int count;       /* of those */
    bool any, more;  /* there are digits; there are more than fit */
    int exponent;
};

static void
scan_digits(struct scan *s, bool fraction)
{
    for (; s->at < s->end && (unsigned)(*s->at - '0') < 10; s->at++) {
        s->any = true;
        if (s->count < MOST_DIGITS) {
            s->digits = s->digits * 10 + (unsigned)(*s->at - '0');
            s->count += s->digits > 0;
            s->exponent -= fraction;
        } else {
            s->more = true;
            s->exponent += !fraction;
        }
    }
}

/* False if an e has no number behind it. */
static bool
scan_exponent(struct scan *s)
{
    bool negative;
    int value = 0;

    if (s->at == s->end || (*s->at != 'e' && *s->at != 'E'))
        return true;
    s->at++;
    negative = s->at < s->end && *s->at == '-';
    s->at += s->at < s->end && (*s->at == '-' || *s->at == '+');
    if (s->at == s->end)
        return false;
    for (; s->at < s->end && (unsigned)(*s->at - '0') < 10; s->at++)
        value = value < 100000 ? value * 10 + (*s->at - '0') : value;
    s->exponent += negative ? -value : value;
    return s->at[-1] >= '0' && s->at[-1] <= '9';
}

/* Eight or four bytes, the first one lowest. */
static uint64_t
load8(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static uint64_t
load4(const char *at)
{
    uint32_t word;

    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word;
}

/* A byte for each of 1 to 16 letters: what a digit counts, or something above 9. The last
 * letter is the highest byte of low, zeros stand before the first. */
struct letters {
    uint64_t high, low;
};

static const uint64_t ones = UINT64_MAX / 255;

/* Words may overlap: what is in both is the same. */
static struct letters
load_letters(const char *at, size_t length)
{
    struct letters letters = {0, 0};
    const uint64_t zeros = '0' * ones;
    unsigned by = 8 * (unsigned)(8 - (length & 7));

    if (length >= 8) {
        letters.low = load8(at + length - 8) ^ zeros;
        if (length > 8)
            letters.high = length < 16 ? (load8(at) ^ zeros) << by : load8(at) ^ zeros;
        return letters;
    }
    if (length >= 4)
        letters.low = load4(at) << by | load4(at + length - 4) << 32;
    else
        letters.low = (uint64_t)(unsigned char)at[0] << by |
                      (uint64_t)(unsigned char)at[length / 2] << (by + 8 * (length / 2)) |
                      (uint64_t)(unsigned char)at[length - 1] << 56;
    letters.low ^= zeros << by;
    return letters;
}

/* The highest bit of each byte above 9. */
static uint64_t
no_digits(uint64_t word)
{
    return (((word & 127 * ones) + (127 - 9) * ones) | word) & 128 * ones;
}

/* The number that eight digits are: of two, of four and of eight neighbours. */
static uint64_t
eight_digits(uint64_t word)
{
    const uint64_t byte = 0x000000ff000000ff;

    word = word * 10 + (word >> 8);
    word = (word & byte) * (100 + (1000000ull << 32)) +
           (word >> 16 & byte) * (1 + (10000ull << 32));
    return word >> 32;
}

/* Moves the bytes below the point, whose highest bit is the only one of mark, over it. False
 * if it is another letter. */
static bool
close_point(uint64_t *word, uint64_t mark)
{
    uint64_t upto = mark ^ (mark - 1), point = upto & ~(upto >> 8);

    if ((mark & (mark - 1)) || ((*word ^ ('.' ^ '0') * ones) & point))
        return false;
    *word = (*word << 8 & upto) | (*word & ~upto);
    return true;
}

/* Takes the point out. False if there are two, or another letter. */
static bool
take_point(struct letters *l, size_t *fraction)
{
    uint64_t high = no_digits(l->high), low = no_digits(l->low), carry = l->high >> 56;

    *fraction = 0;
    if (low) {
        *fraction = (size_t)__builtin_clzll(low) / 8;
        l->high <<= 8;
        if (high || !close_point(&l->low, low))
            return false;
        l->low |= carry;
    } else if (high) {
        *fraction = 8 + (size_t)__builtin_clzll(high) / 8;
        return close_point(&l->high, high);
    }
    return true;
}

/* Half of the numbers are negative: no guess. */
static double
with_sign(double value, bool negative)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    bits |= (uint64_t)negative << 63;
    memcpy(&value, &bits, sizeof value);
    return value;
}

bool
sl_decimal_short(const char *at, size_t length, double *value)
{
    bool negative = length > 0 && *at == '-';
    struct letters letters;
    uint64_t digits;
    size_t fraction;

    at += negative;
    length -= negative;
    if (length == 0 || length > 16 || (length == 1 && *at == '.'))
        return false;
    letters = load_letters(at, length);
    if (!take_point(&letters, &fraction))
        return false;
    digits = eight_digits(letters.low);
    if (letters.high)
        digits += eight_digits(letters.high) * 100000000;
    if (digits > EXACT)
        return false;
    *value = with_sign((double)digits / powers[fraction], negative);
    return true;
}

__extension__ typedef unsigned __int128 wide;

/* digits / 10^k, k <= MOST_FIVES, digits > 0: the quotient by 5^k to 63 or 64 bits, with a
 * last one for what is left over, is rounded once, and then only its exponent moves. */
static double
divided(uint64_t digits, int k)
{
    uint64_t fives = 1, quotient;
    int up = __builtin_clzll(digits), by;
    wide numerator = (wide)(digits << up) << 63;

    for (int i = 0; i < k; i++)
        fives *= 5;
    by = __builtin_clzll(fives);
    fives <<= by;
    quotient = (uint64_t)(numerator / fives);
    quotient |= (wide)quotient * fives != numerator;
    return ldexp((double)quotient, by - up - 63 - k);
}

/* By the C library, which rounds any text correctly. The program stays in the C locale. */
static double
by_library(const char *text, size_t length, char mark)
{
    char few[64], *copy = length < sizeof few ? few : malloc(length + 1), *found;
    double value;

    if (!copy)
        return 0;
    memcpy(copy, text, length);
    copy[length] = '\0';
    found = memchr(copy, mark, length);
    if (found)
        *found = '.';
    value = strtod(copy, NULL);
    if (copy != few)
        free(copy);
    return value;
}

static void
trim(const char **text, size_t *length)
{
    while (*length > 0 && **text == ' ') {
        (*text)++;
        (*length)--;
    }
    while (*length > 0 && (*text)[*length - 1] == ' ')
        (*length)--;
}

/* Apart, so that short numbers need not make room for what this keeps. mark: before the
 * fraction. */
static __attribute__((noinline)) bool
parse_any(const char *text, size_t length, char mark, double *value)
{
    struct scan s = {0};
    bool negative, exact;

    trim(&text, &length);
    s.at = text;
    s.end = text + length;
    negative = length > 0 && *text == '-';
    s.at += length > 0 && (*text == '-' || *text == '+');
    scan_digits(&s, false);
    if (s.at < s.end && *s.at == mark) {
        s.at++;
        scan_digits(&s, true);
    }
    if (!s.any || !scan_exponent(&s) || s.at != s.end)
        return false;
    if (!s.more && s.digits > EXACT && s.exponent < 0 && s.exponent >= -MOST_FIVES) {
        *value = divided(s.digits, -s.exponent);
        *value = negative ? -*value : *value;
        return true;
    }
    exact = !s.more && s.digits <= EXACT && s.exponent >= -MOST_POWER &&
            s.exponent <= MOST_POWER;
    if (!exact) {
        *value = by_library(text, length, mark);
        return true;
    }
    *value = s.exponent < 0 ? (double)s.digits / powers[-s.exponent]
                            : (double)s.digits * powers[s.exponent];
    *value = negative ? -*value : *value;
    return true;
}

bool
sl_decimal_parse(const char *text, size_t length, double *value)
{
    return sl_decimal_short(text, length, value) || parse_any(text, length, '.', value);
}

bool
sl_decimal_parse_comma(const char *text, size_t length, double *value)
{
    return parse_any(text, length, ',', value);
}

/* ---- dates -------------------------------------------------------------------------------- */

/* n digits, and moves behind them. */
static bool
take_digits(const char **at, const char *end, int n, int *value)
{
    *value = 0;
    for (; n > 0; n--, (*at)++) {
        if (*at == end || (unsigned)(**at - '0') >= 10)
            return false;
        *value = *value * 10 + (**at - '0');
    }
    return true;
}

static bool
take_letter(const char **at, const char *end, char letter)
{
    if (*at == end || **at != letter)
        return false;
    (*at)++;
    return true;
}

/* Days from 1970-01-01, by shifting the year's start to March. */
static double
days_from(int year, int month, int day)
{
    int y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
    int era = y >= 0 ? y / 400 : (y - 399) / 400, of_era = y - era * 400;
    int days = of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 + day - 1;

    return (double)era * 146097 + days - 719468;
}

static int
month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

static bool
take_zone(const char **at, const char *end, double *seconds)
{
    int hours, minutes;
    double sign;

    if (*at == end || take_letter(at, end, 'Z'))
        return true;
    sign = **at == '+' ? -1 : **at == '-' ? 1 : 0;
    if (sign == 0)
        return false;
    (*at)++;
    if (!take_digits(at, end, 2, &hours))
        return false;
    take_letter(at, end, ':');
    if (!take_digits(at, end, 2, &minutes))
        return false;
    *seconds += sign * (hours * 3600.0 + minutes * 60.0);
    return true;
}

static bool
take_time(const char **at, const char *end, double *seconds)
{
    int hour, minute, second = 0;
    double unit = 0.1;

    if (!take_digits(at, end, 2, &hour) || !take_letter(at, end, ':') ||
        !take_digits(at, end, 2, &minute))
        return false;
    if (take_letter(at, end, ':') && !take_digits(at, end, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    *seconds += hour * 3600.0 + minute * 60.0 + second;
    if (take_letter(at, end, '.'))
        for (; *at < end && (unsigned)(**at - '0') < 10; (*at)++, unit /= 10)
            *seconds += (**at - '0') * unit;
    return take_zone(at, end, seconds);
}

bool
sl_date_parse(const char *text, size_t length, double *seconds)
{
    int year, month, day;
    const char *at, *end;

    trim(&text, &length);
    at = text;
    end = text + length;
    if (!take_digits(&at, end, 4, &year) || !take_letter(&at, end, '-') ||
        !take_digits(&at, end, 2, &month) || !take_letter(&at, end, '-') ||
        !take_digits(&at, end, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return false;
    *seconds = days_from(year, month, day) * 86400;
    if (at == end)
        return true;
    if (!take_letter(&at, end, ' ') && !take_letter(&at, end, 'T'))
        return false;
    return take_time(&at, end, seconds) && at == end;
}
