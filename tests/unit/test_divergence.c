/* SPDX-License-Identifier: MIT */
/* Values of the divergences between samples that are known, and the steps below them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/divergence.h"
#include "modules/learn/steps.h"

static double
value_of(const char *name, const struct sl_sample_pair *pair, double *columns)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_DIVERGENCE, name);
    struct sl_sample_pair own = *pair;
    double value, unused[8];
    struct sl_arena arena;
    struct sl_error err;

    assert_non_null(row);
    sl_arena_init(&arena);
    own.arena = &arena;
    assert_int_equal(((const struct sl_divergence_class *)row->as[0])
                         ->compute(&own, &value, columns ? columns : unused, &err),
                     SL_OK);
    sl_arena_release(&arena);
    return value;
}

/* ---- steps -------------------------------------------------------------------------- */

static void
steps_take_ties_together(void **state)
{
    static const double a[] = {1, 2, 2, 5}, b[] = {2, 2, 3, 7, 7};
    static const double differences[] = {0.25, 0.35, 0.15, 0.4, 0};
    static const double widths[] = {1, 1, 2, 2, 0};
    struct sl_steps steps = {a, b, 4, 5, .i = 0};

    (void)state;
    for (size_t k = 0; k < 5; k++) {
        assert_true(sl_steps_next(&steps));
        assert_true(fabs(steps.difference - differences[k]) < 1e-15);
        assert_true(steps.width == widths[k]);
    }
    assert_false(sl_steps_next(&steps));
}

/* ---- on a line, by hand ------------------------------------------------------------- */

/* F - G of {0, 1, 3} and {1, 2}: 1/3 on [0, 1), 1/6 on [1, 2), -1/3 on [2, 3). */
static void
values_on_a_line(void **state)
{
    static const double samples[] = {3, 0, 1}, data[] = {2, 1};
    struct sl_sample_pair pair = {1, 3, 2, 0, samples, data, NULL, .pool = NULL};
    double column;

    (void)state;
    assert_true(fabs(value_of("ks", &pair, &column) - 1.0 / 3) < 1e-15);
    assert_true(fabs(column - 1.0 / 3) < 1e-15);
    assert_true(fabs(value_of("sliced_wasserstein", &pair, NULL) - 5.0 / 6) < 1e-15);
    assert_true(fabs(value_of("energy_distance", &pair, NULL) -
                     2 * (1.0 / 9 + 1.0 / 36 + 1.0 / 9)) < 1e-15);
    /* Means 4/3 and 3/2, variances 14/9 and 1/4. */
    assert_true(fabs(value_of("gaussian_divergence", &pair, NULL) -
                     (56.0 / 9 + 1.0 / 9 - 1 - log(56.0 / 9)) / 2) < 1e-14);
    assert_true(isnan(value_of("nearer_to_train", &pair, NULL)));
}

/* ---- on a plane --------------------------------------------------------------------- */

enum { N = 600 };

static void
fill(double *x, size_t n, uint64_t seed, double shift)
{
    struct sl_stream stream;

    sl_stream_init(&stream, seed, "test", "points");
    for (size_t i = 0; i < n; i++) {
        x[2 * i] = sl_stream_normal(&stream) + shift;
        x[2 * i + 1] = sl_stream_normal(&stream) / 2;
    }
}

static double
mean_of_pairs(const double *x, size_t n, const double *y, size_t m)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            sum += hypot(x[2 * i] - y[2 * j], x[2 * i + 1] - y[2 * j + 1]);
    return sum / (double)(n * m);
}

static void
energy_is_that_of_all_pairs(void **state)
{
    static double a[2 * N], b[2 * N];
    struct sl_sample_pair pair = {2, N, N / 2, 0, a, b, NULL, .pool = NULL};
    double want;

    (void)state;
    fill(a, N, 1, 0);
    fill(b, N, 2, 0.5);
    want = 2 * mean_of_pairs(a, N, b, N / 2) - mean_of_pairs(a, N, a, N) -
           mean_of_pairs(b, N / 2, b, N / 2);
    assert_true(fabs(value_of("energy_distance", &pair, NULL) - want) < 1e-12);
    assert_true(want > 0.05);
}

/* The line's formula and the one over pairs are one: a plane whose second column is 0. */
static void
both_energies_agree(void **state)
{
    static double a[2 * N], b[2 * N], line_a[N], line_b[N];
    struct sl_sample_pair plane = {2, N, N, 0, a, b, NULL, .pool = NULL};
    struct sl_sample_pair line = {1, N, N, 0, line_a, line_b, NULL, .pool = NULL};

    (void)state;
    fill(a, N, 1, 0);
    fill(b, N, 2, 0.5);
    for (size_t i = 0; i < N; i++) {
        a[2 * i + 1] = b[2 * i + 1] = 0;
        line_a[i] = a[2 * i];
        line_b[i] = b[2 * i];
    }
    assert_true(fabs(value_of("energy_distance", &plane, NULL) -
                     value_of("energy_distance", &line, NULL)) < 1e-12);
}

/* A shift by v moves a projection by |v.u|, whose mean over directions is 2 |v| / pi. */
static void
shifts_are_measured(void **state)
{
    static double a[2 * N], b[2 * N];
    struct sl_sample_pair pair = {2, N, N, 0, a, b, NULL, .pool = NULL};
    double sliced;

    (void)state;
    fill(a, N, 3, 0);
    for (size_t i = 0; i < N; i++) {
        b[2 * i] = a[2 * i] + 3;
        b[2 * i + 1] = a[2 * i + 1] - 4;
    }
    sl_stream_init(&pair.stream, 5, "test", "directions");
    sliced = value_of("sliced_wasserstein", &pair, NULL);
    assert_true(fabs(sliced - 10 / 3.14159265358979) < 5 * 5 * 0.31 / sqrt(64));
    assert_true(sliced != 10 / 3.14159265358979);
    /* Equal covariances: half the square of the shift in standard deviations of the fit. */
    assert_true(fabs(value_of("gaussian_divergence", &pair, NULL) - (9 + 64) / 2.0) < 6);
}

/* Samples that are the training rows, the test rows, rows of both, and rows of neither. */
static void
copies_are_found(void **state)
{
    static double train[2 * N], test[2 * N], fresh[2 * N];
    struct sl_sample_pair pair = {2, N, N, N, train, test, train, .pool = NULL};
    double share;

    (void)state;
    fill(train, N, 11, 0);
    fill(test, N, 12, 0);
    fill(fresh, N, 13, 0);
    assert_true(value_of("nearer_to_train", &pair, NULL) == 1);
    pair.samples = test;
    assert_true(value_of("nearer_to_train", &pair, NULL) == 0);
    pair.samples = fresh;
    share = value_of("nearer_to_train", &pair, NULL);
    assert_true(fabs(share - 0.5) < 5 * 0.5 / sqrt(N) && share != 0.5);
    pair.data = train;
    assert_true(value_of("nearer_to_train", &pair, NULL) == 0.5);
    pair.samples = train;
    assert_true(value_of("nearer_to_train", &pair, NULL) == 0.5);
}

/* One column goes by neighbours in order, two by products; a second one of zeros changes
 * no distance. */
static void
a_column_and_a_flat_plane_agree(void **state)
{
    static double line[3][N], plane[3][2 * N];
    struct sl_sample_pair on_line = {1, N, N, N, line[0], line[1], line[2], .pool = NULL};
    struct sl_sample_pair flat = {2, N, N, N, plane[0], plane[1], plane[2], .pool = NULL};

    (void)state;
    for (size_t set = 0; set < 3; set++) {
        fill(plane[set], N, 21 + set, 0);
        for (size_t i = 0; i < N; i++) {
            /* Few values: samples meet rows of one set, of both and of none. */
            line[set][i] = plane[set][2 * i] = floor(100 * plane[set][2 * i]) / 100;
            plane[set][2 * i + 1] = 0;
        }
    }
    assert_true(value_of("nearer_to_train", &on_line, NULL) ==
                value_of("nearer_to_train", &flat, NULL));
}

/* Ten training rows for each test row: as many are compared, or they would win. */
static void
sets_of_one_size_are_compared(void **state)
{
    static double train[20 * N], test[2 * N], fresh[2 * N];
    struct sl_sample_pair pair = {2,     N,    N,     (size_t)10 * N,
                                  fresh, test, train, .pool = NULL};

    (void)state;
    fill(train, (size_t)10 * N, 11, 0);
    fill(test, N, 12, 0);
    fill(fresh, N, 13, 0);
    assert_true(fabs(value_of("nearer_to_train", &pair, NULL) - 0.5) < 5 * 0.5 / sqrt(N));
}

static void
a_column_that_does_not_vary(void **state)
{
    static double a[2 * N], b[2 * N];
    struct sl_sample_pair pair = {2, N, N, 0, a, b, NULL, .pool = NULL};

    (void)state;
    fill(a, N, 1, 0);
    fill(b, N, 2, 0);
    for (size_t i = 0; i < N; i++)
        b[2 * i] = 0;
    assert_true(isnan(value_of("gaussian_divergence", &pair, NULL)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_take_ties_together),
        cmocka_unit_test(values_on_a_line),
        cmocka_unit_test(energy_is_that_of_all_pairs),
        cmocka_unit_test(both_energies_agree),
        cmocka_unit_test(shifts_are_measured),
        cmocka_unit_test(copies_are_found),
        cmocka_unit_test(a_column_and_a_flat_plane_agree),
        cmocka_unit_test(sets_of_one_size_are_compared),
        cmocka_unit_test(a_column_that_does_not_vary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
