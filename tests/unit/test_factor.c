/* SPDX-License-Identifier: MIT */
/* The factorisations of linalg.h. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/rng.h"
#include "runner/tensor/linalg.h"

enum { MOST = 37 };

static void
draw(struct sl_stream *stream, double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = sl_stream_normal(stream);
}

/* b bt + shift I, positive definite. */
static void
square(const double *b, size_t n, double shift, double *a)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            a[i * n + j] = i == j ? shift : 0;
            for (size_t k = 0; k < n; k++)
                a[i * n + j] += b[i * n + k] * b[j * n + k];
        }
}

static void
cholesky_gives_back_the_matrix(void **state)
{
    struct sl_stream stream;
    double b[MOST * MOST], a[MOST * MOST], l[MOST * MOST], again[MOST * MOST];
    struct sl_error err;

    (void)state;
    sl_stream_init(&stream, 3, "test", "cholesky");
    for (size_t n = 1; n <= MOST; n += 4) {
        draw(&stream, b, n * n);
        square(b, n, 0.25, a);
        memcpy(l, a, sizeof l);
        for (size_t i = 0; i + 1 < n; i++)
            l[i * n + n - 1] = (double)NAN; /* above: not looked at */
        assert_int_equal(sl_cholesky(n, l, &err), SL_OK);
        for (size_t i = 0; i < n; i++)
            for (size_t j = i + 1; j < n; j++)
                assert_true(l[i * n + j] == 0);
        square(l, n, 0, again);
        for (size_t i = 0; i < n * n; i++)
            assert_true(fabs(again[i] - a[i]) < 1e-12 * (double)n);
    }
}

/* The pivots of the third are 4, 2.75 and 1.375 - 0.25 - 1.875^2 / 2.75 = -0.15. */
static const struct {
    size_t n;
    double a[16];
    const char *want;
} indefinite[] = {
    {1, {0}, "pivot 1 of 1 "},
    {2, {1, 2, 2, 1}, "pivot 2 of 2 "},
    {3, {4, 1, 1, 1, 3, 2.125, 1, 2.125, 1.375}, "pivot 3 of 3 "},
    {2, {(double)NAN, 0, 0, 1}, "pivot 1 of 2 "},
    {3, {1, 0, 0, 0, 1, 0, 0, (double)INFINITY, 1}, "pivot 3 of 3 "},
};

static void
the_pivot_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof indefinite / sizeof *indefinite; i++) {
        double a[16];
        struct sl_error err;

        memcpy(a, indefinite[i].a, sizeof a);
        assert_int_equal(sl_cholesky(indefinite[i].n, a, &err), SL_ERR_NUMERIC);
        if (!strstr(err.text, indefinite[i].want))
            fail_msg("%zu: %s", i, err.text);
    }
}

static void
triangular_systems_are_solved(void **state)
{
    struct sl_stream stream;
    double l[MOST * MOST], x[MOST * 3], b[MOST * 3];

    (void)state;
    sl_stream_init(&stream, 4, "test", "solve");
    for (size_t n = 1; n <= MOST; n += 9) {
        draw(&stream, l, n * n);
        draw(&stream, x, n * 3);
        for (size_t i = 0; i < n; i++) {
            l[i * n + i] = 2 + fabs(l[i * n + i]);
            for (size_t j = i + 1; j < n; j++)
                l[i * n + j] = (double)NAN;
        }
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < 3; k++) {
                b[i * 3 + k] = 0;
                for (size_t j = 0; j <= i; j++)
                    b[i * 3 + k] += l[i * n + j] * x[j * 3 + k];
            }
        sl_triangular_solve(n, 3, l, b);
        for (size_t i = 0; i < n * 3; i++)
            assert_true(fabs(b[i] - x[i]) < 1e-9 * (1 + fabs(x[i])));
    }
}

static const struct {
    size_t n;
    double a[9], det;
} determinants[] = {
    {0, {0}, 1},
    {1, {-2.385}, -2.385},
    {2, {1, 2, 3, 4}, -2},
    {2, {0, 1, 1, 0}, -1},
    {3, {0, 2, 0, 0, 0, 3, 5, 0, 0}, 30},
    {3, {2, -1, 0.5, 0, 3, 7, -4, 1, 1.25}, 27.5},
    {2, {1, 2, 2, 4}, 0},
};

static void
determinants_are_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof determinants / sizeof *determinants; i++) {
        double a[9], log_det, det = determinants[i].det;
        struct sl_error err;
        int sign;

        memcpy(a, determinants[i].a, sizeof a);
        assert_int_equal(sl_lu_log_det(determinants[i].n, a, &log_det, &sign, &err),
                         SL_OK);
        assert_int_equal(sign, (det > 0) - (det < 0));
        if (det == 0)
            assert_true(log_det == -(double)INFINITY);
        else
            assert_true(fabs(log_det - log(fabs(det))) < 1e-14);
    }
}

/* det (b bt) is the product of the pivots' squares. */
static void
both_factorisations_agree(void **state)
{
    struct sl_stream stream;
    double b[MOST * MOST], a[MOST * MOST], log_det, twice = 0;
    struct sl_error err;
    int sign;

    (void)state;
    sl_stream_init(&stream, 5, "test", "agree");
    draw(&stream, b, MOST * MOST);
    square(b, MOST, 0.5, a);
    memcpy(b, a, sizeof b);
    assert_int_equal(sl_cholesky(MOST, b, &err), SL_OK);
    for (size_t i = 0; i < MOST; i++)
        twice += 2 * log(b[i * MOST + i]);
    assert_int_equal(sl_lu_log_det(MOST, a, &log_det, &sign, &err), SL_OK);
    assert_int_equal(sign, 1);
    assert_true(fabs(log_det - twice) < 1e-11);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cholesky_gives_back_the_matrix),
        cmocka_unit_test(the_pivot_is_named),
        cmocka_unit_test(triangular_systems_are_solved),
        cmocka_unit_test(determinants_are_known),
        cmocka_unit_test(both_factorisations_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
