/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/sort.h"
#include "runner/base/rng.h"

enum { N = 5000 };

static int
ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Numbers of all sizes and both signs, many of them more than once. */
static void
fill(double *x, size_t n, uint64_t seed)
{
    struct sl_stream stream;

    sl_stream_init(&stream, seed, "test", "sort");
    for (size_t i = 0; i < n; i++) {
        double value = sl_stream_normal(&stream);
        uint32_t kind = sl_stream_below(&stream, 8);

        if (kind == 0)
            value = floor(value);
        else if (kind == 1)
            value = ldexp(value, (int)sl_stream_below(&stream, 2100) - 1050);
        x[i] = value;
    }
}

static void
the_order_is_that_of_qsort(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 3, 63, 64, 65, 300, N};
    static double x[N], want[N], scratch[N];

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s];

        fill(x, n, s);
        memcpy(want, x, sizeof x);
        qsort(want, n, sizeof *want, ascending);
        sl_sort(x, scratch, n);
        for (size_t i = 0; i < n; i++)
            assert_true(x[i] == want[i]);
    }
}

static void
ends_and_equals(void **state)
{
    double x[200], scratch[200];

    (void)state;
    for (size_t i = 0; i < 200; i++)
        x[i] = i % 4 == 0 ? (double)INFINITY : i % 4 == 1 ? -(double)INFINITY : 1;
    x[7] = 4.9406564584124654e-324;
    x[11] = -4.9406564584124654e-324;
    x[15] = 0.0;
    x[19] = -0.0;
    sl_sort(x, scratch, 200);
    assert_true(isinf(x[0]) && isinf(x[49]) && x[49] < 0);
    assert_true(x[50] < 0 && x[51] == 0 && signbit(x[51]) && x[52] == 0 &&
                !signbit(x[52]) && x[53] > 0 && x[53] < 1e-300);
    assert_true(x[54] == 1 && x[149] == 1 && isinf(x[150]) && isinf(x[199]));
    for (size_t i = 0; i < 200; i++)
        x[i] = 3;
    sl_sort(x, scratch, 200);
    assert_true(x[0] == 3 && x[199] == 3);
}

/* Floors are many rows' keys, among them both zeros. */
static void
rows_of_equal_keys_stay_in_their_order(void **state)
{
    static struct sl_keyed x[N], scratch[N];
    static double keys[N];

    (void)state;
    fill(keys, N, 7);
    for (size_t i = 0; i < N; i++) {
        keys[i] = i % 5 ? keys[i] : i % 2 ? 0.0 : -0.0;
        x[i] = (struct sl_keyed){keys[i], (uint32_t)i};
    }
    sl_sort_keyed(x, scratch, N);
    for (size_t i = 0; i < N; i++) {
        assert_true(x[i].key == keys[x[i].row]);
        if (i > 0 && !(x[i - 1].key < x[i].key))
            assert_true(x[i - 1].key == x[i].key && x[i - 1].row < x[i].row);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_that_of_qsort),
        cmocka_unit_test(rows_of_equal_keys_stay_in_their_order),
        cmocka_unit_test(ends_and_equals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
