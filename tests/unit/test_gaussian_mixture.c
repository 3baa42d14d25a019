/* SPDX-License-Identifier: MIT */
/* The load module `gaussian-mixture`, and the mixture it draws from. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_step.h"
#include "modules/learn/mixture.h"
#include "modules/learn/moments.h"
#include "modules/learn/truth.h"
#include "runner/parallel/pool.h"

extern const struct sl_module load_gaussian_mixture;

#define THREE                                                                            \
    "components: [{mean: -1, std: 0.25}, {mean: 0.2, std: 0.25}, "                       \
    "{mean: 1.5, std: 0.25}]\n"
#define PUBLISHED                                                                        \
    "components: [{mean: -1, std: 0.25, weight: 1}, {mean: 0.2, std: 0.25, "             \
    "weight: 1}, {mean: 1.5, std: 0.25, weight: 2}]\n"                                   \
    "allocation: fixed\n"

static void
load(const char *yaml, uint64_t seed, struct sl_pool *pool, struct sl_step *step)
{
    struct sl_error err = {0};

    fake_step_init(step, "load", seed, NULL);
    step->pool = pool;
    if (load_gaussian_mixture.run(
            step, fake_config(&load_gaussian_mixture.entry, yaml, &step->arena), &err))
        fail_msg("%s: %s", yaml, err.text);
}

/* ---- rows --------------------------------------------------------------------------- */

static size_t
count_label(const struct sl_dataset *data, const struct sl_split *split, int32_t label)
{
    size_t count = 0;

    for (size_t i = 0; i < split->n; i++)
        count += data->labels[split->rows[i]] == label;
    return count;
}

static const struct {
    const char *yaml;
    size_t want[4];
} shares[] = {
    {PUBLISHED "splits: {train: 6666}", {1666, 1666, 3334}},
    {PUBLISHED "splits: {train: 1}", {0, 0, 1}},
    {THREE "allocation: fixed\nsplits: {train: 5000}", {1666, 1666, 1668}},
    {THREE "allocation: fixed\nsplits: {train: 3}", {1, 1, 1}},
    {"components: [{mean: 0, std: 1, weight: 0.1}, {mean: 0, std: 1, weight: 0.7}, "
     "{mean: 0, std: 1, weight: 0.2}, {mean: 0, std: 1, weight: 0}]\n"
     "allocation: fixed\nsplits: {train: 10}",
     {1, 7, 2, 0}},
};

static void
fixed_shares_are_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        struct sl_step step;

        load(shares[i].yaml, 5, NULL, &step);
        for (int32_t k = 0; k < 4; k++)
            assert_int_equal(count_label(&step.loaded, &step.loaded.splits[0], k),
                             shares[i].want[k]);
        fake_step_release(&step);
    }
}

/* In an order that is none of blocks: of the first half about half the third component. */
static void
rows_are_mixed(void **state)
{
    struct sl_step step;
    struct sl_split half;

    (void)state;
    load(PUBLISHED "splits: {train: 6666}", 5, NULL, &step);
    half = step.loaded.splits[0];
    half.n = 3333;
    assert_true(fabs((double)count_label(&step.loaded, &half, 2) - 1667) < 5 * 29);
    fake_step_release(&step);
}

/* Chi-square of 3 counts, two degrees of freedom: above 20 once in 22,000 draws. */
static void
drawn_shares_follow_the_weights(void **state)
{
    static const double weights[] = {0.25, 0.25, 0.5};
    struct sl_step step;
    double chi = 0, shift = 0;

    (void)state;
    load("components: [{mean: -1, std: 0.25, weight: 1}, {mean: 0.2, std: 0.25, weight: "
         "1}, {mean: 1.5, std: 0.25, weight: 2}]\nsplits: {train: 40000}",
         6, NULL, &step);
    for (int32_t k = 0; k < 3; k++) {
        double want = 40000 * weights[k];
        double got = (double)count_label(&step.loaded, &step.loaded.splits[0], k);

        chi += (got - want) * (got - want) / want;
        shift += fabs(got - want);
    }
    assert_true(chi < 20 && shift > 0);
    fake_step_release(&step);
}

static void
components_have_their_moments(void **state)
{
    enum { N = 30000 };
    static double first[N], second[N], product[N];
    struct sl_step step;
    const double *x;
    struct sl_moments a, b, c;

    (void)state;
    load("components: [{mean: [3, -2], covariance: [[4, 1], [1, 0.5]]}]\n"
         "splits: {train: 30000}",
         7, NULL, &step);
    x = step.loaded.x;
    for (size_t i = 0; i < N; i++) {
        first[i] = x[2 * i];
        second[i] = x[2 * i + 1];
        product[i] = (x[2 * i] - 3) * (x[2 * i + 1] + 2);
    }
    a = sl_moments_of(first, N);
    b = sl_moments_of(second, N);
    c = sl_moments_of(product, N);
    assert_true(fabs(a.mean - 3) < 5 * 2 / sqrt(N) && fabs(a.std - 2) < 5 * 2 / sqrt(N));
    assert_true(fabs(b.mean + 2) < 5 * 0.71 / sqrt(N));
    assert_true(fabs(b.std - sqrt(0.5)) < 5 * 0.71 / sqrt(N));
    assert_true(fabs(c.mean - 1) < 5 * c.std / sqrt(N));
    assert_int_equal(step.loaded.type, SL_F64);
    assert_true(step.loaded.scale == 1);
    fake_step_release(&step);
}

static void
assert_same_rows(const struct sl_step *a, size_t split_a, const struct sl_step *b,
                 size_t split_b, size_t n)
{
    const struct sl_split *one = &a->loaded.splits[split_a];
    const struct sl_split *two = &b->loaded.splits[split_b];

    assert_string_equal(one->name, two->name);
    assert_true(one->n >= n && two->n >= n);
    assert_memory_equal((const double *)a->loaded.x + one->rows[0],
                        (const double *)b->loaded.x + two->rows[0], n * sizeof(double));
    assert_memory_equal(a->loaded.labels + one->rows[0], b->loaded.labels + two->rows[0],
                        n * sizeof(int32_t));
}

/* Neither another split's size or presence nor the own size moves a row, nor threads. */
static void
splits_do_not_move_each_other(void **state)
{
    struct sl_step a, b, other;
    struct sl_pool *pool;
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_pool_new(&pool, 4, &err), SL_OK);
    load(THREE "splits: {train: 5000, test: 1000}", 8, NULL, &a);
    load(THREE "splits: {extra: 70, test: 9001, train: 4000}", 8, pool, &b);
    load(THREE "splits: {train: 5000, test: 1000}", 9, NULL, &other);
    assert_same_rows(&a, 0, &b, 2, 4000);
    assert_same_rows(&a, 1, &b, 1, 1000);
    assert_memory_not_equal(a.loaded.x, other.loaded.x, 8000);
    assert_memory_not_equal(a.loaded.x, (const double *)a.loaded.x + 5000, 8000);
    fake_step_release(&a);
    fake_step_release(&b);
    fake_step_release(&other);
    sl_pool_free(pool);
}

/* ---- truth -------------------------------------------------------------------------- */

/* By mpmath with 30 digits, and closed forms: 1/2 ln(2 pi e 0.25^2); ln(2 pi e) + 1/2 ln(4 *
 * 0.5 - 1); and of mixtures along one axis with an independent other one, the sum. */
static const struct {
    const char *components;
    double want, error;
} entropies[] = {
    {"[{mean: 7, std: 0.25}]", 0.0326441720847821229, 1e-15},
    {"[{mean: -1, std: 0.25}, {mean: 0.2, std: 0.25}, {mean: 1.5, std: 0.25}]",
     1.10755608849855, 1e-8},
    {"[{mean: -1, std: 0.25, weight: 1}, {mean: 0.2, std: 0.25, weight: 1}, {mean: 1.5, "
     "std: 0.25, weight: 2}]",
     1.051950186108883, 1e-8},
    {"[{mean: 0, std: 1, weight: 3}, {mean: 0.5, std: 0.001}]", 0.2449348613123887, 1e-8},
    {"[{mean: [3, -2], covariance: [[4, 1], [1, 0.5]]}]", 2.837877066409345483, 1e-15},
    {"[{mean: [-1, 4], std: [0.25, 3]}, {mean: [0.2, 4], std: [0.25, 3]}, "
     "{mean: [1.5, 4], std: [0.25, 3]}]",
     1.10755608849855 + 1.418938533204672742 + 1.098612288668109691, 1e-8},
};

static void
entropies_are_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof entropies / sizeof *entropies; i++) {
        struct sl_step step;
        double got;

        char yaml[400];
        snprintf(yaml, sizeof yaml, "components: %s\nsplits: {train: 1}",
                 entropies[i].components);
        load(yaml, 1, NULL, &step);
        got = fake_metric(&step, "entropy");
        if (!(fabs(got - entropies[i].want) <= entropies[i].error))
            fail_msg("%s: %.15g, not %.15g", entropies[i].components, got,
                     entropies[i].want);
        if (!(fake_metric(&step, "entropy_error") <= 1e-6))
            fail_msg("%s: error %g", entropies[i].components,
                     fake_metric(&step, "entropy_error"));
        fake_step_release(&step);
    }
}

/* Too many dimensions for a grid, or too fine for one: by draws. */
static const struct {
    const char *components;
    double want;
} drawn[] = {
    {"[{mean: [-1, 4, 0], std: [0.25, 3, 1]}, {mean: [0.2, 4, 0], std: [0.25, 3, 1]}, "
     "{mean: [1.5, 4, 0], std: [0.25, 3, 1]}]",
     1.10755608849855 + 2 * 1.418938533204672742 + 1.098612288668109691},
    {"[{mean: [-1, 0], std: [0.25, 1]}, {mean: [0.2, 0], std: [0.25, 1]}, "
     "{mean: [1.5, 0], std: [0.25, 1]}, {mean: [0, 0], std: [0.00001, 1], weight: 0}]",
     1.10755608849855 + 1.418938533204672742},
};

static void
entropies_are_drawn(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++) {
        struct sl_step step;
        double error;
        char yaml[400];

        snprintf(yaml, sizeof yaml, "components: %s\nsplits: {train: 1}",
                 drawn[i].components);
        load(yaml, 1, NULL, &step);
        error = fake_metric(&step, "entropy_error");
        assert_true(error > 1e-4 && error < 1e-2);
        assert_true(fabs(fake_metric(&step, "entropy") - drawn[i].want) < 5 * error);
        fake_step_release(&step);
    }
}

static const struct sl_tensor *
recorded(const struct sl_step *step, const char *name)
{
    const struct sl_item *item = sl_bundle_find(&step->tensors, name);

    if (!item)
        fail_msg("no tensor '%s'", name);
    return &item->tensor;
}

/* Four standard deviations beyond the outermost means all but some 5e-5 of it lies. */
static void
a_density_is_recorded(void **state)
{
    struct sl_step step;
    const struct sl_tensor *line, *plane;
    const double *pairs, *extent;
    double sum = 0;

    (void)state;
    load(THREE "splits: {train: 12000, test: 10}", 3, NULL, &step);
    line = recorded(&step, "true_density");
    pairs = line->data;
    assert_int_equal(line->shape[0], SL_TRUTH_LINE);
    assert_true(pairs[0] == -2 && pairs[2 * (SL_TRUTH_LINE - 1)] == 2.5);
    for (size_t i = 0; i < SL_TRUTH_LINE; i++)
        sum += pairs[2 * i + 1] * 4.5 / (SL_TRUTH_LINE - 1);
    assert_true(fabs(sum - 1) < 1e-4);
    assert_true(fabs(pairs[2 * 100 + 1] - 0.469471815948) < 1e-6);
    assert_int_equal(recorded(&step, "points_train")->shape[0], 10000);
    assert_memory_equal(recorded(&step, "points_test")->data,
                        (const double *)step.loaded.x + 12000, 10 * sizeof(double));
    fake_step_release(&step);

    load("components: [{mean: [3, -2], std: [2, 0.5]}]\nsplits: {train: 10}", 3, NULL,
         &step);
    plane = recorded(&step, "true_density");
    extent = recorded(&step, "true_density_extent")->data;
    assert_true(extent[0] == -5 && extent[1] == 11 && extent[2] == -4 && extent[3] == 0);
    sum = 0;
    for (size_t i = 0; i < SL_TRUTH_PLANE * SL_TRUTH_PLANE; i++)
        sum += ((const double *)plane->data)[i] * 64 / SL_TRUTH_PLANE / SL_TRUTH_PLANE;
    assert_true(fabs(sum - 1) < 2e-4);
    /* Row 60 is at -4 + 4 * 60.5 / 200, column 130 at -5 + 16 * 130.5 / 200. */
    assert_true(fabs(((const double *)plane->data)[60 * SL_TRUTH_PLANE + 130] -
                     exp(-0.5 * (1.58 * 1.58 + 1.22 * 1.22)) / 6.283185307179586477) <
                1e-12);
    fake_step_release(&step);
}

static void
far_points_have_a_density(void **state)
{
    double means[] = {-1, 1.5}, stds[] = {0.25, 0.25}, weights[] = {1, 0};
    double far[] = {50, -1e6, 1e100};
    struct sl_gaussian components[] = {{1, means, stds}, {1, means + 1, stds + 1}};
    struct sl_mixture mixture;
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    sl_mixture_init(&mixture, 2, components, weights, &arena);
    for (size_t i = 0; i < 3; i++) {
        double u = (far[i] + 1) / 0.25;
        double want = -u * u / 2 - log(0.25) - 0.918938533204672742;

        assert_true(fabs(sl_mixture_log_density(&mixture, &far[i]) - want) <=
                    1e-14 * fabs(want));
    }
    sl_arena_release(&arena);
}

/* ---- configuration ------------------------------------------------------------------ */

static const struct {
    const char *yaml, *want;
} checked[] = {
    {THREE "splits: {train: 5}", ""},
    {"components: [{mean: [0, 0], covariance: [[1, 2], [2, 1]]}]\nsplits: {a: 1}",
     "1:41 this is no covariance: the matrix is not positive definite: pivot 2 of 2 is "
     "not above 0\n"},
    {"components: [{mean: [0, 0], covariance: [[1, 0], [0.5, 1]]}]\nsplits: {a: 1}",
     "1:41 this is no covariance: the matrix is not symmetric: 0.5 in row 2, column 1, "
     "and 0 opposite\n"},
    {"components: [{mean: [0, 0], covariance: [[1]]}]\nsplits: {a: 1}",
     "1:41 'covariance' is 1 x 1, and 'mean' has 2 numbers\n"},
    {"components:\n- {mean: [0, 1], std: 2}\n- {mean: 3, std: 1}\n"
     "- {mean: [0, 1]}\n- {mean: [0, 1], std: [1, 2, 3]}\nsplits: {a: 1}",
     "3:10 this mean has dimension 1, that of the first component 2\n"
     "4:3 a component has either 'std' or 'covariance'\n"
     "5:23 'std' has 3 numbers, 'mean' 2\n"},
    {"components: [{mean: 0, std: 1, weight: 0}]\nsplits: {}",
     "2:9 there are no splits\n"
     "1:13 the weights sum to 0; at least one has to be above 0\n"},
    {"components: []\nsplits: {a: 1000000000, b: 1000000000, c: 1000000000, d: "
     "1000000000, e: 1000000000}",
     "2:9 the splits have 5000000000 rows together, at most 4294967295 are possible\n"
     "1:13 there is no component\n"},
};

static void
mistakes_are_told_at_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
        struct sl_arena arena;

        sl_arena_init(&arena);
        assert_string_equal(
            fake_check(&load_gaussian_mixture, checked[i].yaml, NULL, &arena),
            checked[i].want);
        sl_arena_release(&arena);
    }
}

static void
the_schema_is_known_before(void **state)
{
    static const size_t rows[] = {5000, 17};
    struct sl_schema schema;
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    load_gaussian_mixture.schema(fake_config(&load_gaussian_mixture.entry,
                                             "components: [{mean: [1, 2, 3], std: 1}]\n"
                                             "splits: {train: 5000, test: 17}",
                                             &arena),
                                 &arena, &schema);
    assert_int_equal(schema.d, 3);
    assert_int_equal(schema.split_count, 2);
    assert_string_equal(schema.splits[1], "test");
    assert_memory_equal(schema.rows, rows, sizeof rows);
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_shares_are_exact),
        cmocka_unit_test(rows_are_mixed),
        cmocka_unit_test(drawn_shares_follow_the_weights),
        cmocka_unit_test(components_have_their_moments),
        cmocka_unit_test(splits_do_not_move_each_other),
        cmocka_unit_test(entropies_are_known),
        cmocka_unit_test(entropies_are_drawn),
        cmocka_unit_test(a_density_is_recorded),
        cmocka_unit_test(far_points_have_a_density),
        cmocka_unit_test(mistakes_are_told_at_their_place),
        cmocka_unit_test(the_schema_is_known_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
