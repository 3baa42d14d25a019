/* SPDX-License-Identifier: MIT */
/* What every train module keeps to that is a statistic of rows, whatever its name: those
 * that need no configuration, and what they can be told. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/parallel/pool.h"
#include "runner/store/outcome.h"
#include "tests/unit/detector.h"

/* More rows than a tile of any module has, and columns beyond which some change their way
 * of working. */
enum { N = 1500, TEST = 300, D_MOST = 19 };
static const size_t widths[] = {1, 2, 9, D_MOST};
enum { WIDTHS = sizeof widths / sizeof *widths };

static float train_f32[N * D_MOST], test_f32[TEST * D_MOST];
static double train[N * D_MOST], test[TEST * D_MOST];

/* Three clusters, one of them thin; test rows the same, and every tenth far out. */
static int
set_up(void **state)
{
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 3, "test", "detectors");
    for (size_t i = 0; i < (N + TEST) * (size_t)D_MOST; i++) {
        size_t row = i / D_MOST, column = i % D_MOST;
        double center = (double)(row % 3) * ((column % 2) ? 2.385 : -1.7);
        double value = center + (row % 3 == 1 ? 0.2 : 1.1) * sl_stream_normal(&stream);

        if (row >= N && row % 10 == 0)
            value += 40;
        if (row < N) {
            train_f32[i] = (float)value;
            train[i] = (double)train_f32[i];
        } else {
            test_f32[i - (size_t)N * D_MOST] = (float)value;
            test[i - (size_t)N * D_MOST] = (double)(float)value;
        }
    }
    return 0;
}

/* ---- what is tried ------------------------------------------------------------------ */

struct variant {
    const char *module, *yaml;
};

/* Beyond what each module does when it is told nothing. */
static const struct variant variants[] = {
    {"pca", "components: 1"},
    {"mahalanobis", "shrinkage: 0.3"},
    {"mahalanobis", "{estimator: mcd, mcd: {starts: 60}}"},
    {"mahalanobis", "{estimator: mcd, mcd: {starts: 7, reweight: false, support: 0.9}}"},
    {"nearest-neighbours", "{k: 1, metric: manhattan}"},
    {"nearest-neighbours", "{k: 7, distance: mean}"},
    {"nearest-neighbours", "{k: 6, distance: median}"},
    {"local-outlier-factor", "{k: 3, metric: manhattan}"},
    {"gaussian-mixture", "{components: 2, restarts: 3}"},
    {"gaussian-mixture", "{covariance: diagonal}"},
    {"gaussian-mixture", "{covariance: spherical, components: 4}"},
    {"gaussian-mixture", "{covariance: tied, components: 3}"},
    {"isolation-forest", "{trees: 7, rows: 33}"},
    {"ensemble",
     "{members: [{model: pca}, {model: mahalanobis}, {model: pca}], folds: 3}"},
    {"ensemble",
     "{members: [{model: {isolation-forest: {trees: 9}}}], copies: 3, folds: 0}"},
};
enum { VARIANTS = sizeof variants / sizeof *variants };

static bool
requires_something(const struct sl_field *fields)
{
    for (const struct sl_field *f = fields; f->type != SL_TYPE_END; f++)
        if ((f->flags & SL_REQUIRED) ||
            (f->type == SL_TYPE_INCLUDE && requires_something(f->fields)))
            return true;
    return false;
}

/* A statistic needs no configuration; a network has to be described. */
static bool
is_statistic(const struct sl_row *row)
{
    return row->table == SL_TRAIN && !requires_something(row->as[0]->fields);
}

typedef void check_fn(const struct sl_module *module, const char *yaml, size_t d);

static void
each_variant(check_fn *check, size_t d)
{
    size_t modules = 0;

    for (size_t i = 0; i < sl_builtin.n; i++)
        if (is_statistic(&sl_builtin.rows[i])) {
            check((const struct sl_module *)sl_builtin.rows[i].as[0], "", d);
            modules++;
        }
    for (size_t i = 0; i < VARIANTS; i++)
        check(detector_module(variants[i].module), variants[i].yaml, d);
    assert_true(modules >= 7);
}

static void
each(check_fn *check)
{
    for (size_t i = 0; i < WIDTHS; i++)
        each_variant(check, widths[i]);
}

/* The first d columns of rows that have D_MOST. */
static struct detector_rows
narrow(const void *x, enum sl_dtype type, size_t n, size_t d)
{
    size_t size = sl_dtype_size(type);
    char *rows = malloc(n * d * size);

    for (size_t i = 0; i < n; i++)
        memcpy(rows + i * d * size, (const char *)x + i * D_MOST * size, d * size);
    return (struct detector_rows){n, d, rows, type};
}

static void
drop(struct detector_rows rows)
{
    free((void *)(uintptr_t)rows.x);
}

static void
fit(struct detector *detector, const struct sl_module *module, const char *yaml,
    struct detector_rows rows, struct sl_pool *pool)
{
    struct sl_error err = {0};

    if (detector_try(detector, module, yaml, rows, pool, &err))
        fail_msg("%s {%s} of %zu columns: %s", module->entry.name, yaml, rows.d,
                 err.text);
}

static size_t
kinds_of(const struct sl_module *module)
{
    size_t n = 0;

    while (module->model->scores[n].name)
        n++;
    return n;
}

#define assert_same_scores(a, b, n) assert_memory_equal(a, b, (n) * sizeof(double))

/* ---- what is kept to ---------------------------------------------------------------- */

static void
check_far_rows(const struct sl_module *module, const char *yaml, size_t d)
{
    struct detector_rows rows = narrow(train, SL_F64, N, d);
    struct detector_rows asked = narrow(test, SL_F64, TEST, d);
    bool all_axes = strcmp(module->entry.name, "pca") == 0 && d <= 2;
    struct detector detector;
    double scores[TEST], near = 0, far = 0;

    fit(&detector, module, yaml, rows, NULL);
    detector_score(&detector, asked, 0, scores);
    for (size_t i = 0; i < TEST; i++) {
        assert_true(isfinite(scores[i]));
        near += i % 10 ? scores[i] / (TEST - TEST / 10) : 0;
        far += i % 10 ? 0 : scores[i] / (TEST / 10);
    }
    /* What keeps all axes leaves nothing out. */
    if (!all_axes && far < near + 0.1)
        fail_msg("%s {%s} of %zu columns: far %g, near %g", module->entry.name, yaml, d,
                 far, near);
    detector_release(&detector);
    drop(rows);
    drop(asked);
}

static void
far_rows_score_higher(void **state)
{
    (void)state;
    each(check_far_rows);
}

/* Alone, in another place of another batch, and with a row beside it that has no score. */
static void
check_row_alone(const struct sl_module *module, const char *yaml, size_t d)
{
    struct detector_rows rows = narrow(train, SL_F64, N, d), one;
    struct detector_rows asked = narrow(test, SL_F64, TEST, d);
    double *turned = malloc(TEST * d * sizeof *turned);
    double scores[TEST], again[TEST];
    struct detector detector;

    fit(&detector, module, yaml, rows, NULL);
    for (size_t i = 0; i < TEST; i++)
        memcpy(turned + i * d, (const double *)asked.x + (TEST - 1 - i) * d,
               d * sizeof *turned);
    turned[5 * d] = (double)NAN;
    for (size_t kind = 0; kind < kinds_of(module); kind++) {
        detector_score(&detector, asked, kind, scores);
        detector_score(&detector, (struct detector_rows){TEST, d, turned, SL_F64}, kind,
                       again);
        assert_true(isnan(again[5]));
        again[5] = scores[TEST - 1 - 5];
        for (size_t i = 0; i < TEST; i++)
            assert_same_scores(&again[TEST - 1 - i], &scores[i], 1);
        for (size_t i = 0; i < TEST; i += 7) {
            one = (struct detector_rows){1, d, (const double *)asked.x + i * d, SL_F64};
            detector_score(&detector, one, kind, again);
            assert_same_scores(again, &scores[i], 1);
        }
    }
    detector_release(&detector);
    free(turned);
    drop(rows);
    drop(asked);
}

static void
a_row_scores_the_same_wherever_it_stands(void **state)
{
    (void)state;
    each(check_row_alone);
}

static void
assert_same_bundle(const struct sl_bundle *a, const struct sl_bundle *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        const struct sl_tensor *x = &a->items[i].tensor, *y = &b->items[i].tensor;

        assert_string_equal(a->items[i].name, b->items[i].name);
        assert_int_equal(sl_tensor_bytes(x), sl_tensor_bytes(y));
        assert_memory_equal(x->data, y->data, sl_tensor_bytes(x));
    }
}

static struct sl_pool *
four_threads(void)
{
    struct sl_error err = {0};
    struct sl_pool *pool;

    if (sl_pool_new(&pool, 4, &err))
        fail_msg("%s", err.text);
    return pool;
}

static void
check_threads(const struct sl_module *module, const char *yaml, size_t d)
{
    struct detector_rows rows = narrow(train, SL_F64, N, d);
    struct detector_rows asked = narrow(test, SL_F64, TEST, d);
    struct sl_pool *pool = four_threads();
    struct detector one, four;
    double scores[TEST], again[TEST];

    fit(&one, module, yaml, rows, NULL);
    fit(&four, module, yaml, rows, pool);
    assert_same_bundle(&one.step.parameters, &four.step.parameters);
    assert_same_bundle(&one.step.metrics, &four.step.metrics);
    detector_score(&one, asked, 0, scores);
    detector_score(&four, asked, 0, again);
    assert_same_scores(scores, again, TEST);
    detector_release(&one);
    detector_release(&four);
    sl_pool_free(pool);
    drop(rows);
    drop(asked);
}

static void
four_threads_leave_the_bits_of_one(void **state)
{
    (void)state;
    each(check_threads);
}

/* Through the bytes of models/KEY.h5. */
static void
check_store(const struct sl_module *module, const char *yaml, size_t d)
{
    struct detector_rows rows = narrow(train, SL_F64, N, d);
    struct detector_rows asked = narrow(test, SL_F64, TEST, d);
    struct sl_stored_model stored = {
        .module = module->entry.name, .config = yaml, .d = d, .scale = 1};
    struct sl_stored_model back;
    double scores[TEST], again[TEST];
    struct detector detector;
    struct sl_error err = {0};
    char *bytes;
    size_t count;

    fit(&detector, module, yaml, rows, NULL);
    detector_score(&detector, asked, 0, scores);
    stored.parameters = detector.step.parameters;
    assert_int_equal(sl_model_write(&stored, &detector.step.arena, &bytes, &count, &err),
                     SL_OK);
    assert_int_equal(sl_model_read(bytes, count, &detector.step.arena, &back, &err),
                     SL_OK);
    detector.model.parameters = &back.parameters;
    assert_int_equal(module->model->open(&detector.model, &detector.step.arena, &err),
                     SL_OK);
    detector_score(&detector, asked, 0, again);
    assert_same_scores(scores, again, TEST);
    detector_release(&detector);
    drop(rows);
    drop(asked);
}

static void
a_stored_model_scores_the_same(void **state)
{
    (void)state;
    each(check_store);
}

/* What comes from a file may be anything. */
static void
check_damage(const struct sl_module *module, const char *yaml, size_t d)
{
    struct detector_rows rows = narrow(train, SL_F64, N, d);
    struct detector detector;
    struct sl_error err = {0};

    fit(&detector, module, yaml, rows, NULL);
    for (size_t i = 0; i < detector.step.parameters.n; i++) {
        struct sl_tensor *tensor = &detector.step.parameters.items[i].tensor;
        struct sl_tensor kept = *tensor;

        tensor->rank = kept.rank == 1 ? 2 : 1;
        tensor->shape[0] = tensor->shape[1] = 1;
        err = (struct sl_error){0};
        assert_int_equal(module->model->open(&detector.model, &detector.step.arena, &err),
                         SL_ERR_SHAPE);
        assert_true(strlen(err.text) > 10);
        *tensor = kept;
    }
    detector.step.parameters.n = 0;
    assert_int_equal(module->model->open(&detector.model, &detector.step.arena, &err),
                     SL_ERR_SHAPE);
    detector_release(&detector);
    drop(rows);
}

static void
a_model_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    each_variant(check_damage, 2);
}

static void
check_float(const struct sl_module *module, const char *yaml, size_t d)
{
    struct detector_rows wide = narrow(train, SL_F64, N, d);
    struct detector_rows slim = narrow(train_f32, SL_F32, N, d);
    struct detector_rows asked = narrow(test, SL_F64, TEST, d);
    struct detector_rows asked_slim = narrow(test_f32, SL_F32, TEST, d);
    struct detector a, b;
    double scores[TEST], again[TEST];

    fit(&a, module, yaml, wide, NULL);
    fit(&b, module, yaml, slim, NULL);
    detector_score(&a, asked, 0, scores);
    detector_score(&b, asked_slim, 0, again);
    assert_same_scores(scores, again, TEST);
    detector_release(&a);
    detector_release(&b);
    drop(wide);
    drop(slim);
    drop(asked);
    drop(asked_slim);
}

static void
float32_rows_count_as_their_values(void **state)
{
    (void)state;
    each_variant(check_float, 9);
}

/* ---- odd rows ----------------------------------------------------------------------- */

/* Learns from what there is, and scores it with numbers; or says what it lacks. */
static void
check_odd(const struct sl_module *module, const char *yaml, struct detector_rows rows)
{
    struct detector detector;
    struct sl_error err = {0};
    double scores[64];

    assert_true(rows.n <= 64);
    if (detector_try(&detector, module, yaml, rows, NULL, &err)) {
        assert_true(err.status == SL_ERR_SHAPE || err.status == SL_ERR_NUMERIC);
        assert_true(strlen(err.text) > 10);
        detector_release(&detector);
        return;
    }
    detector_score(&detector, rows, 0, scores);
    for (size_t i = 0; i < rows.n; i++)
        if (!isfinite(scores[i]))
            fail_msg("%s {%s} of %zu rows: score %g", module->entry.name, yaml, rows.n,
                     scores[i]);
    detector_release(&detector);
}

static void
check_constant_column(const struct sl_module *module, const char *yaml, size_t d)
{
    double x[60 * 3];

    (void)d;
    for (size_t i = 0; i < 60; i++) {
        x[3 * i] = train[i * D_MOST];
        x[3 * i + 1] = 3.14;
        x[3 * i + 2] = train[i * D_MOST + 1];
    }
    check_odd(module, yaml, (struct detector_rows){60, 3, x, SL_F64});
}

static void
check_equal_rows(const struct sl_module *module, const char *yaml, size_t d)
{
    static const double x[64] = {0};

    (void)d;
    check_odd(module, yaml, (struct detector_rows){32, 2, x, SL_F64});
    check_odd(module, yaml, (struct detector_rows){64, 1, x, SL_F64});
}

static void
check_few_rows(const struct sl_module *module, const char *yaml, size_t d)
{
    for (size_t n = 1; n <= 12; n++)
        check_odd(module, yaml, (struct detector_rows){n, d, train, SL_F64});
}

static void
odd_rows_are_learned_from_or_refused(void **state)
{
    (void)state;
    each_variant(check_constant_column, 3);
    each_variant(check_equal_rows, 2);
    each(check_few_rows);
}

static void
check_bad_value(const struct sl_module *module, const char *yaml, size_t d)
{
    struct detector_rows rows = narrow(train, SL_F64, N, d);
    struct detector detector;
    struct sl_error err = {0};

    ((double *)(uintptr_t)rows.x)[7 * d + 1] = (double)INFINITY;
    assert_int_equal(detector_try(&detector, module, yaml, rows, NULL, &err),
                     SL_ERR_NUMERIC);
    assert_non_null(strstr(err.text, "column 2 of row 8"));
    detector_release(&detector);
    drop(rows);
}

static void
a_value_that_is_not_finite_is_named(void **state)
{
    (void)state;
    each_variant(check_bad_value, 2);
}

/* ---- densities ---------------------------------------------------------------------- */

static void
check_density(const struct sl_module *module, const char *yaml, size_t d)
{
    const struct sl_model_class *class = module->model;
    struct detector_rows rows = narrow(train, SL_F64, N, d);
    struct detector_rows asked = narrow(test, SL_F64, TEST, d);
    struct detector detector;
    struct sl_error err = {0};
    double scores[TEST], logs[TEST];

    fit(&detector, module, yaml, rows, NULL);
    if (class->log_density) {
        detector_score(&detector, asked, 0, scores);
        assert_int_equal(
            class->log_density(&detector.model, NULL, TEST, asked.x, logs, &err), SL_OK);
        for (size_t i = 0; i < TEST; i++)
            assert_true(logs[i] == -scores[i]);
        assert_true(class->densities & 1);
    }
    detector_release(&detector);
    drop(rows);
    drop(asked);
}

static void
a_density_scores_by_its_logarithm(void **state)
{
    (void)state;
    each(check_density);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(far_rows_score_higher),
        cmocka_unit_test(a_row_scores_the_same_wherever_it_stands),
        cmocka_unit_test(four_threads_leave_the_bits_of_one),
        cmocka_unit_test(a_stored_model_scores_the_same),
        cmocka_unit_test(a_model_that_does_not_fit_is_refused),
        cmocka_unit_test(float32_rows_count_as_their_values),
        cmocka_unit_test(odd_rows_are_learned_from_or_refused),
        cmocka_unit_test(a_value_that_is_not_finite_is_named),
        cmocka_unit_test(a_density_scores_by_its_logarithm),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
