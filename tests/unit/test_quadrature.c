/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "modules/learn/quadrature.h"
#include "runner/base/arena.h"
#include "runner/parallel/pool.h"

static double
power(const void *context, double x)
{
    return pow(x, *(const int *)context);
}

/* The 15-point rule is exact up to degree 22 (and 23, by symmetry), the 7-point one up to
 * 13: a tolerance that nothing passes shows which of them is at fault. */
static void
polynomials_are_exact(void **state)
{
    (void)state;
    for (int degree = 0; degree <= 22; degree++) {
        double error = 0;
        double got = sl_integrate(power, &degree, 0.5, 2, 1e9, &error);
        double want = (pow(2, degree + 1) - pow(0.5, degree + 1)) / (degree + 1);

        if (!(fabs(got - want) < 1e-14 * want))
            fail_msg("degree %d: %.17g, not %.17g", degree, got, want);
        assert_true((error < 1e-13 * want) == (degree <= 13));
    }
}

static double
peak(const void *context, double x)
{
    double width = *(const double *)context;

    return width / (width * width + (x - 0.3) * (x - 0.3));
}

static void
peaks_are_halved_down_to(void **state)
{
    (void)state;
    for (double width = 1; width > 1e-6; width /= 7) {
        double error = 0, want = atan(0.7 / width) + atan(0.3 / width);
        double got = sl_integrate(peak, &width, 0, 1, 1e-12, &error);

        assert_true(fabs(got - want) < 1e-10 && error < 1e-9);
    }
}

static double
jump(const void *context, double x)
{
    return x < *(const double *)context ? 0 : 1;
}

static void
jumps_end(void **state)
{
    double at = 0.123456789, error = 0;

    (void)state;
    assert_true(fabs(sl_integrate(jump, &at, 0, 1, 0, &error) - 1 + at) < 1e-11);
}

/* N(0, diag(1, s^2)), whose entropy is ln(2 pi e s). */
static double
oval(const void *context, const double *x)
{
    double s = *(const double *)context;

    return -(x[0] * x[0] + x[1] * x[1] / (s * s)) / 2 - log(6.283185307179586477 * s);
}

static void
entropy_on_a_plane(void **state)
{
    static const double widths[] = {1, 0.3, 0.1};
    struct sl_arena arena;
    struct sl_pool *pool;
    struct sl_error err;

    (void)state;
    sl_arena_init(&arena);
    assert_int_equal(sl_pool_new(&pool, 4, &err), SL_OK);
    for (size_t i = 0; i < 3; i++) {
        double s = widths[i], alone, together, error;
        struct sl_plane plane = {oval, &s, {{-9, -9 * s}, {9, 9 * s}}, s};

        assert_true(sl_plane_is_coarse(&plane));
        sl_plane_entropy(&plane, NULL, &arena, &alone, &error, &err);
        sl_plane_entropy(&plane, pool, &arena, &together, &error, &err);
        assert_true(alone == together);
        assert_true(fabs(alone - log(6.283185307179586477 * s) - 1) < 1e-12);
        assert_true(error < 1e-10);
        plane.finest = 0.01;
        assert_false(sl_plane_is_coarse(&plane));
    }
    sl_pool_free(pool);
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polynomials_are_exact),
        cmocka_unit_test(peaks_are_halved_down_to),
        cmocka_unit_test(jumps_end),
        cmocka_unit_test(entropy_on_a_plane),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
