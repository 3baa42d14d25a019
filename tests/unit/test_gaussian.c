/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/gaussian.h"
#include "modules/learn/moments.h"
#include "runner/base/rng.h"

static struct sl_arena arena;

static int
set_up(void **state)
{
    (void)state;
    sl_arena_init(&arena);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    sl_arena_release(&arena);
    return 0;
}

/* A Gaussian with a random mean and factor; the scale of its axes varies. */
static struct sl_gaussian
draw(struct sl_stream *stream, size_t d, double spread)
{
    double *mean = sl_arena_alloc(&arena, d * sizeof *mean);
    double *l = sl_arena_alloc(&arena, d * d * sizeof *l);

    for (size_t i = 0; i < d; i++) {
        mean[i] = sl_stream_normal(stream);
        for (size_t j = 0; j < i; j++)
            l[i * d + j] = spread * sl_stream_normal(stream);
        l[i * d + i] = exp(spread * sl_stream_normal(stream));
    }
    return (struct sl_gaussian){d, mean, l};
}

static double
bare(const struct sl_gaussian *p, const struct sl_gaussian *q)
{
    struct sl_error err;
    double nats;

    assert_int_equal(sl_gaussian_divergence_bare(p, q, &arena, &nats, &err), SL_OK);
    return nats;
}

/* In one dimension: ln(s1 / s0) + (s0^2 + (m0 - m1)^2) / 2 s1^2 - 1/2. */
static const struct {
    double m0, s0, m1, s1, want;
} known[] = {
    {0, 1, 0, 1, 0},
    {0, 1, 1, 1, 0.5},
    {1, 2, -1, 3, 0.405465108108164382 + 8.0 / 18 - 0.5},
    {-0.3, 0.01, 0.3, 10, 6.907755278982137052 + (0.0001 + 0.36) / 200 - 0.5},
    {2, 1e-3, 2, 1, 6.907755278982137052 + 0.5e-6 - 0.5},
    {5, 1e6, 5, 1e-6, -27.63102111592854821 + 0.5e24 - 0.5},
};

static void
values_on_a_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct sl_gaussian p = {1, &known[i].m0, &known[i].s0};
        struct sl_gaussian q = {1, &known[i].m1, &known[i].s1};
        double got = bare(&p, &q);

        if (!(fabs(got - known[i].want) <= 1e-13 * (1 + known[i].want)))
            fail_msg("%zu: %.17g, not %.17g", i, got, known[i].want);
    }
}

/* m0 = (1, 0), S0 = [[2, 1], [1, 2]]; m1 = (0, 1), S1 = [[4, 2], [2, 3]], so that S1^-1 =
 * [[3, -2], [-2, 4]] / 8, tr = (6 - 2 - 2 + 8) / 8 = 10/8, the square (3 + 4 + 4) / 8 and
 * det S1 / det S0 = 8/3. */
static void
a_value_by_hand(void **state)
{
    double m0[] = {1, 0}, s0[] = {2, 1, 1, 2}, m1[] = {0, 1}, s1[] = {4, 2, 2, 3};
    double want = (10.0 / 8 + 11.0 / 8 - 2 + log(8.0 / 3)) / 2;
    struct sl_gaussian p = {2, m0, s0}, q = {2, m1, s1};
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_covariance_factor(2, s0, &err), SL_OK);
    assert_int_equal(sl_covariance_factor(2, s1, &err), SL_OK);
    assert_true(fabs(bare(&p, &q) - want) < 1e-15);
}

static void
zero_for_equal_arguments(void **state)
{
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 6, "test", "equal");
    for (size_t d = 1; d <= 64; d += 7) {
        struct sl_gaussian p = draw(&stream, d, 0.5);
        double nats;
        struct sl_error err;

        assert_true(fabs(bare(&p, &p)) <= 1e-15 * (double)d);
        sl_gaussian_divergence(&p, &p, &arena, &nats, &err);
        assert_true(nats >= 0);
    }
}

/* Pairs that lie near each other are those where rounding could show. */
static void
never_negative(void **state)
{
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 7, "test", "pairs");
    for (size_t i = 0; i < 3000; i++) {
        size_t d = 1 + i % 24;
        struct sl_gaussian p = draw(&stream, d, 0.4), q = p;
        double *mean = sl_arena_alloc(&arena, d * sizeof *mean);
        double *l = sl_arena_alloc(&arena, d * d * sizeof *l);
        double step = pow(10, -(double)(i % 17));

        for (size_t j = 0; j < d; j++)
            mean[j] = p.mean[j] + step * sl_stream_normal(&stream);
        for (size_t j = 0; j < d * d; j++)
            l[j] = p.factor[j] * (1 + 0.1 * step * sl_stream_normal(&stream));
        q = (struct sl_gaussian){d, mean, l};
        if (!(bare(&p, &q) >= -1e-12 * (double)d))
            fail_msg("%g in %zu dimensions", bare(&p, &q), d);
    }
}

/* One Gaussian of two independent blocks. */
static struct sl_gaussian
join(const struct sl_gaussian *a, const struct sl_gaussian *b)
{
    size_t d = a->d + b->d;
    double *mean = sl_arena_alloc(&arena, d * sizeof *mean);
    double *l = sl_arena_alloc(&arena, d * d * sizeof *l);

    memcpy(mean, a->mean, a->d * sizeof *mean);
    memcpy(mean + a->d, b->mean, b->d * sizeof *mean);
    for (size_t i = 0; i < a->d; i++)
        memcpy(l + i * d, a->factor + i * a->d, a->d * sizeof *l);
    for (size_t i = 0; i < b->d; i++)
        memcpy(l + (a->d + i) * d + a->d, b->factor + i * b->d, b->d * sizeof *l);
    return (struct sl_gaussian){d, mean, l};
}

static void
additive_over_independent_blocks(void **state)
{
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 8, "test", "blocks");
    for (size_t i = 0; i < 40; i++) {
        struct sl_gaussian a = draw(&stream, 1 + i % 5, 0.5);
        struct sl_gaussian b = draw(&stream, 1 + i % 7, 0.5);
        struct sl_gaussian c = draw(&stream, 1 + i % 5, 0.5);
        struct sl_gaussian e = draw(&stream, 1 + i % 7, 0.5);
        struct sl_gaussian p = join(&a, &b), q = join(&c, &e);
        double sum = bare(&a, &c) + bare(&b, &e);

        assert_true(fabs(bare(&p, &q) - sum) < 1e-12 * (1 + sum));
    }
}

static double
log_density(const struct sl_gaussian *g, const double *x)
{
    double v[8];

    return sl_gaussian_log_peak(g) - sl_gaussian_square(g, x, v) / 2;
}

/* E_p[ln p - ln q], within five standard errors. */
static void
agrees_with_monte_carlo(void **state)
{
    enum { DRAWS = 20000 };
    static double values[DRAWS];
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 9, "test", "monte carlo");
    for (size_t pair = 0; pair < 12; pair++) {
        size_t d = 1 + pair % 8;
        struct sl_gaussian p = draw(&stream, d, 0.4), q = draw(&stream, d, 0.4);
        struct sl_moments moments;

        for (size_t i = 0; i < DRAWS; i++) {
            double u[8], x[8];

            for (size_t j = 0; j < d; j++)
                u[j] = sl_stream_normal(&stream);
            sl_gaussian_place(&p, u, x);
            values[i] = log_density(&p, x) - log_density(&q, x);
        }
        moments = sl_moments_of(values, DRAWS);
        if (!(fabs(moments.mean - bare(&p, &q)) < 5 * moments.std / sqrt(DRAWS)))
            fail_msg("%g in %zu dimensions, drawn %g +- %g", bare(&p, &q), d,
                     moments.mean, moments.std / sqrt(DRAWS));
    }
}

static void
no_covariance(void **state)
{
    double crooked[] = {1, 0.5, 0.25, 1}, indefinite[] = {1, 2, 2, 1};
    double columns[] = {1, 7, 2, 7, 4, 7, 3, 7, 0.5, 7};
    struct sl_gaussian fit;
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_covariance_factor(2, crooked, &err), SL_ERR_NUMERIC);
    assert_non_null(strstr(err.text, "0.25 in row 2, column 1, and 0.5 opposite"));
    assert_int_equal(sl_covariance_factor(2, indefinite, &err), SL_ERR_NUMERIC);
    assert_non_null(strstr(err.text, "pivot 2 of 2"));
    assert_int_equal(sl_gaussian_fit(&fit, 5, 2, columns, &arena, &err), SL_ERR_NUMERIC);
    assert_non_null(strstr(err.text, "pivot 2 of 2"));
    assert_int_equal(sl_gaussian_fit(&fit, 2, 2, columns, &arena, &err), SL_ERR_NUMERIC);
    assert_non_null(strstr(err.text, "2 points have no covariance in 2 dimensions"));
}

/* Over more rows than are centred at a time: mean (i mod 5) - 2, and so on. */
static void
fits_are_means_and_covariances(void **state)
{
    enum { N = 700 };
    static double x[N][2];
    struct sl_gaussian fit;
    struct sl_error err;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        x[i][0] = 1e3 + (double)(i % 5);
        x[i][1] = 3 * (double)(i % 5) - (double)(i % 7);
    }
    assert_int_equal(sl_gaussian_fit(&fit, N, 2, x[0], &arena, &err), SL_OK);
    assert_true(fabs(fit.mean[0] - 1002) < 1e-12 && fabs(fit.mean[1] - 3) < 1e-12);
    assert_true(fabs(fit.factor[0] - sqrt(2)) < 1e-12 && fit.factor[1] == 0);
    assert_true(fabs(fit.factor[2] - 3 * sqrt(2)) < 1e-11);
    assert_true(fabs(fit.factor[3] - 2) < 1e-11);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_on_a_line),
        cmocka_unit_test(a_value_by_hand),
        cmocka_unit_test(zero_for_equal_arguments),
        cmocka_unit_test(never_negative),
        cmocka_unit_test(additive_over_independent_blocks),
        cmocka_unit_test(agrees_with_monte_carlo),
        cmocka_unit_test(no_covariance),
        cmocka_unit_test(fits_are_means_and_covariances),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
