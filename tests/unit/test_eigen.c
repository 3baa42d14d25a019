/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/rng.h"
#include "runner/tensor/linalg.h"

enum { MOST = 40 };

/* [[2, 1], [1, 3]] has (5 -+ sqrt 5) / 2; above the diagonal nothing is read. */
static void
values_of_a_small_matrix_are_known(void **state)
{
    double a[] = {2, (double)NAN, 1, 3}, values[2];
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_eigen_symmetric(2, a, values, &err), SL_OK);
    assert_true(fabs(values[0] - (5 - sqrt(5)) / 2) < 1e-15);
    assert_true(fabs(values[1] - (5 + sqrt(5)) / 2) < 1e-14);
}

static void
fill(size_t n, double *a)
{
    struct sl_stream stream;

    sl_stream_init(&stream, 29 + n, "test_eigen", "entries");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            a[i * n + j] = a[j * n + i] = sl_stream_normal(&stream);
}

/* a v = l v for each pair, vectors of length 1 at right angles, ascending values. */
static void
check_pairs(size_t n, const double *a, const double *v, const double *values)
{
    for (size_t p = 0; p < n; p++) {
        assert_true(p == 0 || values[p] >= values[p - 1]);
        for (size_t i = 0; i < n; i++) {
            double sum = 0, dot = 0;
            for (size_t j = 0; j < n; j++) {
                sum += a[i * n + j] * v[p * n + j];
                dot += v[p * n + j] * v[i * n + j];
            }
            assert_true(fabs(sum - values[p] * v[p * n + i]) < 1e-13 * (double)n);
            assert_true(fabs(dot - (i == p)) < 1e-14 * (double)n);
        }
    }
}

static void
pairs_solve_their_equation(void **state)
{
    const size_t sizes[] = {1, 2, 3, 8, 17, MOST};
    double a[MOST * MOST], v[MOST * MOST], values[MOST];
    struct sl_error err;

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s];
        fill(n, a);
        memcpy(v, a, n * n * sizeof *v);
        assert_int_equal(sl_eigen_symmetric(n, v, values, &err), SL_OK);
        check_pairs(n, a, v, values);
    }
}

static void
nothing_has_no_values(void **state)
{
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_eigen_symmetric(0, NULL, NULL, &err), SL_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_a_small_matrix_are_known),
        cmocka_unit_test(pairs_solve_their_equation),
        cmocka_unit_test(nothing_has_no_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
