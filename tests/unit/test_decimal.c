/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/decimal.h"
#include "runner/base/rng.h"

/* Of digits with at most one sign, point and exponent; with anything else strtod stops
 * before the end, or reads more kinds of numbers than these. */
static bool
is_decimal(const char *text, double *value)
{
    char *end;

    *value = strtod(text, &end);
    return end != text && *end == '\0' && strspn(text, "+-.0123456789eE") == strlen(text);
}

/* With a comma for the point and a point for the comma. */
static void
compare_comma(const char *text, bool is, double want)
{
    char other[80];
    double value = 0;

    strcpy(other, text);
    for (char *at = other; *at; at++)
        *at = (char)(*at == '.' ? ',' : *at == ',' ? '.' : *at);
    if (sl_decimal_parse_comma(other, strlen(other), &value) != is)
        fail_msg("'%s' is taken for %s", other, is ? "none" : "a number");
    if (is && (value != want || signbit(value) != signbit(want)))
        fail_msg("'%s' is read as %.17g", other, value);
}

static void
compare_decimal(const char *text)
{
    double value = 0, want;
    bool is = is_decimal(text, &want);

    if (sl_decimal_parse(text, strlen(text), &value) != is)
        fail_msg("'%s' is taken for %s", text, is ? "none" : "a number");
    if (is && (value != want || signbit(value) != signbit(want)))
        fail_msg("'%s' is read as %.17g", text, value);
    compare_comma(text, is, want);
}

/* Every length, a letter that is no digit in every place, and two of them. */
static void
decimals_of_every_shape(void **state)
{
    static const char letters[] = "0./:;-+e,x\x01\x7f\xb0\xb5\xff";
    char text[32];

    (void)state;
    for (size_t length = 1; length <= 20; length++)
        for (size_t i = 0; i < length * length * (sizeof letters - 1); i++) {
            size_t first = i % length, second = i / length % length;

            for (size_t k = 0; k < length; k++)
                text[k] = (char)('0' + (7 * k + length) % 10);
            text[first] = letters[i / length / length];
            text[second] = second == first ? text[first] : '.';
            text[length] = '\0';
            compare_decimal(text);
            if (first == 0)
                text[0] = '-';
            compare_decimal(text);
        }
    compare_decimal("-0");
    compare_decimal("-0.0");
    compare_decimal("9007199254740993");
    compare_decimal(
        "0.3333333333333333333333333333333333333333333333333333333333333333333");
    compare_decimal("-1.00000000000000011102230246251565404236316680908203125");
    compare_decimal("1,5.2");
}

/* As strtod has it, for texts of every length and exponent. */
static void
decimals_are_the_nearest_doubles(void **state)
{
    static const char *const none[] = {"",    "-",   ".",     "e5",   "1e",
                                       "1e+", "1 2", "0x10",  "nan",  "inf",
                                       "1,5", "--1", "1.2.3", "1e5.5"};
    struct sl_stream stream;
    double value;

    (void)state;
    sl_stream_init(&stream, 3, "test", "decimals");
    for (size_t i = 0; i < 200000; i++) {
        char text[64];
        int digits = 1 + (int)sl_stream_below(&stream, 22);
        int exponent = (int)sl_stream_below(&stream, 40) - 20;
        double x = ldexp(sl_stream_uniform(&stream) - 0.5,
                         (int)sl_stream_below(&stream, 120) - 60);

        if (i % 3 == 0)
            snprintf(text, sizeof text, "%.*g", digits, x);
        else if (i % 3 == 1)
            snprintf(text, sizeof text, "%.*f", digits % 12, x);
        else
            snprintf(text, sizeof text, "%.*ge%d", digits, floor(x), exponent);
        if (strchr(text, 'e') != strrchr(text, 'e'))
            continue;
        if (!sl_decimal_parse(text, strlen(text), &value) || value != strtod(text, NULL))
            fail_msg("'%s' is read as %.17g", text, value);
        compare_comma(text, true, value);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (sl_decimal_parse(none[i], strlen(none[i]), &value))
            fail_msg("'%s' is read as %g", none[i], value);
}

static void
dates_are_seconds_from_1970(void **state)
{
    static const struct {
        const char *text;
        double seconds; /* NaN: none */
    } cases[] = {
        {"1970-01-01", 0},
        {"2000-02-29", 951782400},
        {"2026-11-22 16:24:00", 1795364640},
        {"2026-11-22T16:24:00.5Z", 1795364640.5},
        {"2026-11-22T16:24+01:00", 1795361040},
        {"1969-12-31 23:59:59", -1},
        {"2001-02-29", (double)NAN},
        {"2001-13-01", (double)NAN},
        {"22.11.2026", (double)NAN},
        {"2026-11-22 25:00", (double)NAN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double seconds = (double)NAN;
        bool read = sl_date_parse(cases[i].text, strlen(cases[i].text), &seconds);

        if (read == isnan(cases[i].seconds) || (read && seconds != cases[i].seconds))
            fail_msg("'%s' is %.1f", cases[i].text, seconds);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_of_every_shape),
        cmocka_unit_test(decimals_are_the_nearest_doubles),
        cmocka_unit_test(dates_are_seconds_from_1970),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
