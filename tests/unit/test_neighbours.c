/* SPDX-License-Identifier: MIT */
/* The tree finds what a search through all points finds, to the bit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/neighbours.h"
#include "modules/learn/selection.h"
#include "runner/base/rng.h"

enum { N = 1300, ASKED = 40, D_MOST = 70, K_MOST = 25 };

static double points[N * D_MOST], asked[ASKED * D_MOST];

static double
distance(enum sl_neighbours_metric metric, size_t d, const double *x, const double *p)
{
    double sum = 0;

    for (size_t j = 0; j < d; j++)
        sum += metric == SL_EUCLIDEAN ? (x[j] - p[j]) * (x[j] - p[j]) : fabs(x[j] - p[j]);
    return sum;
}

static int
by_distance(const void *a, const void *b)
{
    const struct sl_neighbour *x = a, *y = b;

    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static void
search_all(enum sl_neighbours_metric metric, size_t n, size_t d, const double *x,
           uint32_t skip, struct sl_neighbour *all)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        if (i != skip)
            all[count++] = (struct sl_neighbour){distance(metric, d, x, points + i * d),
                                                 (uint32_t)i};
    qsort(all, count, sizeof *all, by_distance);
    for (size_t i = 0; i < count && metric == SL_EUCLIDEAN; i++)
        all[i].distance = sqrt(all[i].distance);
}

struct sample {
    size_t n, d, k;
    double step;   /* values are whole multiples of it; 0: any */
    double offset; /* how far from 0 all of it lies */
    double far;    /* what asked points are moved by */
};

/* The first columns vary more than the last, as in data. */
static void
fill(const struct sample *s)
{
    struct sl_stream stream;

    sl_stream_init(&stream, s->n + s->d, "test", "points");
    for (size_t i = 0; i < (s->n + ASKED) * s->d; i++) {
        double value = sl_stream_normal(&stream) * 3 / (1 + 0.1 * (double)(i % s->d));

        value = s->step > 0 ? s->step * floor(value / s->step) : value;
        if (i < s->n * s->d)
            points[i] = s->offset + value;
        else
            asked[i - s->n * s->d] = s->offset + value + s->far;
    }
}

static void
check_point(const struct sl_neighbours *tree, enum sl_neighbours_metric metric,
            const struct sample *s, const double *x, uint32_t skip)
{
    static struct sl_neighbour want[N], found[N];
    double scratch[2 * D_MOST];

    search_all(metric, s->n, s->d, x, skip, want);
    sl_neighbours_find(tree, x, s->k, skip, scratch, found);
    for (size_t i = 0; i < s->k; i++)
        if (found[i].id != want[i].id || found[i].distance != want[i].distance)
            fail_msg("n %zu d %zu k %zu: neighbour %zu is %u at %.17g, not %u at %.17g",
                     s->n, s->d, s->k, i, found[i].id, found[i].distance, want[i].id,
                     want[i].distance);
}

static void
check_sample(const struct sample *s, enum sl_neighbours_metric metric)
{
    struct sl_neighbours *tree;
    struct sl_arena arena;
    struct sl_error err;

    sl_arena_init(&arena);
    fill(s);
    assert_int_equal(sl_neighbours_new(&tree, s->n, s->d, points, metric, &arena, &err),
                     SL_OK);
    for (size_t i = 0; i < ASKED; i++)
        check_point(tree, metric, s, asked + i * s->d, SL_NO_POINT);
    for (uint32_t i = 0; i < s->n && s->k < s->n; i += 1 + (uint32_t)s->n / 20)
        check_point(tree, metric, s, points + i * s->d, i);
    sl_arena_release(&arena);
}

static void
finds_what_all_points_give(void **state)
{
    static const struct sample samples[] = {
        {1, 1, 1, 0, 0, 0},        {7, 3, 7, 0, 0, 0},          {8, 2, 5, 0, 0, 0},
        {9, 2, 9, 0, 0, 0},        {64, 1, 3, 0, 0, 0},         {65, 1, 3, 0, 0, 0},
        {500, 2, 20, 0, 0, 0},     {N, 3, 10, 0, 0, 0},         {N, 9, 5, 0, 0, 0},
        {N, 17, K_MOST, 0, 0, 0},  {N, D_MOST, 7, 0, 0, 0},     {N, 16, 5, 0, 0, 30},
        {N, 2, K_MOST, 0.5, 0, 0}, {N, 12, K_MOST, 3, 0, 0},    {N, D_MOST, 5, 3, 0, 0},
        {N, 12, 5, 0, 1e7, 0},     {N, 12, 5, 0, -1e13, 0},     {N, 12, 5, 0, 0, 1e9},
        {N, 12, 5, 0, 0, 1e20},    {300, 40, 300, 0, 0, 0.125}, {N, 4, 9, 100, 2.385, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        check_sample(&samples[i], SL_EUCLIDEAN);
        check_sample(&samples[i], SL_MANHATTAN);
    }
}

/* One point far away makes the turned columns coarse for all others. */
static void
a_far_point_hides_nothing(void **state)
{
    static const struct sample s = {N - 1, 12, 6, 0, 0, 0};
    struct sample with = s;
    struct sl_neighbours *tree;
    struct sl_arena arena;
    struct sl_error err;

    (void)state;
    sl_arena_init(&arena);
    fill(&s);
    for (size_t j = 0; j < s.d; j++)
        points[s.n * s.d + j] = 1e12;
    with.n = N;
    assert_int_equal(sl_neighbours_new(&tree, N, s.d, points, SL_EUCLIDEAN, &arena, &err),
                     SL_OK);
    for (size_t i = 0; i < ASKED; i++)
        check_point(tree, SL_EUCLIDEAN, &with, asked + i * s.d, SL_NO_POINT);
    sl_arena_release(&arena);
}

static int
by_key(const void *a, const void *b)
{
    const struct sl_keyed *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static void
selects_as_sorting_does(void **state)
{
    struct sl_keyed at[200], sorted[200];
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 1, "test", "keys");
    for (uint32_t n = 1; n <= 200; n = n * 3 / 2 + 1)
        for (size_t middle = 0; middle < n; middle += 1 + n / 7) {
            for (uint32_t i = 0; i < n; i++)
                at[i] = sorted[i] =
                    (struct sl_keyed){(double)sl_stream_below(&stream, 1 + n / 2), i};
            qsort(sorted, n, sizeof *sorted, by_key);
            sl_keyed_select(at, n, middle);
            assert_int_equal(at[middle].id, sorted[middle].id);
            for (size_t i = 0; i < n; i++)
                assert_true(i < middle ? by_key(&at[i], &at[middle]) < 0
                                       : by_key(&at[i], &at[middle]) >= 0);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_all_points_give),
        cmocka_unit_test(a_far_point_hides_nothing),
        cmocka_unit_test(selects_as_sorting_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
