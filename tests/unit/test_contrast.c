/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/publish.h"
#include "runner/command/contrast.h"
#include "runner/store/runfile.h"
#include "tests/unit/sample_sweep.h"
#include "tests/unit/workspace.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define NONE ((double)NAN)

static void
ok(enum sl_status status, const struct sl_error *err)
{
    if (status != SL_OK)
        fail_msg("%s", err->text);
}

static double
cell(const struct sl_table *table, const char *column, size_t row)
{
    return sl_table_column(table, column)->at.doubles[row];
}

static void
near(double got, double want)
{
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= 1e-9 * fabs(want)))
        fail_msg("%.17g, not %.17g", got, want);
}

/* ---- metrics ------------------------------------------------------------------------ */

static const uint64_t seeds_a[] = {3, 4, 5, 6, 7, 8, 9};
static const uint64_t seeds_b[] = {9, 8, 7, 6, 5, 4, 11};
static const double loss_a[] = {9.5, 1.0, 1.5, 2.5, 2.0, 3.0, 4.0};
static const double loss_b[] = {4.5, 3.25, 2.125, 3.5, 1.75, 1.375, 99.0};
static const double auroc_a[] = {0.5, 0.6, NONE, 0.7, 0.8, 0.9, 0.9};
static const double auroc_b[] = {0.9, NONE, 0.9, 0.9, 0.9, 0.9, 0.9};

static const struct sl_contrast_metric of_a[] = {{"train.loss", "nats", loss_a},
                                                 {"detect.auroc", NULL, auroc_a},
                                                 {"detect.rate", NULL, auroc_a}};
static const struct sl_contrast_metric of_b[] = {{"detect.auroc", NULL, auroc_b},
                                                 {"train.loss", "nats", loss_b},
                                                 {"sample.mean", NULL, auroc_b}};
static const struct sl_contrast_side side_a = {
    .n = 7, .seeds = seeds_a, .metric_count = 3, .metrics = of_a};
static const struct sl_contrast_side side_b = {
    .n = 7, .seeds = seeds_b, .metric_count = 3, .metrics = of_b};

static void
pairs_are_runs_of_one_seed(void **state)
{
    struct sl_arena arena;
    struct sl_table table;
    const int64_t *pairs;

    (void)state;
    sl_arena_init(&arena);
    sl_contrast_metrics(&side_a, &side_b, &arena, &table);
    pairs = sl_table_column(&table, "pairs")->at.ints;
    assert_int_equal(table.rows, 4);
    /* b - a by seed 4..9: 0.375 0.25 1 0.125 0.25 0.5 */
    assert_int_equal(pairs[0], 6);
    near(cell(&table, "a", 0), 14.0 / 6);
    near(cell(&table, "b", 0), 16.5 / 6);
    near(cell(&table, "difference", 0), 2.5 / 6);
    near(cell(&table, "high", 0) - cell(&table, "difference", 0),
         2.570581835636314 * sqrt(23.5 / 48 / 5) / sqrt(6.0));
    near(cell(&table, "p", 0), 2.0 / 64); /* the only p: nothing to correct */
    /* seeds 4, 6, 7 and 9 have both */
    assert_int_equal(pairs[1], 4);
    near(cell(&table, "difference", 1), (0.3 + 0.2 + 0.1 + 0.0) / 4);
    near(cell(&table, "p", 1), NONE);
    /* what one side lacks */
    assert_int_equal(pairs[2], 0);
    near(cell(&table, "a", 2), 4.4 / 6);
    near(cell(&table, "b", 2), NONE);
    near(cell(&table, "a", 3), NONE);
    assert_string_equal(sl_table_column(&table, "metric")->at.texts[3], "sample.mean");
    sl_arena_release(&arena);
}

static void
runs_of_other_seeds_have_no_interval(void **state)
{
    struct sl_contrast_side a = side_a, b = side_b;
    struct sl_arena arena;
    struct sl_table table;

    (void)state;
    sl_arena_init(&arena);
    a.n = b.n = 1; /* seeds 3 and 9 */
    sl_contrast_metrics(&a, &b, &arena, &table);
    near(cell(&table, "difference", 0), 4.5 - 9.5);
    near(cell(&table, "low", 0), NONE);
    near(cell(&table, "p", 0), NONE);
    assert_int_equal(sl_table_column(&table, "pairs")->at.ints[0], 0);
    sl_arena_release(&arena);
}

static void
many_tests_are_corrected(void **state)
{
    struct sl_contrast_metric metrics_a[] = {of_a[0], of_a[0], of_a[0]};
    struct sl_contrast_metric metrics_b[] = {of_b[1], of_b[1], of_b[1]};
    struct sl_contrast_side a = side_a, b = side_b;
    static const char *const names[] = {"y", "x"};
    struct sl_arena arena;
    struct sl_table table;

    (void)state;
    sl_arena_init(&arena);
    for (size_t i = 0; i < 3; i++)
        metrics_a[i].name = metrics_b[i].name = i == 0 ? "x" : i == 1 ? "y" : "z";
    a.metrics = metrics_a;
    b.metrics = metrics_b;
    sl_contrast_metrics(&a, &b, &arena, &table);
    for (size_t i = 0; i < 3; i++)
        near(cell(&table, "p", i), 3 * 2.0 / 64);
    sl_contrast_pick(&a, names, 2, &arena);
    sl_contrast_pick(&b, names, 2, &arena);
    sl_contrast_metrics(&a, &b, &arena, &table);
    assert_int_equal(table.rows, 2);
    assert_string_equal(sl_table_column(&table, "metric")->at.texts[0], "y");
    near(cell(&table, "p", 1), 2 * 2.0 / 64);
    sl_arena_release(&arena);
}

/* ---- configurations ----------------------------------------------------------------- */

static void
configurations_differ_by_keys(void **state)
{
    static const struct {
        const char *key, *a, *b;
    } want[] = {
        {"train.encoder", "[256, 8]", "[256, 16]"},
        {"train.layers.1.dense.units", "8", "9"},
        {"train.optimizer.adam.lr", "0.001", NULL},
        {"train.optimizer.sgd.lr", NULL, "0.5"},
    };
    const struct sl_contrast_side a = {
        .n = 2,
        .config = "seed: 3\nsplit_seed: 3\nname: x\n"
                  "train:\n  encoder: [256, 8]\n  optimizer: {adam: {lr: 0.001}}\n"
                  "  layers: [{relu: {}}, {dense: {units: 8}}]\n"};
    const struct sl_contrast_side b = {
        .n = 2,
        .config = "seed: 4\nsplit_seed: 4\nname: x\n"
                  "train:\n  layers: [{relu: {}}, {dense: {units: 9}}]\n"
                  "  encoder: [256, 16]\n  optimizer: {sgd: {lr: 0.5}}\n"};
    struct sl_arena arena;
    struct sl_table table;

    (void)state;
    sl_arena_init(&arena);
    sl_contrast_config(&a, &b, &arena, &table);
    assert_int_equal(table.rows, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        size_t row = 0;
        while (row < table.rows &&
               strcmp(table.columns[0].at.texts[row], want[i].key) != 0)
            row++;
        assert_true(row < table.rows);
        for (size_t k = 1; k < 3; k++) {
            const char *got = table.columns[k].at.texts[row];
            const char *text = k == 1 ? want[i].a : want[i].b;
            assert_true(text ? got && strcmp(got, text) == 0 : !got);
        }
    }
    sl_arena_release(&arena);
}

/* ---- words -------------------------------------------------------------------------- */

static void
publish_run(const char *path, struct sl_arena *arena)
{
    struct sl_run_record run = {
        .key = "77", .state = "done", .seed = 12, .config = "seed: 12\n"};
    struct sl_error err = {0};
    char *bytes;
    size_t count;

    ok(sl_run_write(&run, arena, &bytes, &count, &err), &err);
    ok(sl_publish(path, bytes, count, &err), &err);
}

static void
words_are_runs_or_points(void **state)
{
    struct sl_contrast_side side;
    struct sl_sweep_record sweep;
    struct sl_error err = {0};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    sample_sweep(&sweep, 6, 5, 11, &arena);
    sample_sweep_publish("x", &sweep, &arena);
    publish_run("x/runs/one/run.h5", &arena);
    ok(sl_contrast_open("x#2", NULL, &arena, &side, &err), &err);
    assert_int_equal(side.n, 4); /* run 10 has failed */
    assert_int_equal(side.seeds[0], 8);
    assert_int_equal(side.metric_count, 2);
    near(side.metrics[1].values[1],
         sl_table_column(&sweep.runs, "train.loss")->at.doubles[12]);
    assert_string_equal(side.swept, "train.optimizer.adam.lr: 0.001\ncalibrate.k: 2.5\n"
                                    "train.activation: relu\n");
    ok(sl_contrast_open("#5", "x#2", &arena, &side, &err), &err);
    assert_string_equal(side.title, "x#5");
    assert_int_equal(side.n, 5);
    ok(sl_contrast_open("x/runs/one", NULL, &arena, &side, &err), &err);
    assert_int_equal(side.seeds[0], 12);
    assert_string_equal(side.config, "seed: 12\n");
    sl_arena_release(&arena);
}

static void
wrong_words_are_told(void **state)
{
    static const struct {
        const char *word, *want;
    } cases[] = {
        {"x#6", "'x' has no point 6; it has 0..5"},
        {"x", "'x' is a sweep; name one of its points, 'x#0'"},
        {"y#1", "'y' has no sweep.h5; it is written when a sweep has run"},
        {"y", "'y' is no run file, run folder or results folder of sluice; 'sluice list' "
              "names those "
              "that are here"},
    };
    struct sl_contrast_side side;
    struct sl_sweep_record sweep;
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    sample_sweep(&sweep, 6, 5, 11, &arena);
    sample_sweep_publish("x", &sweep, &arena);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sl_error err = {0};
        assert_true(sl_contrast_open(cases[i].word, NULL, &arena, &side, &err) != SL_OK);
        assert_string_equal(err.text, cases[i].want);
    }
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_runs_of_one_seed),
        cmocka_unit_test(runs_of_other_seeds_have_no_interval),
        cmocka_unit_test(many_tests_are_corrected),
        cmocka_unit_test(configurations_differ_by_keys),
        WORKSPACE_TEST(words_are_runs_or_points),
        WORKSPACE_TEST(wrong_words_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
