/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/moments.h"
#include "tests/unit/detector.h"

enum { N = 40, D = 3, TEST = 25 };

struct tables {
    double train[N * D], test[TEST * D];
};

static struct tables
fill(void)
{
    struct sl_stream stream;
    struct tables t;

    sl_stream_init(&stream, 4, "test", "rows");
    for (size_t i = 0; i < N * D; i++)
        t.train[i] = sl_stream_normal(&stream);
    for (size_t i = 0; i < TEST * D; i++)
        t.test[i] = 2.385 * sl_stream_normal(&stream);
    return t;
}

static struct detector_rows
rows_of(const double *x, size_t n)
{
    return (struct detector_rows){n, D, x, SL_F64};
}

/* Scores of the test rows and of the training rows by a detector alone. */
static void
score_alone(const struct tables *t, const char *module, const char *yaml, double *test,
            double *train)
{
    struct detector detector;

    detector_fit(&detector, module, yaml, rows_of(t->train, N));
    detector_score(&detector, rows_of(t->test, TEST), 0, test);
    detector_score(&detector, rows_of(t->train, N), 0, train);
    detector_release(&detector);
}

static void
in_deviations(double *z, const double *of)
{
    struct sl_moments m = sl_moments_of(of, N);

    for (size_t i = 0; i < TEST; i++)
        z[i] = (z[i] - m.mean) / m.std;
}

static void
scores_are_those_of_the_members(void **state)
{
    struct tables t = fill();
    double a[TEST], b[TEST], train[N], mean[TEST], largest[TEST];
    struct detector detector;

    (void)state;
    score_alone(&t, "mahalanobis", "", a, train);
    in_deviations(a, train);
    score_alone(&t, "nearest-neighbours", "k: 4", b, train);
    in_deviations(b, train);
    detector_fit(&detector, "ensemble",
                 "{members: [{model: mahalanobis}, "
                 "{model: {nearest-neighbours: {k: 4}}, score: distance}], folds: 0}",
                 rows_of(t.train, N));
    detector_score(&detector, rows_of(t.test, TEST), 0, mean);
    detector_score(&detector, rows_of(t.test, TEST), 1, largest);
    for (size_t i = 0; i < TEST; i++) {
        assert_true(fabs(mean[i] - (a[i] + b[i]) / 2) < 1e-12);
        assert_true(largest[i] == fmax(a[i], b[i]));
    }
    assert_true(fake_metric(&detector.step, "models") == 2);
    assert_true(fake_metric(&detector.step, "trainings") == 2);
    detector_release(&detector);
}

/* Squared distance to the nearest other training row. */
static double
nearest_other(const double *train, size_t i)
{
    double nearest = (double)INFINITY;

    for (size_t k = 0; k < N; k++) {
        double sum = 0;
        for (size_t j = 0; j < D; j++)
            sum += pow(train[i * D + j] - train[k * D + j], 2);
        nearest = k != i && sum < nearest ? sum : nearest;
    }
    return nearest;
}

/* As many folds as rows leave one out at a time. */
static void
units_are_of_rows_that_were_not_learned(void **state)
{
    struct tables t = fill();
    double alone[TEST], train[N], scores[TEST];
    struct detector detector;

    (void)state;
    score_alone(&t, "nearest-neighbours", "k: 1", alone, train);
    for (size_t i = 0; i < N; i++) {
        assert_true(train[i] == 0);
        train[i] = sqrt(nearest_other(t.train, i));
    }
    in_deviations(alone, train);
    detector_fit(&detector, "ensemble",
                 "{members: [{model: {nearest-neighbours: {k: 1}}}], folds: 40}",
                 rows_of(t.train, N));
    detector_score(&detector, rows_of(t.test, TEST), 0, scores);
    for (size_t i = 0; i < TEST; i++)
        assert_true(fabs(scores[i] - alone[i]) < 1e-12);
    assert_true(fake_metric(&detector.step, "trainings") == N + 1);
    detector_release(&detector);
}

static const struct sl_item *
parameter(const struct detector *detector, const char *name)
{
    const struct sl_item *item = sl_bundle_find(&detector->step.parameters, name);

    if (!item)
        fail_msg("no parameter '%s'", name);
    return item;
}

static bool
same(const struct sl_item *a, const struct sl_item *b)
{
    size_t bytes = sl_tensor_bytes(&a->tensor);

    return bytes == sl_tensor_bytes(&b->tensor) &&
           memcmp(a->tensor.data, b->tensor.data, bytes) == 0;
}

static void
copies_draw_for_themselves(void **state)
{
    static const char *const yaml =
        "{members: [{model: {isolation-forest: {trees: 5}}}], copies: 2, folds: 2}";
    struct tables t = fill();
    struct detector a, b;

    (void)state;
    detector_fit(&a, "ensemble", yaml, rows_of(t.train, N));
    detector_fit(&b, "ensemble", yaml, rows_of(t.train, N));
    for (size_t i = 0; i < a.step.parameters.n; i++)
        assert_true(same(&a.step.parameters.items[i], &b.step.parameters.items[i]));
    assert_false(same(parameter(&a, "0-0.thresholds"), parameter(&a, "0-1.thresholds")));
    assert_true(fake_metric(&a.step, "models") == 2);
    assert_true(fake_metric(&a.step, "trainings") == 4);
    detector_release(&a);
    detector_release(&b);
}

/* Equal rows have no deviation; a row beside them is still told from them. */
static void
members_without_deviation_count_plainly(void **state)
{
    static const double equal[N * D] = {0};
    double far[D] = {3, 0, 4}, score;
    struct detector detector;

    (void)state;
    detector_fit(&detector, "ensemble",
                 "{members: [{model: {nearest-neighbours: {k: 2}}}]}", rows_of(equal, N));
    detector_score(&detector, rows_of(far, 1), 0, &score);
    assert_true(score == 5);
    detector_release(&detector);
}

static void
what_is_wrong_is_told_before(void **state)
{
    static const char *const splits[] = {"train", "test"};
    static const size_t rows[] = {20, 10};
    static const struct {
        const char *yaml, *want;
    } cases[] = {
        {"{members: [{model: pca}], folds: 5}", ""},
        {"{members: []}", "1:11 'members' is empty; it takes at least one model\n"},
        {"{members: [{model: pca}], folds: 1}",
         "1:34 one fold leaves no rows to learn from; 'folds' takes 0, or 2 and more\n"},
        {"{members: [{model: pca}], folds: 21}",
         "1:34 this 'folds' needs at least 21 rows, split 'train' has 20\n"},
        {"{members: [{model: pca, score: distanc}]}",
         "1:32 'distanc' is no score of 'pca'; it has 'reconstruction', "
         "'latent-distance'\n"},
        {"{members: [{model: pca}, {model: {nearest-neighbours: {k: 17}}}]}",
         "1:59 this 'k' needs at least 17 rows, split 'train' has 16\n"},
        {"{members: [{model: {autoencoder: {encoder: [2], batch_size: 10, monitor: "
         "[validation]}}}]}",
         "1:75 the data has no split 'validation'; it has 'train', 'test'\n"},
    };
    struct sl_schema schema = {.d = D, .split_count = 2, .splits = splits, .rows = rows};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(
            fake_check(detector_module("ensemble"), cases[i].yaml, &schema, &arena),
            cases[i].want);
    sl_arena_release(&arena);
}

static void
too_few_rows_are_refused(void **state)
{
    struct tables t = fill();
    struct detector detector;
    struct sl_error err = {0};

    (void)state;
    assert_int_equal(detector_try(&detector, detector_module("ensemble"),
                                  "{members: [{model: pca}], folds: 7}",
                                  rows_of(t.train, 6), NULL, &err),
                     SL_ERR_SHAPE);
    assert_string_equal(err.text, "split 'train' has 6 rows, at least 7 are needed");
    detector_release(&detector);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_the_members),
        cmocka_unit_test(units_are_of_rows_that_were_not_learned),
        cmocka_unit_test(copies_draw_for_themselves),
        cmocka_unit_test(members_without_deviation_count_plainly),
        cmocka_unit_test(what_is_wrong_is_told_before),
        cmocka_unit_test(too_few_rows_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
