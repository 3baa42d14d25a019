/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "modules/learn/moments.h"

static void
test_moments(void **state)
{
    static const struct {
        size_t n;
        double x[5];
        double mean, std;
    } cases[] = {
        {2, {1.0, 4.0}, 2.5, 2.1213203435596424},
        {5, {2.385, -0.77, 13.02, 4.5, 0.125}, 3.852, 5.519910098905597},
        {3, {0.1, 0.1, 0.1}, 0.1, 0.0},
        /* A mean that swamps the spread. */
        {3, {1e9 + 0.25, 1e9 + 0.5, 1e9 + 1.0}, 1e9 + 1.75 / 3.0, 0.38188130791298669},
        {1, {3.5}, 3.5, (double)NAN},
        {0, {0}, (double)NAN, (double)NAN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_moments m = sl_moments_of(cases[i].x, cases[i].n);

        if (isnan(cases[i].mean))
            assert_true(isnan(m.mean));
        else
            assert_true(fabs(m.mean - cases[i].mean) <= 1e-15 * fabs(cases[i].mean));
        if (isnan(cases[i].std))
            assert_true(isnan(m.std));
        else
            assert_true(fabs(m.std - cases[i].std) <= 1e-14 * cases[i].std + 1e-17);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_moments)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
