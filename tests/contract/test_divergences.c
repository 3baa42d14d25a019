/* SPDX-License-Identifier: MIT */
/* What every divergence between samples keeps to, whatever its name. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/divergence.h"
#include "runner/parallel/pool.h"

enum { N = 1300, M = 700, D_MOST = 20 };

static const size_t widths[] = {1, 2, 3, D_MOST};
enum { WIDTHS = sizeof widths / sizeof *widths };

static double samples[N * D_MOST], data[N * D_MOST], train[N * D_MOST];

static void
fill(double *x, size_t n, uint64_t seed, double scale)
{
    struct sl_stream stream;

    sl_stream_init(&stream, seed, "test", "divergences");
    for (size_t i = 0; i < n; i++)
        x[i] = scale * sl_stream_normal(&stream);
}

static int
set_up(void **state)
{
    (void)state;
    fill(samples, (size_t)N * D_MOST, 1, 1.5);
    fill(data, (size_t)N * D_MOST, 2, 1);
    fill(train, (size_t)N * D_MOST, 3, 1);
    return 0;
}

static struct sl_sample_pair
pair_of(size_t d)
{
    struct sl_sample_pair pair = {d, N, M, N, samples, data, train, .pool = NULL};

    sl_stream_init(&pair.stream, 7, "test", "own");
    return pair;
}

struct result {
    double value, columns[D_MOST];
};

static struct result
result_of(const struct sl_divergence_class *class, struct sl_sample_pair pair)
{
    struct result result = {.value = -7};
    struct sl_arena arena;
    struct sl_error err;

    sl_arena_init(&arena);
    pair.arena = &arena;
    assert_int_equal(class->compute(&pair, &result.value, result.columns, &err), SL_OK);
    sl_arena_release(&arena);
    return result;
}

static void
each_divergence(void (*visit)(const struct sl_divergence_class *class, size_t d))
{
    size_t met = 0;

    for (size_t i = 0; i < sl_builtin.n; i++) {
        if (sl_builtin.rows[i].table != SL_DIVERGENCE)
            continue;
        met++;
        for (size_t k = 0; k < WIDTHS; k++)
            visit((const struct sl_divergence_class *)sl_builtin.rows[i].as[0],
                  widths[k]);
    }
    assert_true(met >= 5);
}

static void
threads_decide_nothing(const struct sl_divergence_class *class, size_t d)
{
    struct sl_sample_pair pair = pair_of(d);
    struct result alone = result_of(class, pair), together;
    struct sl_error err;

    assert_int_equal(sl_pool_new(&pair.pool, 4, &err), SL_OK);
    together = result_of(class, pair);
    sl_pool_free(pair.pool);
    if (memcmp(&alone, &together, sizeof alone) != 0)
        fail_msg("%s of %zu columns: %.17g, with threads %.17g", class->entry.name, d,
                 alone.value, together.value);
    assert_true(isfinite(alone.value) && alone.value > 0);
}

static void
symmetric_ones_are(const struct sl_divergence_class *class, size_t d)
{
    struct sl_sample_pair pair = pair_of(d), turned = pair;
    double one, other;

    turned.n = pair.m;
    turned.m = pair.n;
    turned.samples = pair.data;
    turned.data = pair.samples;
    one = result_of(class, pair).value;
    other = result_of(class, turned).value;
    if (class->symmetric != (fabs(one - other) < 1e-12))
        fail_msg("%s of %zu columns: %.17g, turned %.17g", class->entry.name, d, one,
                 other);
}

/* Of equal samples: nothing between them, or no telling them apart. */
static void
equal_samples_are_equal(const struct sl_divergence_class *class, size_t d)
{
    struct sl_sample_pair pair = pair_of(d);
    struct result result;
    double want = strcmp(class->entry.name, "nearer_to_train") == 0 ? 0.5 : 0;

    pair.m = pair.trained = pair.n;
    pair.data = pair.train = pair.samples;
    result = result_of(class, pair);
    if (!(fabs(result.value - want) < 1e-12))
        fail_msg("%s of %zu columns: %g", class->entry.name, d, result.value);
    for (size_t j = 0; j < d && class->by_column; j++)
        assert_true(result.columns[j] == 0);
}

/* A sample of the same distribution lies nearer than one of another. */
static void
wider_samples_lie_further(const struct sl_divergence_class *class, size_t d)
{
    struct sl_sample_pair pair = pair_of(d), same = pair;

    if (strcmp(class->entry.name, "nearer_to_train") == 0)
        return;
    same.samples = train;
    assert_true(result_of(class, same).value < result_of(class, pair).value);
}

static void
says_what_it_is(const struct sl_divergence_class *class, size_t d)
{
    (void)d;
    assert_non_null(class->entry.summary);
    assert_int_equal(strspn(class->entry.name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
                     strlen(class->entry.name));
}

static void
test_threads(void **state)
{
    (void)state;
    each_divergence(threads_decide_nothing);
}

static void
test_symmetry(void **state)
{
    (void)state;
    each_divergence(symmetric_ones_are);
}

static void
test_equal(void **state)
{
    (void)state;
    each_divergence(equal_samples_are_equal);
}

static void
test_order(void **state)
{
    (void)state;
    each_divergence(wider_samples_lie_further);
}

static void
test_entry(void **state)
{
    (void)state;
    each_divergence(says_what_it_is);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads), cmocka_unit_test(test_symmetry),
        cmocka_unit_test(test_equal),   cmocka_unit_test(test_order),
        cmocka_unit_test(test_entry),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
