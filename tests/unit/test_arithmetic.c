/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/config/arithmetic.h"

static char told[200];

/* a is 6, b.c-d is 2.5, the rest is not there. */
static bool
find(void *context, const char *path, size_t n, size_t at, struct sl_amount *amount)
{
    (void)context;
    if (n == 1 && *path == 'a')
        return sl_amount_parse("6", amount);
    if (n == 5 && memcmp(path, "b.c-d", n) == 0)
        return sl_amount_parse("2.5", amount);
    snprintf(told, sizeof told, "%zu: no %.*s", at, (int)n, path);
    return false;
}

static void
tell(void *context, size_t at, const char *problem)
{
    (void)context;
    snprintf(told, sizeof told, "%zu: %s", at, problem);
}

/* The value as text, or what was told. */
static const char *
value(const char *text, struct sl_text *out)
{
    struct sl_arithmetic arithmetic = {find, tell, NULL};
    struct sl_amount amount;

    sl_text_clear(out);
    if (!sl_arithmetic_eval(&arithmetic, text, &amount))
        return told;
    sl_amount_print(amount, out);
    return out->bytes;
}

static void
values_and_mistakes(void **state)
{
    static const struct {
        const char *input, *want;
    } rows[] = {
        {"1 + 2 * 3", "7"},
        {"(1 + 2) * 3", "9"},
        {"7 / 2", "3.5"},
        {"6 / 2", "3"},
        {"7 // 2", "3"},
        {"-7 // 2", "-4"},
        {"7 // -2", "-4"},
        {"-7 % 3", "2"},
        {"7 % -3", "-2"},
        {"-7.5 % 2", "0.5"},
        {"7.5 // 2", "3"},
        {"2 ** 10", "1024"},
        {"2 ** 3 ** 2", "512"},
        {"-2 ** 2", "-4"},
        {"2 ** -1", "0.5"},
        {"0 ** 0", "1"},
        {"2 ** 62 - 1 + 2 ** 62", "9223372036854775807"},
        {"9007199254740993 + 0", "9007199254740993"},
        {"0.1 + 0.2", "0.30000000000000004"},
        {"0.5 * 6", "3"},
        {"1e-3 * 2", "0.002"},
        {".5 + 1.", "1.5"},
        {"- -3", "3"},
        {"+3 - +2", "1"},
        {"2 * a", "12"},
        {"a*b.c-d", "15"},
        {"min(3, a, 2.5)", "2.5"},
        {"max(3, a)", "6"},
        {"floor(-2.5) + ceil(2.5) + round(2.5)", "3"},
        {"round(a)", "6"},
        {"0 * -1.5", "0"},
        {"-9223372036854775807 - 1", "-9223372036854775808"},
        {"(-9223372036854775807 - 1) % -1", "0"},
        {"(-9223372036854775807 - 1) // -1", "27: the integer leaves 64 bits"},
        {"9223372036854775807 + 1", "20: the integer leaves 64 bits"},
        {"3 ** 41", "2: the integer leaves 64 bits"},
        {"9223372036854775808", "0: expected a decimal number"},
        {"1 / 0", "2: division by zero"},
        {"1 % 0.0", "2: division by zero"},
        {"1e308 * 10", "6: the result is not a finite number"},
        {"(-8) ** 0.5", "5: the result is not a finite number"},
        {"floor(1e19)", "0: the integer leaves 64 bits"},
        {"", "0: expected a number, the path of one, or '('"},
        {"1 +", "3: expected a number, the path of one, or '('"},
        {"1 2", "2: expected an operator"},
        {"(1", "2: expected ')'"},
        {"1)", "1: expected an operator"},
        {"0x1F", "1: expected an operator"},
        {"1.2.3", "0: expected a decimal number"},
        {"c + 1", "0: no c"},
        {"1 + a-b", "4: no a-b"},
        {"sqrt(2)", "0: unknown function; there are min, max, floor, ceil and round"},
        {"floor(1, 2)", "7: this function takes one number"},
        {"min(1, 2", "8: expected ')'"},
    };
    struct sl_text out = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = value(rows[i].input, &out);
        if (strcmp(rows[i].want, got) != 0)
            fail_msg("%s: %s, not %s", rows[i].input, got, rows[i].want);
    }
    sl_text_release(&out);
}

static void
depth_is_bounded(void **state)
{
    char text[2001];
    struct sl_text out = {0};

    (void)state;
    memset(text, '(', 2000);
    text[2000] = '\0';
    assert_non_null(strstr(value(text, &out), "too deep"));
    memset(text, '-', 2000);
    assert_non_null(strstr(value(text, &out), "too deep"));
    sl_text_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_mistakes),
        cmocka_unit_test(depth_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
