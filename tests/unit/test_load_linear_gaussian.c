/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/linear_gaussian.h"
#include "runner/tensor/linalg.h"
#include "tests/unit/fake_step.h"

extern const struct sl_module load_linear_gaussian;

enum { D = 5, ROWS = 40000 };

struct fixture {
    struct sl_step step;
    struct sl_arena arena;
    struct sl_error err;
};

static void
load(struct fixture *f, const char *yaml)
{
    sl_arena_init(&f->arena);
    fake_step_init(&f->step, "load", 12, NULL);
    if (load_linear_gaussian.run(
            &f->step, fake_config(&load_linear_gaussian.entry, yaml, &f->arena), &f->err))
        fail_msg("%s", f->err.text);
}

static void
fixture_release(struct fixture *f)
{
    fake_step_release(&f->step);
    sl_arena_release(&f->arena);
}

/* The principal variances are scale^2 + noise^2, and noise^2 in the other directions. An
 * eigenvalue's standard error is l sqrt(2 / n); those of equal ones repel each other. */
static void
points_spread_as_configured(void **state)
{
    static struct fixture f;
    const double want[D] = {0.25, 0.25, 0.25, 0.8 * 0.8 + 0.25, 1.75 * 1.75 + 0.25};
    double mean[D], covariance[D * D], values[D], entropy = 0;
    struct sl_rows rows = {.n = ROWS};

    (void)state;
    load(&f, "{dimensions: 5, scales: [1.75, 0.8], noise: 0.5, splits: {train: 40000}}");
    rows.data = &f.step.loaded;
    rows.ids = f.step.loaded.splits[0].rows;
    assert_int_equal(f.step.loaded.d, D);
    assert_int_equal(sl_rows_covariance(&rows, mean, covariance, &f.err), SL_OK);
    assert_int_equal(sl_eigen_symmetric(D, covariance, values, &f.err), SL_OK);
    for (size_t i = 0; i < D; i++) {
        assert_true(fabs(values[i] - want[i]) < 5 * sqrt(2.0 / ROWS) * want[i]);
        entropy += log(2 * M_PI * M_E * want[i]) / 2;
    }
    assert_true(fabs(fake_metric(&f.step, "entropy") - entropy) < 1e-12);
    fixture_release(&f);
}

/* Splits share the plane, a longer one begins with a shorter one's rows. */
static void
splits_move_no_other(void **state)
{
    static struct fixture a, b;

    (void)state;
    load(&a, "{dimensions: 5, scales: [3, 1], splits: {train: 50, test: 20}}");
    load(&b, "{dimensions: 5, scales: [3, 1], splits: {test: 30}}");
    assert_memory_equal((const double *)a.step.loaded.x + 50 * D, b.step.loaded.x,
                        20 * D * sizeof(double));
    assert_memory_not_equal(a.step.loaded.x, b.step.loaded.x, 20 * D * sizeof(double));
    fixture_release(&a);
    fixture_release(&b);
}

static void
its_schema_is_known_before(void **state)
{
    struct sl_arena arena;
    struct sl_schema schema;

    (void)state;
    sl_arena_init(&arena);
    load_linear_gaussian.schema(
        fake_config(&load_linear_gaussian.entry,
                    "{dimensions: 7, scales: [1, 2], splits: {train: 9, test: 4}}",
                    &arena),
        &arena, &schema);
    assert_int_equal(schema.d, 7);
    assert_int_equal(schema.split_count, 2);
    assert_string_equal(schema.splits[1], "test");
    assert_int_equal(schema.rows[1], 4);
    sl_arena_release(&arena);
}

static void
more_directions_than_there_are_is_told(void **state)
{
    struct sl_arena arena;
    struct sl_report report;
    struct sl_check check = {.arena = &arena, .report = &report, .mark = {"test", 1, 1}};

    (void)state;
    sl_arena_init(&arena);
    sl_report_init(&report, &arena);
    load_linear_gaussian.check(
        fake_config(&load_linear_gaussian.entry,
                    "{dimensions: 2, scales: [1, 2, 3], splits: {train: 9}}", &arena),
        &check);
    assert_int_equal(report.n, 1);
    assert_non_null(strstr(report.problems[0].text, "3 scales, and in 2 dimensions"));
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_spread_as_configured),
        cmocka_unit_test(splits_move_no_other),
        cmocka_unit_test(its_schema_is_known_before),
        cmocka_unit_test(more_directions_than_there_are_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
