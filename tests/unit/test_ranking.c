/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/ranking.h"
#include "runner/base/rng.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define MOST 40
#define UNDEFINED ((double)NAN)

static struct sl_arena arena;

static struct sl_cuts
cuts_of(const struct sl_ranking *ranking)
{
    struct sl_cuts cuts;
    struct sl_error err;

    assert_int_equal(sl_cuts_of(ranking, (double)INFINITY, &arena, &cuts, &err), SL_OK);
    return cuts;
}

static void
close_to(double got, double want)
{
    if (isnan(want))
        assert_true(isnan(got));
    else
        assert_true(fabs(got - want) <= 1e-15);
}

/* Worked by hand. */
struct hand {
    const char *what;
    size_t n, m;
    double normal[6], anomalous[6]; /* ascending */
    double auroc, auprc, fpr95;
};

static const struct hand hands[] = {
    {"perfect", 3, 2, {0.11, 0.25, 0.25}, {0.7, 2.385}, 1.0, 1.0, 0.0},
    /* Precision is 0/1, 0/2, 0/3, then 1/4 and 2/5, each over half of the recall. */
    {"reversed", 3, 2, {3.1, 3.2, 9.0}, {-1.5, 0.3}, 0.0, 0.5 * 0.25 + 0.5 * 0.4, 1.0},
    {"all tied", 3, 2, {0.4, 0.4, 0.4}, {0.4, 0.4}, 0.5, 0.4, 1.0},
    /* Pairs in the right order: 0.35 over one of two, 0.8 over both. */
    {"textbook", 2, 2, {0.1, 0.4}, {0.35, 0.8}, 0.75, 0.5 * 1.0 + 0.5 * 2.0 / 3.0, 0.5},
    /* 0.7: 3 of 3. 0.4: 1 whole and 2 halves of 3. 0.3 < 0.4: 1 of 3. Sum 6 of 9. Cuts:
     * (0 fp, 1 tp), (2, 2), (2, 3), (3, 3). */
    {"ties across",
     3,
     3,
     {0.2, 0.4, 0.4},
     {0.3, 0.4, 0.7},
     6.0 / 9.0,
     (1.0 + 2.0 / 4.0 + 3.0 / 5.0) / 3.0,
     2.0 / 3.0},
    {"one of each", 1, 1, {-0.5}, {-0.25}, 1.0, 1.0, 0.0},
    {"no anomalous row", 2, 0, {0.1, 0.2}, {0}, UNDEFINED, UNDEFINED, UNDEFINED},
    {"no normal row", 0, 2, {0}, {0.1, 0.2}, UNDEFINED, UNDEFINED, UNDEFINED},
    {"nothing", 0, 0, {0}, {0}, UNDEFINED, UNDEFINED, UNDEFINED},
};

static void
test_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hands); i++) {
        const struct hand *h = &hands[i];
        struct sl_ranking r = {h->normal, h->n, h->anomalous, h->m};

        struct sl_cuts cuts = cuts_of(&r);

        print_message("%s\n", h->what);
        close_to(sl_cuts_auroc(&cuts), h->auroc);
        close_to(sl_cuts_auprc(&cuts), h->auprc);
        close_to(sl_cuts_fpr_at(&cuts, 95), h->fpr95);
    }
}

/* The definitions, pair by pair and row by row. */
static double
pairs_auroc(const struct sl_ranking *r)
{
    double sum = 0.0;

    for (size_t i = 0; i < r->n; i++)
        for (size_t j = 0; j < r->m; j++)
            sum += r->anomalous[j] > r->normal[i]    ? 1.0
                   : r->anomalous[j] == r->normal[i] ? 0.5
                                                     : 0.0;
    return sum / (double)(r->n * r->m);
}

static size_t
at_least(const double *x, size_t n, double score)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += x[i] >= score;
    return count;
}

/* Each anomalous row brings 1/m of recall at the precision of its own cut. */
static double
rows_auprc(const struct sl_ranking *r)
{
    double sum = 0.0;

    for (size_t j = 0; j < r->m; j++) {
        size_t tp = at_least(r->anomalous, r->m, r->anomalous[j]);
        size_t fp = at_least(r->normal, r->n, r->anomalous[j]);

        sum += (double)tp / (double)(tp + fp) / (double)r->m;
    }
    return sum;
}

static double
rows_fpr95(const struct sl_ranking *r)
{
    for (size_t j = r->m; j-- > 0;)
        if (100 * at_least(r->anomalous, r->m, r->anomalous[j]) >= 95 * r->m)
            return (double)at_least(r->normal, r->n, r->anomalous[j]) / (double)r->n;
    return UNDEFINED;
}

static double
scores_best_f1(const struct sl_ranking *r)
{
    double best = 0.0;

    for (size_t k = 0; k < r->n + r->m; k++) {
        double score = k < r->n ? r->normal[k] : r->anomalous[k - r->n];
        size_t tp = at_least(r->anomalous, r->m, score);
        size_t fp = at_least(r->normal, r->n, score);

        best = fmax(best, 2.0 * (double)tp / (double)(tp + fp + r->m));
    }
    return best;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* 1..MOST small integers, so that ties abound. */
static size_t
draw(struct sl_stream *stream, uint32_t kinds, double *x)
{
    size_t n = 1 + sl_stream_below(stream, MOST);

    for (size_t i = 0; i < n; i++)
        x[i] = (double)sl_stream_below(stream, kinds);
    qsort(x, n, sizeof *x, by_value);
    return n;
}

static void
test_against_brute_force(void **state)
{
    struct sl_stream stream;
    double normal[MOST], anomalous[MOST];

    (void)state;
    sl_stream_init(&stream, 20, "test", "ranking");
    for (uint32_t round = 0; round < 2000; round++) {
        struct sl_ranking r = {.normal = normal, .anomalous = anomalous};
        struct sl_cuts cuts;

        r.n = draw(&stream, 1 + round % 17, normal);
        r.m = draw(&stream, 1 + round % 13, anomalous);
        cuts = cuts_of(&r);
        assert_true(fabs(sl_cuts_auroc(&cuts) - pairs_auroc(&r)) < 1e-13);
        assert_true(fabs(sl_cuts_auprc(&cuts) - rows_auprc(&r)) < 1e-13);
        assert_true(sl_cuts_fpr_at(&cuts, 95) == rows_fpr95(&r));
        assert_true(fabs(sl_cuts_best_f1(&cuts, NULL) - scores_best_f1(&r)) < 1e-15);
    }
}

/* 0.95 * 20 rows are 19, whatever the rounding says. */
static void
test_fpr_takes_exactly_the_share(void **state)
{
    double anomalous[20], normal[] = {0.5, 1.5};
    struct sl_ranking r = {normal, 2, anomalous, 20};

    struct sl_cuts cuts;

    (void)state;
    for (size_t j = 0; j < 20; j++)
        anomalous[j] = (double)j; /* 19 of 20 are >= 1: one normal row with them */
    cuts = cuts_of(&r);
    close_to(sl_cuts_fpr_at(&cuts, 95), 0.5);
    close_to(sl_cuts_fpr_at(&cuts, 90), 0.0);
    close_to(sl_cuts_fpr_at(&cuts, 96), 1.0);
}

static void
test_above(void **state)
{
    static const double x[] = {-1.5, 0.25, 0.25, 0.25, 7.0};
    static const struct {
        double threshold;
        size_t want;
    } cases[] = {{-2.0, 5}, {-1.5, 4}, {0.2, 4}, {0.25, 1},
                 {0.26, 1}, {7.0, 0},  {8.0, 0}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(sl_ranking_above(x, COUNT(x), cases[i].threshold),
                         cases[i].want);
    assert_int_equal(sl_ranking_above(x, 0, 0.0), 0);
}

static void
test_roc_of_few(void **state)
{
    double normal[] = {0.2, 0.4, 0.4}, anomalous[] = {0.3, 0.4, 0.7};
    struct sl_ranking r = {normal, 3, anomalous, 3};
    static const double want[][2] = {{0.0, 0.0},
                                     {0.0, 1.0 / 3.0},
                                     {2.0 / 3.0, 2.0 / 3.0},
                                     {2.0 / 3.0, 1.0},
                                     {1.0, 1.0}};
    struct sl_cuts cuts = cuts_of(&r);
    double pairs[10][2];

    (void)state;
    assert_int_equal(sl_cuts_roc(&cuts, COUNT(pairs), pairs), COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        close_to(pairs[i][0], want[i][0]);
        close_to(pairs[i][1], want[i][1]);
    }
}

static double
trapezoids(double (*pairs)[2], size_t k)
{
    double area = 0.0;

    for (size_t i = 1; i < k; i++)
        area += (pairs[i][0] - pairs[i - 1][0]) * (pairs[i][1] + pairs[i - 1][1]) / 2.0;
    return area;
}

static void
test_roc_of_many(void **state)
{
    enum { N = 5000, CAPACITY = 100 };
    static double normal[N], anomalous[N], pairs[2 * N + 1][2];
    struct sl_ranking r = {normal, N, anomalous, N};
    struct sl_stream stream;
    struct sl_cuts cuts;
    size_t k;

    (void)state;
    sl_stream_init(&stream, 3, "test", "roc");
    for (size_t i = 0; i < N; i++) {
        normal[i] = sl_stream_normal(&stream);
        anomalous[i] = sl_stream_normal(&stream) + 1.7;
    }
    qsort(normal, N, sizeof *normal, by_value);
    qsort(anomalous, N, sizeof *anomalous, by_value);

    cuts = cuts_of(&r);
    k = sl_cuts_roc(&cuts, COUNT(pairs), pairs);
    assert_int_equal(k, 2 * N + 1);
    assert_true(fabs(trapezoids(pairs, k) - sl_cuts_auroc(&cuts)) < 1e-12);

    k = sl_cuts_roc(&cuts, CAPACITY, pairs);
    assert_in_range(k, CAPACITY / 2, CAPACITY);
    assert_true(pairs[0][0] == 0.0 && pairs[0][1] == 0.0);
    assert_true(pairs[k - 1][0] == 1.0 && pairs[k - 1][1] == 1.0);
    assert_true(fabs(trapezoids(pairs, k) - sl_cuts_auroc(&cuts)) < 1e-3);
}

/* Rates 0, 0.5, 0.5, 1 of normal rows against 1/3, 2/3, 1, 1: up to 0.25 the curve rises
 * from 1/3 to 1/2, an area of 5/48; McClish makes (1 + (5/48 - 1/32) / (1/4 - 1/32)) / 2. */
static void
test_partial(void **state)
{
    double normal[] = {0.2, 0.5}, anomalous[] = {0.4, 0.5, 0.7};
    struct sl_ranking r = {normal, 2, anomalous, 3};
    struct sl_cuts cuts = cuts_of(&r);

    (void)state;
    close_to(sl_cuts_partial_auroc(&cuts, 0.25),
             (1.0 + (7.0 / 96.0) / (7.0 / 32.0)) / 2.0);
}

/* What the threshold flags, and the three highest of rows of which two are tied there. */
static void
test_f1_and_precision(void **state)
{
    double normal[] = {0.1, 0.3, 0.5, 0.5}, anomalous[] = {0.2, 0.5, 0.9};
    struct sl_ranking r = {normal, 4, anomalous, 3};
    struct sl_cuts cuts;
    struct sl_error err;
    size_t place = 9;

    (void)state;
    assert_int_equal(sl_cuts_of(&r, 0.3, &arena, &cuts, &err), SL_OK);
    assert_int_equal(cuts.flagged, 2);
    close_to(sl_cuts_flagged(&cuts, false), 2.0);
    close_to(sl_cuts_flagged(&cuts, true), 2.0);
    close_to(sl_cuts_f1(&cuts), 4.0 / 7.0);
    close_to(sl_cuts_best_f1(&cuts, &place), 2.0 / 3.0);
    assert_int_equal(place, 3);
    /* 0.9, and two of three rows at 0.5, one of which is anomalous. */
    close_to(sl_cuts_precision_at_n(&cuts), (1.0 + 2.0 / 3.0) / 3.0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_against_brute_force),
        cmocka_unit_test(test_fpr_takes_exactly_the_share),
        cmocka_unit_test(test_above),
        cmocka_unit_test(test_roc_of_few),
        cmocka_unit_test(test_roc_of_many),
        cmocka_unit_test(test_partial),
        cmocka_unit_test(test_f1_and_precision),
    };

    sl_arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sl_arena_release(&arena);
    return failed;
}
