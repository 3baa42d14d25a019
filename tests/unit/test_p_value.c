/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/p_value.h"
#include "modules/learn/pareto.h"
#include "runner/base/rng.h"

static void
is_near(double got, double want, double error)
{
    if (!(fabs(got - want) <= error))
        fail_msg("%.17g, not %.17g", got, want);
}

static void
test_conformal(void **state)
{
    static const double scores[] = {0.25, 0.5, 0.5, 2.0};
    struct sl_calibration c = {4, scores, NULL};
    static const struct {
        double score, want;
    } cases[] = {{3.0, 0.2}, {2.0, 0.4}, {0.7, 0.4}, {0.5, 0.8}, {0.3, 0.8}, {-1.0, 1.0}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(sl_p_value(&c, cases[i].score) == cases[i].want);
    assert_true(isnan(sl_p_value(&c, (double)NAN)));
    c.n = 0;
    assert_true(sl_p_value(&c, 0.3) == 1.0);
}

/* Scores of every number and a calibration of every size, with what is equal and what is no
 * number: as one is counted. */
static void
test_many(void **state)
{
    double ascending[70], scores[70], p[70];
    struct sl_calibration c = {0, ascending, NULL};

    (void)state;
    for (size_t i = 0; i < 70; i++) {
        ascending[i] = (double)(i / 3);
        scores[i] = i % 11 == 7 ? (double)NAN : (double)(i * 37 % 53) / 2 - 1;
    }
    for (; c.n <= 70; c.n++) {
        size_t n = 70 - c.n;

        sl_p_values(&c, n, scores, p);
        for (size_t i = 0; i < n; i++) {
            size_t count = 1;

            for (size_t j = 0; j < c.n; j++)
                count += ascending[j] >= scores[i];
            if (isnan(scores[i]) ? !isnan(p[i])
                                 : p[i] != (double)count / (double)(c.n + 1))
                fail_msg("%zu of %zu: %g", i, n, p[i]);
        }
    }
}

/* Above the tail's beginning the tail, at it and below the calibration rows. */
static void
test_tail(void **state)
{
    static const double scores[] = {0.25, 0.5, 0.5, 2.0}, shapes[] = {0.3, -0.4, 0.0};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct sl_tail tail = {
            .score = 0.5, .scale = 1.7, .shape = shapes[i], .share = 0.25};
        struct sl_calibration c = {4, scores, &tail};

        assert_true(sl_p_value(&c, 0.5) == 0.8);
        is_near(sl_p_value(&c, 0.5 + sl_tail_excess(&tail, 1e-3)), 1e-3, 1e-15);
        is_near(sl_tail_share(&tail, 0.0), 0.25, 1e-16);
        is_near(sl_tail_excess(&tail, 0.25), 0.0, 1e-16);
    }
    struct sl_tail end = {.scale = 1.0, .shape = -0.5, .share = 0.1};
    assert_true(sl_tail_share(&end, 2.0) == 0.0 && sl_tail_share(&end, 5.0) == 0.0);
}

/* The textbook's: of these ten at level 0.05 the first two go. */
static void
test_benjamini_hochberg(void **state)
{
    static const double p[] = {0.001, 0.008, 0.039, 0.041, 0.042,
                               0.060, 0.074, 0.205, 0.212, 0.216};

    (void)state;
    assert_true(sl_benjamini_hochberg(p, 10, 0.05) == 0.008);
    assert_true(sl_benjamini_hochberg(p, 10, 0.09) == 0.042);
    assert_true(sl_benjamini_hochberg(p, 10, 0.001) == -1.0);
    assert_true(sl_benjamini_hochberg(p, 10, 1.0) == 0.216);
    assert_true(sl_benjamini_hochberg(p, 0, 0.5) == -1.0);
}

/*
 * Over many draws of 100 calibration rows, 90 normal rows and 10 anomalous ones, the mean
 * share of false discoveries at level 0.2 stays below 0.2 * 90 / 100 plus three standard
 * errors, and is no trivial 0.
 */
static void
test_false_discoveries(void **state)
{
    enum { ROUNDS = 2000, N = 100 };
    struct sl_stream stream;
    double calibration[N], p[N], sum = 0.0, squares = 0.0, found = 0.0;

    (void)state;
    sl_stream_init(&stream, 12, "test", "fdr");
    for (size_t round = 0; round < ROUNDS; round++) {
        struct sl_calibration c = {N, calibration, NULL};
        double sorted[N], cut, wrong = 0.0, right = 0.0, share;

        for (size_t i = 0; i < N; i++)
            calibration[i] = sl_stream_normal(&stream);
        for (size_t i = 0; i < N; i++)
            for (size_t j = i; j > 0 && calibration[j - 1] > calibration[j]; j--) {
                double t = calibration[j];
                calibration[j] = calibration[j - 1];
                calibration[j - 1] = t;
            }
        for (size_t i = 0; i < N; i++)
            p[i] = sl_p_value(&c, sl_stream_normal(&stream) + (i < 90 ? 0.0 : 4.0));
        memcpy(sorted, p, sizeof p);
        for (size_t i = 0; i < N; i++)
            for (size_t j = i; j > 0 && sorted[j - 1] > sorted[j]; j--) {
                double t = sorted[j];
                sorted[j] = sorted[j - 1];
                sorted[j - 1] = t;
            }
        cut = sl_benjamini_hochberg(sorted, N, 0.2);
        for (size_t i = 0; i < N; i++) {
            wrong += i < 90 && p[i] <= cut;
            right += i >= 90 && p[i] <= cut;
        }
        share = wrong + right > 0 ? wrong / (wrong + right) : 0.0;
        sum += share;
        squares += share * share;
        found += right / 10.0;
    }
    double mean = sum / ROUNDS, error = sqrt((squares / ROUNDS - mean * mean) / ROUNDS);
    assert_true(mean <= 0.18 + 3.0 * error);
    assert_true(mean > 0.1 && found / ROUNDS > 0.5);
}

/* Draws of known shape and scale: the fit is as likely as the truth at least, and near it
 * by the asymptotic standard error, (1 + shape) / sqrt(n) of the shape. */
static void
test_pareto(void **state)
{
    enum { N = 4000 };
    static const double shapes[] = {0.5, 0.1, 0.0, -0.25};
    static double y[N];
    struct sl_stream stream;

    (void)state;
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        struct sl_tail truth = {.scale = 2.385, .shape = shapes[k], .share = 1.0};
        double scale, shape;

        sl_stream_init(&stream, 30 + k, "test", "pareto");
        for (size_t i = 0; i < N; i++)
            y[i] = sl_tail_excess(&truth, 1.0 - sl_stream_uniform(&stream)) + 1e-12;
        sl_pareto_fit(y, N, &scale, &shape);
        is_near(shape, shapes[k], 4.0 * (1.0 + shapes[k]) / sqrt(N));
        is_near(scale / 2.385, 1.0, 0.1);
        assert_true(sl_pareto_likelihood(y, N, scale, shape) >=
                    sl_pareto_likelihood(y, N, 2.385, shapes[k]) - 1e-12);
        /* and no neighbour is likelier */
        assert_true(sl_pareto_likelihood(y, N, scale, shape) >=
                    sl_pareto_likelihood(y, N, scale * 1.001, shape));
        assert_true(sl_pareto_likelihood(y, N, scale, shape) >=
                    sl_pareto_likelihood(y, N, scale, shape + 0.001));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conformal),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_tail),
        cmocka_unit_test(test_benjamini_hochberg),
        cmocka_unit_test(test_false_discoveries),
        cmocka_unit_test(test_pareto),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
