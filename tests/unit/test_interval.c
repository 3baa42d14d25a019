/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/bootstrap.h"
#include "modules/learn/interval.h"
#include "runner/parallel/pool.h"

extern const struct sl_metric_class metric_auroc, metric_auprc, metric_fpr_at_95_tpr,
    metric_type_1_error, metric_best_f1;

static struct sl_arena arena;

static void
is_near(double got, double want, double error)
{
    if (!(fabs(got - want) <= error))
        fail_msg("%.17g, not %.17g", got, want);
}

static struct sl_cuts
cuts_of(const double *normal, size_t n, const double *anomalous, size_t m)
{
    struct sl_ranking ranking = {normal, n, anomalous, m};
    struct sl_cuts cuts;
    struct sl_error err;

    assert_int_equal(sl_cuts_of(&ranking, 0.5, &arena, &cuts, &err), SL_OK);
    return cuts;
}

/* By statsmodels' formula, 3 of 40; the ends of 0 of n and n of n are exact. */
static void
test_wilson(void **state)
{
    struct sl_interval i = sl_interval_wilson(3, 40);

    (void)state;
    is_near(i.low, 0.025836025774588198, 1e-15);
    is_near(i.high, 0.19864233524310543, 1e-15);
    assert_true(sl_interval_wilson(0, 7).low == 0.0);
    assert_true(sl_interval_wilson(7, 7).high == 1.0);
    assert_null(sl_interval_wilson(0, 0).method);
}

/* Nine normal rows and six anomalous ones, with ties; DeLong's variance by its definition,
 * over all pairs, with NumPy. */
static void
test_delong(void **state)
{
    static const double normal[] = {0.12, 0.29, 0.31, 0.35, 0.44, 0.44, 0.58, 0.61, 0.73};
    static const double anomalous[] = {0.41, 0.44, 0.66, 0.70, 0.73, 0.95};
    struct sl_cuts cuts = cuts_of(normal, 9, anomalous, 6);
    struct sl_interval i = sl_interval_auroc(&cuts);

    (void)state;
    is_near(sl_cuts_auroc(&cuts), 0.787037037037037, 1e-15);
    is_near(i.low, 0.4606441770114484, 1e-14);
    is_near(i.high, 0.941147396520882, 1e-14);
    assert_string_equal(i.method, "DeLong");
    is_near(sl_cuts_partial_auroc(&cuts, 0.25), 0.7037037037037037, 1e-15);
}

/* Perfect separation says [0.733, 1] of these sizes, and not [1, 1]. */
static void
test_perfect(void **state)
{
    static const double low[] = {1, 2, 3, 4, 5, 6, 7, 8, 9},
                        high[] = {11, 12, 13, 14, 15, 16};
    struct sl_cuts cuts = cuts_of(low, 9, high, 6);
    struct sl_interval i = sl_interval_auroc(&cuts);

    (void)state;
    is_near(i.low, 0.7330560915795722, 1e-12);
    assert_true(i.high == 1.0);
    assert_string_equal(i.method, "Newcombe");
    cuts = cuts_of(high, 6, low, 9);
    assert_true(sl_interval_auroc(&cuts).low == 0.0);
    is_near(sl_interval_auroc(&cuts).high, 1.0 - 0.7330560915795722, 1e-12);
    cuts = cuts_of(low, 9, high, 1);
    assert_null(sl_interval_auroc(&cuts).method);
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
draw(struct sl_stream *stream, double *x, size_t n, double mean)
{
    for (size_t i = 0; i < n; i++)
        x[i] = mean + sl_stream_normal(stream);
    qsort(x, n, sizeof *x, by_value);
}

static struct sl_bootstrap
bootstrap_of(const struct sl_detection *detection,
             const struct sl_metric_class *const *metrics, size_t n)
{
    struct sl_bootstrap b = {.detection = detection,
                             .n = n,
                             .metrics = metrics,
                             .replicates = 400,
                             .arena = &arena};

    sl_stream_init(&b.stream, 1, "detect", "bootstrap");
    return b;
}

/* Of the AUROC, for which there is a formula: half the width agrees with DeLong's, below
 * and above the number of cuts at which neighbours are merged. */
static void
test_bootstrap_against_delong(void **state)
{
    static const size_t sizes[] = {150, 20000};
    static double normal[20000], anomalous[20000];

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        const struct sl_metric_class *metrics[] = {&metric_auroc};
        struct sl_interval i, exact;
        struct sl_detection d = {0};
        struct sl_bootstrap b = bootstrap_of(&d, metrics, 1);
        struct sl_stream stream;
        struct sl_error err;

        sl_stream_init(&stream, 7, "test", "bootstrap");
        draw(&stream, normal, sizes[k], 0.0);
        draw(&stream, anomalous, sizes[k], 1.3);
        d.cuts = cuts_of(normal, sizes[k], anomalous, sizes[k]);
        assert_int_equal(sl_bootstrap(&b, &i, &err), SL_OK);
        exact = sl_interval_auroc(&d.cuts);
        is_near((i.high - i.low) / (exact.high - exact.low), 1.0, 0.12);
        is_near((i.high + i.low) / 2, (exact.high + exact.low) / 2,
                0.12 * (exact.high - exact.low));
    }
}

/* The share of 95 % intervals that hold the truth, of samples whose truth is known: the
 * AUPRC of N(0, 1) against N(1.3, 1) at equal sizes, by a sample of 10^6 rows each. */
static void
test_bootstrap_coverage(void **state)
{
    enum { ROUNDS = 200, N = 200 };
    static double normal[200000], anomalous[200000];
    const struct sl_metric_class *metrics[] = {&metric_auprc, &metric_fpr_at_95_tpr};
    struct sl_detection d = {0};
    struct sl_stream stream;
    struct sl_error err;
    double truth[2];
    size_t held[2] = {0};

    (void)state;
    sl_stream_init(&stream, 8, "test", "coverage");
    draw(&stream, normal, 200000, 0.0);
    draw(&stream, anomalous, 200000, 1.3);
    d.cuts = cuts_of(normal, 200000, anomalous, 200000);
    for (size_t k = 0; k < 2; k++)
        truth[k] = metrics[k]->of(&d);
    for (size_t round = 0; round < ROUNDS; round++) {
        struct sl_bootstrap b = bootstrap_of(&d, metrics, 2);
        struct sl_interval i[2];

        draw(&stream, normal, N, 0.0);
        draw(&stream, anomalous, N, 1.3);
        d.cuts = cuts_of(normal, N, anomalous, N);
        assert_int_equal(sl_bootstrap(&b, i, &err), SL_OK);
        for (size_t k = 0; k < 2; k++)
            held[k] += i[k].low <= truth[k] && truth[k] <= i[k].high;
    }
    for (size_t k = 0; k < 2; k++)
        assert_in_range(held[k], 180, 199);
}

/* The same bits for any number of threads. */
static void
test_bootstrap_threads(void **state)
{
    static double normal[3000], anomalous[500];
    const struct sl_metric_class *metrics[] = {&metric_auprc, &metric_best_f1,
                                               &metric_fpr_at_95_tpr};
    struct sl_interval one[3], four[3];
    struct sl_detection d = {0};
    struct sl_bootstrap b = bootstrap_of(&d, metrics, 3);
    struct sl_stream stream;
    struct sl_error err;

    (void)state;
    sl_stream_init(&stream, 9, "test", "threads");
    draw(&stream, normal, 3000, 0.0);
    draw(&stream, anomalous, 500, 1.0);
    d.cuts = cuts_of(normal, 3000, anomalous, 500);
    assert_int_equal(sl_bootstrap(&b, one, &err), SL_OK);
    assert_int_equal(sl_pool_new(&b.pool, 4, &err), SL_OK);
    assert_int_equal(sl_bootstrap(&b, four, &err), SL_OK);
    sl_pool_free(b.pool);
    for (size_t k = 0; k < 3; k++) {
        assert_true(one[k].low == four[k].low && one[k].high == four[k].high);
        assert_true(one[k].low < metrics[k]->of(&d) && metrics[k]->of(&d) < one[k].high);
    }
}

/* Perfect separation: no replicate differs, and there is no interval. */
static void
test_bootstrap_of_certainty(void **state)
{
    static const double low[] = {1, 2, 3, 4, 5}, high[] = {11, 12, 13, 14, 15};
    const struct sl_metric_class *metrics[] = {&metric_auprc};
    struct sl_detection d = {.cuts = cuts_of(low, 5, high, 5)};
    struct sl_bootstrap b = bootstrap_of(&d, metrics, 1);
    struct sl_interval i;
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_bootstrap(&b, &i, &err), SL_OK);
    assert_null(i.method);
    d.cuts = cuts_of(low, 5, high, 0);
    assert_int_equal(sl_bootstrap(&b, &i, &err), SL_OK);
    assert_null(i.method);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wilson),
        cmocka_unit_test(test_delong),
        cmocka_unit_test(test_perfect),
        cmocka_unit_test(test_bootstrap_against_delong),
        cmocka_unit_test(test_bootstrap_coverage),
        cmocka_unit_test(test_bootstrap_threads),
        cmocka_unit_test(test_bootstrap_of_certainty),
    };
    int failed;

    sl_arena_init(&arena);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    sl_arena_release(&arena);
    return failed;
}
