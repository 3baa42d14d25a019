/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/text.h"

static void
a_text_grows(void **state)
{
    struct sl_text text = {0};
    char want[3 * 2000 + 1] = "";

    (void)state;
    for (int i = 0; i < 2000; i++) {
        char piece[4] = {(char)('a' + i % 26), (char)('0' + i % 10), '.', '\0'};

        strcat(want, piece);
        if (i % 2 == 0)
            sl_text_append(&text, piece);
        else
            sl_text_format(&text, "%c%d%s", 'a' + i % 26, i % 10, ".");
        assert_int_equal(text.count, 3 * (i + 1));
    }
    assert_string_equal(text.bytes, want);
    sl_text_release(&text);
    assert_null(text.bytes);
    assert_int_equal(text.count, 0);
}

static void
bytes_may_hold_anything(void **state)
{
    struct sl_text text = {0};

    (void)state;
    sl_text_clear(&text);
    assert_null(text.bytes);
    sl_text_append(&text, "");
    assert_string_equal(text.bytes, "");
    sl_text_append_bytes(&text, "a\0b", 3);
    sl_text_append_bytes(&text, NULL, 0);
    sl_text_append_bytes(&text, "c", 1);
    assert_int_equal(text.count, 4);
    assert_memory_equal(text.bytes, "a\0bc", 5);
    sl_text_clear(&text);
    assert_string_equal(text.bytes, "");
    assert_int_equal(text.count, 0);
    sl_text_release(&text);
}

static void
a_long_piece_fits(void **state)
{
    struct sl_text text = {0};

    (void)state;
    sl_text_append(&text, "x");
    sl_text_format(&text, "%*d|", 99999, 7);
    assert_int_equal(text.count, 100001);
    assert_int_equal(strlen(text.bytes), 100001);
    assert_string_equal(text.bytes + 99998, " 7|");
    sl_text_release(&text);
}

static const struct {
    double value;
    const char *text;
} doubles[] = {
    {0.0, "0"},
    {-0.0, "-0"},
    {3.0, "3"},
    {-3.0, "-3"},
    {100.0, "100"},
    {0.1, "0.1"},
    {0.001, "0.001"},
    {1e-3 / 3, "0.0003333333333333333"},
    {1e-8, "1e-08"},
    {2.5, "2.5"},
    {0.1 + 0.2, "0.30000000000000004"},
    {123456.7, "123456.7"},
    {1e15, "1000000000000000"},
    {1e16, "1e+16"},
    {6.02214076e23, "6.02214076e+23"},
    {0x1p-44, "5.684341886080802e-14"},
    {5e-324, "5e-324"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {HUGE_VAL, ".inf"},
    {-HUGE_VAL, "-.inf"},
    {(double)NAN, ".nan"},
};

static void
doubles_are_short(void **state)
{
    struct sl_text text = {0};

    (void)state;
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
        sl_text_clear(&text);
        sl_text_double(&text, doubles[i].value);
        assert_string_equal(text.bytes, doubles[i].text);
    }
    sl_text_release(&text);
}

static void
whole_numbers_are_digits(void **state)
{
    struct sl_text text = {0};

    (void)state;
    for (size_t i = 0; i < 2; i++)
        sl_text_whole(&text, i * UINT64_MAX);
    sl_text_whole(&text, 1070);
    assert_string_equal(text.bytes, "0184467440737095516151070");
    sl_text_release(&text);
}

static void
doubles_read_back_as_themselves(void **state)
{
    struct sl_text text = {0};
    uint64_t bits = 0x9e3779b97f4a7c15;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        double value, back;

        bits = bits * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        sl_text_clear(&text);
        sl_text_double(&text, value);
        back = strtod(text.bytes, NULL);
        assert_memory_equal(&back, &value, sizeof value);
    }
    sl_text_release(&text);
}

static const struct {
    const char *a, *b;
    size_t limit, want;
} distances[] = {
    {"", "", 3, 0},
    {"", "abc", 3, 3},
    {"", "abcd", 3, 4},
    {"lr", "lr", 0, 0},
    {"lr", "lt", 0, 1},
    {"lrate", "rate", 2, 1},
    {"epoch", "epochs", 2, 1},
    {"batchsize", "batch_size", 2, 1},
    {"kitten", "sitting", 5, 3},
    {"sitting", "kitten", 3, 3},
    {"kitten", "sitting", 2, 3},
    {"kitten", "sitting", 1, 2},
    {"sunday", "saturday", 9, 3},
    {"intention", "execution", 9, 5},
    {"abcdef", "uvwxyz", 4, 5},
    {"ab", "ba", 3, 2},
};

static void
distance_counts_edits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++)
        assert_int_equal(
            sl_text_distance(distances[i].a, distances[i].b, distances[i].limit),
            distances[i].want);
}

/* Found by trying one precision after the other. The numbers below a power of two are nearer
 * than those above: 16 digits above it may do where the nearest ones don't. */
static void
shortest(double value, char *digits, size_t size)
{
    char above[40];
    int precision = 1, exponent;

    do
        snprintf(digits, size, "%.*g", precision, value);
    while (strtod(digits, NULL) != value && ++precision <= 17);
    if (precision < 17 || fabs(frexp(value, &exponent)) != 0.5 || exponent <= -49)
        return;
    snprintf(above, sizeof above, "%.15e", value);
    above[16 + (value < 0)]++;
    if (strtod(above, NULL) == value)
        strcpy(digits, above);
}

static void
assert_shortest(double value)
{
    struct sl_text text = {0};
    char digits[40];

    if (!isfinite(value) || value == floor(value))
        return;
    shortest(value, digits, sizeof digits);
    sl_text_double(&text, value);
    assert_string_equal(text.bytes, digits);
    sl_text_release(&text);
}

/* Of any bits, of few digits and few bits, and of powers of two with what is next to them. */
static void
no_shorter_text_says_a_double(void **state)
{
    uint64_t bits = 0x9e3779b97f4a7c15u;
    double value;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &bits, sizeof value);
        assert_shortest(value);
        assert_shortest((double)(bits >> 50) / 1000);
        assert_shortest((double)(bits >> 11) * 0x1p-53);
        assert_shortest(-ldexp((double)(bits >> 11), i % 120 - 113));
        assert_shortest(ldexp((double)(bits >> (11 + i % 53)), i % 120 - 90));
    }
    for (int e = -1074; e < 0; e++) {
        assert_shortest(ldexp(1, e));
        assert_shortest(nextafter(ldexp(1, e), 0));
        assert_shortest(nextafter(ldexp(1, e), 1));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_grows),
        cmocka_unit_test(bytes_may_hold_anything),
        cmocka_unit_test(a_long_piece_fits),
        cmocka_unit_test(doubles_are_short),
        cmocka_unit_test(whole_numbers_are_digits),
        cmocka_unit_test(doubles_read_back_as_themselves),
        cmocka_unit_test(no_shorter_text_says_a_double),
        cmocka_unit_test(distance_counts_edits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
