/* SPDX-License-Identifier: MIT */
/* What every metric of a detection keeps to, whatever its name. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/metric.h"
#include "runner/base/rng.h"

enum { N = 57, M = 43 };

struct scores {
    double normal[N], anomalous[M], threshold;
    double p_normal[N], p_anomalous[M]; /* ascending */
    struct sl_p_values p;
};

static struct sl_arena arena;

static struct sl_detection
detect(const struct sl_ranking *ranking, double threshold)
{
    struct sl_detection d = {0};
    struct sl_error err;

    assert_int_equal(sl_cuts_of(ranking, threshold, &arena, &d.cuts, &err), SL_OK);
    return d;
}

static struct sl_detection
detection_of(const struct scores *s)
{
    struct sl_ranking ranking = {s->normal, N, s->anomalous, M};
    struct sl_detection d = detect(&ranking, s->threshold);

    d.p = &s->p;
    return d;
}

static struct sl_detection
exchanged(const struct scores *s)
{
    struct sl_ranking ranking = {s->anomalous, M, s->normal, N};

    return detect(&ranking, s->threshold);
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Scores that overlap and tie; the threshold ties as well. */
static struct scores
draw(uint64_t seed)
{
    struct sl_stream stream;
    struct scores s;

    sl_stream_init(&stream, seed, "test", "metrics");
    for (size_t i = 0; i < N; i++)
        s.normal[i] = round(4.0 * sl_stream_normal(&stream)) / 8.0;
    for (size_t j = 0; j < M; j++)
        s.anomalous[j] = round(4.0 * sl_stream_normal(&stream) + 5.0) / 8.0;
    s.threshold = s.normal[N - 3];
    qsort(s.normal, N, sizeof *s.normal, by_value);
    qsort(s.anomalous, M, sizeof *s.anomalous, by_value);
    for (size_t i = 0; i < N; i++)
        s.p_normal[i] = sl_stream_uniform(&stream);
    for (size_t j = 0; j < M; j++)
        s.p_anomalous[j] = sl_stream_uniform(&stream) / 3.0;
    qsort(s.p_normal, N, sizeof *s.p_normal, by_value);
    qsort(s.p_anomalous, M, sizeof *s.p_anomalous, by_value);
    return s;
}

static void
point(struct scores *s)
{
    s->p = (struct sl_p_values){N, M, s->p_normal, s->p_anomalous};
}

static void
each_metric(void (*visit)(const struct sl_metric_class *metric))
{
    size_t met = 0;

    for (size_t i = 0; i < sl_builtin.n; i++)
        if (sl_builtin.rows[i].table == SL_METRIC) {
            visit((const struct sl_metric_class *)sl_builtin.rows[i].as[0]);
            met++;
        }
    assert_true(met >= 13);
}

/* Shares and areas all. */
static void
lies_in_unit_interval(const struct sl_metric_class *metric)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct scores s = draw(seed);
        point(&s);
        struct sl_detection d = detection_of(&s);
        double value = metric->of(&d);

        if (!(value >= 0.0 && value <= 1.0))
            fail_msg("%s is %g", metric->entry.name, value);
    }
}

static void
survives_rescaling(const struct sl_metric_class *metric)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct scores s = draw(seed), t = s;
        struct sl_detection d, e;

        point(&s);
        point(&t);
        d = detection_of(&s);
        for (size_t i = 0; i < N; i++)
            t.normal[i] = exp(1.7 * s.normal[i]) - 0.3;
        for (size_t j = 0; j < M; j++)
            t.anomalous[j] = exp(1.7 * s.anomalous[j]) - 0.3;
        t.threshold = exp(1.7 * s.threshold) - 0.3;
        e = detection_of(&t);
        if (metric->of(&d) != metric->of(&e))
            fail_msg("%s: %.17g, then %.17g", metric->entry.name, metric->of(&d),
                     metric->of(&e));
    }
}

/* An interval holds what it is of; with one row of a kind it may not be there. */
static void
lies_in_its_interval(const struct sl_metric_class *metric)
{
    for (uint64_t seed = 0; seed < 50 && metric->interval; seed++) {
        struct scores s = draw(seed);
        struct sl_interval i;
        struct sl_detection d;

        point(&s);
        d = detection_of(&s);
        i = metric->interval(&d);
        assert_non_null(i.method);
        if (!(i.low >= 0.0 && i.low <= metric->of(&d) && metric->of(&d) <= i.high &&
              i.high <= 1.0))
            fail_msg("%s: %g in [%g, %g]", metric->entry.name, metric->of(&d), i.low,
                     i.high);
    }
    assert_false(metric->interval && metric->resampled);
}

static void
is_undefined_for_nothing(const struct sl_metric_class *metric)
{
    struct sl_detection d = {0};

    if (!isnan(metric->of(&d)))
        fail_msg("%s of nothing is %g", metric->entry.name, metric->of(&d));
}

static void
says_what_it_is(const struct sl_metric_class *metric)
{
    assert_non_null(metric->entry.summary);
    assert_ptr_equal(sl_registry_find(&sl_builtin, SL_METRIC, metric->entry.name)->as[0],
                     &metric->entry);
    assert_int_equal(strspn(metric->entry.name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
                     strlen(metric->entry.name));
}

static double
value_of(const char *name, const struct sl_detection *d)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_METRIC, name);

    assert_non_null(row);
    return ((const struct sl_metric_class *)row->as[0])->of(d);
}

/* With the samples exchanged every ordered pair is in the wrong order. */
static void
test_exchanged(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct scores s = draw(seed);
        struct sl_detection d = detection_of(&s);
        struct sl_detection e = exchanged(&s);

        assert_true(fabs(value_of("auroc", &d) + value_of("auroc", &e) - 1.0) < 1e-15);
        assert_true(fabs(value_of("type_1_error", &d) + value_of("type_2_error", &e) -
                         1.0) < 1e-15);
        assert_true(fabs(value_of("prevalence", &d) + value_of("prevalence", &e) - 1.0) <
                    1e-15);
    }
}

/* A row that scores exactly the threshold is not flagged. */
static void
test_at_the_threshold(void **state)
{
    static const double normal[] = {0.1, 0.2, 0.2, 0.9}, anomalous[] = {0.2, 0.3, 4.0};
    struct sl_ranking ranking = {normal, 4, anomalous, 3};
    struct sl_detection d = detect(&ranking, 0.2);

    (void)state;
    assert_true(value_of("type_1_error", &d) == 0.25);
    assert_true(value_of("type_2_error", &d) == 1.0 / 3.0);
    assert_true(value_of("prevalence", &d) == 3.0 / 7.0);
}

static void
test_unit_interval(void **state)
{
    (void)state;
    each_metric(lies_in_unit_interval);
}

static void
test_intervals(void **state)
{
    (void)state;
    each_metric(lies_in_its_interval);
}

static void
test_rescaling(void **state)
{
    (void)state;
    each_metric(survives_rescaling);
}

static void
test_nothing(void **state)
{
    (void)state;
    each_metric(is_undefined_for_nothing);
}

static void
test_entry(void **state)
{
    (void)state;
    each_metric(says_what_it_is);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unit_interval), cmocka_unit_test(test_rescaling),
        cmocka_unit_test(test_nothing),       cmocka_unit_test(test_entry),
        cmocka_unit_test(test_exchanged),     cmocka_unit_test(test_at_the_threshold),
        cmocka_unit_test(test_intervals),
    };

    sl_arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sl_arena_release(&arena);
    return failed;
}
