/* SPDX-License-Identifier: MIT */
/* Every step of preprocessing: what it comes to, that it comes back, that its
 * log-determinant is that of its numeric Jacobian; and the list as a whole. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_step.h"
#include "runner/config/yaml.h"

#define GAP ((double)NAN)

enum { N = 400, D = 3 };

static double x[N][D];
static uint32_t ids[N];

/* Skewed, shifted and correlated, with values between 0 and 1 in the last column. */
static void
make(struct sl_dataset *data, struct sl_split *split)
{
    struct sl_stream stream;

    sl_stream_init(&stream, 11, "test", "rows");
    for (size_t i = 0; i < N; i++) {
        double a = sl_stream_normal(&stream), b = sl_stream_normal(&stream);

        x[i][0] = 2.385 + 0.7 * a;
        x[i][1] = exp(0.5 * a + 0.8 * b) - 3.14;
        x[i][2] = sl_stream_uniform(&stream);
        ids[i] = (uint32_t)i;
    }
    *split = (struct sl_split){"train", N - 100, ids};
    *data = (struct sl_dataset){.n = N,
                                .d = D,
                                .type = SL_F64,
                                .x = x,
                                .scale = 1,
                                .split_count = 1,
                                .splits = split};
}

struct list {
    struct sl_choice_list preprocess;
};
static const struct sl_field fields[] = {
    SL_PREPROCESS_FIELD(struct list, preprocess),
    SL_FIELD_END,
};

static const struct sl_choice_list *
parse(const char *yaml, struct sl_arena *arena)
{
    static const struct sl_entry entry = {
        .name = "list", .fields = fields, .config_size = sizeof(struct list)};

    return sl_preprocess_list(fields, fake_config(&entry, yaml, arena));
}

/* Fits the list; err.text says what is wrong. */
static enum sl_status
fit(const char *yaml, const struct sl_dataset *data, struct sl_arena *arena,
    struct sl_bundle *parameters, struct sl_preprocessing *fitted, struct sl_error *err)
{
    sl_bundle_init(parameters, arena);
    return sl_preprocess_fit(parse(yaml, arena), data, NULL, arena, parameters, fitted,
                             err);
}

static const char *const lists[] = {
    "preprocess: [standardise]",
    "preprocess: [robust]",
    "preprocess: [robust: {low: 0.1, high: 0.9}]",
    "preprocess: [min-max]",
    "preprocess: [min-max: {low: -2, high: 3}]",
    "preprocess: [quantile-normal]",
    "preprocess: [min-max: {low: 0.05, high: 0.95}, logit]",
    "preprocess: [whiten]",
    "preprocess: [impute, standardise, whiten]",
    "preprocess: [dequantise: {levels: 16}]",
};

static double
determinant(double m[D][D])
{
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
           m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

static void
check_point(const char *yaml, const struct sl_preprocessing *fitted, const double *at)
{
    const double h = 1e-6;
    double y[D], back[D], log_det, jacobian[D][D];

    sl_preprocess_forward(fitted, 1, at, y, &log_det);
    sl_preprocess_inverse(fitted, 1, y, back);
    for (size_t j = 0; j < D; j++) {
        double low[D], high[D], a[D], b[D];

        if (fabs(back[j] - at[j]) > 1e-9 * (1 + fabs(at[j])))
            fail_msg("%s: %g comes back as %g", yaml, at[j], back[j]);
        memcpy(low, at, sizeof low);
        memcpy(high, at, sizeof high);
        low[j] -= h;
        high[j] += h;
        sl_preprocess_forward(fitted, 1, low, a, NULL);
        sl_preprocess_forward(fitted, 1, high, b, NULL);
        for (size_t k = 0; k < D; k++)
            jacobian[k][j] = (b[k] - a[k]) / (2 * h);
    }
    if (fabs(log(fabs(determinant(jacobian))) - log_det) > 1e-5)
        fail_msg("%s: log-determinant %.9g, numerically %.9g", yaml, log_det,
                 log(fabs(determinant(jacobian))));
}

static void
steps_come_back_and_state_their_volume(void **state)
{
    struct sl_dataset data;
    struct sl_split split;

    (void)state;
    make(&data, &split);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct sl_preprocessing fitted, opened;
        struct sl_bundle parameters;
        struct sl_error err = {0};
        struct sl_arena arena;
        double a[D], b[D];

        sl_arena_init(&arena);
        if (fit(lists[i], &data, &arena, &parameters, &fitted, &err))
            fail_msg("%s: %s", lists[i], err.text);
        assert_true(fitted.volume);
        for (size_t row = 300; row < 320; row++)
            check_point(lists[i], &fitted, x[row]);
        /* what was stored is all there is to it */
        assert_int_equal(sl_preprocess_open(parse(lists[i], &arena), D, &parameters,
                                            &arena, &opened, &err),
                         SL_OK);
        sl_preprocess_forward(&fitted, 1, x[7], a, NULL);
        sl_preprocess_forward(&opened, 1, x[7], b, NULL);
        assert_memory_equal(a, b, sizeof a);
        sl_arena_release(&arena);
    }
}

/* Mean and variance of each column of the training rows behind the list. */
static void
moments(const char *yaml, double mean[D], double var[D])
{
    struct sl_preprocessing fitted;
    struct sl_bundle parameters;
    struct sl_dataset data;
    struct sl_split split;
    struct sl_arena arena;
    struct sl_error err = {0};
    const struct sl_dataset *view;
    static double y[N][D];

    make(&data, &split);
    sl_arena_init(&arena);
    assert_int_equal(fit(yaml, &data, &arena, &parameters, &fitted, &err), SL_OK);
    view = sl_preprocess_view(&fitted, &data, true, &arena);
    sl_rows_gather_f64(view, split.rows, split.n, &y[0][0]);
    for (size_t j = 0; j < D; j++) {
        mean[j] = var[j] = 0;
        for (size_t i = 0; i < split.n; i++)
            mean[j] += y[i][j] / (double)split.n;
        for (size_t i = 0; i < split.n; i++)
            var[j] += (y[i][j] - mean[j]) * (y[i][j] - mean[j]) / (double)split.n;
    }
    sl_arena_release(&arena);
}

static void
steps_do_what_they_are_called(void **state)
{
    static const struct {
        const char *yaml;
        double slack;
    } cases[] = {
        {"preprocess: [standardise]", 1e-12},
        {"preprocess: [whiten]", 1e-9},
        {"preprocess: [quantile-normal]", 0.05},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double mean[D], var[D];

        moments(cases[i].yaml, mean, var);
        for (size_t j = 0; j < D; j++) {
            assert_true(fabs(mean[j]) < cases[i].slack);
            assert_true(fabs(var[j] - 1) < 2 * cases[i].slack);
        }
    }
}

/* Values worked by hand: 1, 2, 4, 9 and a gap. */
static void
small_columns_come_out_as_by_hand(void **state)
{
    static double column[] = {1, 2, 4, 9, GAP};
    static const uint32_t rows[] = {0, 1, 2, 3, 4};
    static const struct sl_split split = {"train", 5, rows};
    static const struct {
        const char *yaml;
        double want[5];
    } cases[] = {
        {"preprocess: [impute]", {1, 2, 4, 9, 4}},
        {"preprocess: [impute: {by: median}]", {1, 2, 4, 9, 3}},
        {"preprocess: [impute: {by: value, value: -7.5}]", {1, 2, 4, 9, -7.5}},
        {"preprocess: [min-max, impute: {by: value, value: 0.5}]",
         {0, 0.125, 0.375, 1, 0.5}},
        /* quantiles of 1, 2, 4, 9: 1.75, 3, 5.25 */
        {"preprocess: [robust, impute: {by: value}]",
         {-2 / 3.5, -1 / 3.5, 1 / 3.5, 6 / 3.5, 0}},
    };
    struct sl_dataset data = {.n = 5,
                              .d = 1,
                              .type = SL_F64,
                              .x = column,
                              .scale = 1,
                              .split_count = 1,
                              .splits = &split};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_preprocessing fitted;
        struct sl_bundle parameters;
        struct sl_error err = {0};
        struct sl_arena arena;
        double y[5];

        sl_arena_init(&arena);
        if (fit(cases[i].yaml, &data, &arena, &parameters, &fitted, &err))
            fail_msg("%s: %s", cases[i].yaml, err.text);
        sl_preprocess_forward(&fitted, 5, column, y, NULL);
        for (size_t k = 0; k < 5; k++)
            if (fabs(y[k] - cases[i].want[k]) > 1e-12)
                fail_msg("%s: %g, not %g", cases[i].yaml, y[k], cases[i].want[k]);
        sl_arena_release(&arena);
    }
}

/* Rows that were not fitted on: 1, 2 and 4 were. */
static void
clipped_columns_stay_within_their_bounds(void **state)
{
    static double column[] = {1, 2, 4, 9, -3.5, GAP};
    static const uint32_t rows[] = {0, 1, 2};
    static const struct sl_split split = {"train", 3, rows};
    static const double want[] = {-1, -1 / 3.0, 1, 1, -1, GAP};
    struct sl_dataset data = {.n = 6,
                              .d = 1,
                              .type = SL_F64,
                              .x = column,
                              .scale = 1,
                              .split_count = 1,
                              .splits = &split};
    struct sl_preprocessing fitted;
    struct sl_bundle parameters;
    struct sl_error err = {0};
    struct sl_arena arena;
    double y[6];

    (void)state;
    sl_arena_init(&arena);
    assert_int_equal(fit("preprocess: [min-max: {low: -1, clip: true}]", &data, &arena,
                         &parameters, &fitted, &err),
                     SL_OK);
    assert_false(fitted.volume);
    sl_preprocess_forward(&fitted, 6, column, y, NULL);
    for (size_t k = 0; k < 5; k++)
        assert_true(fabs(y[k] - want[k]) < 1e-15);
    assert_true(isnan(y[5]));
    sl_arena_release(&arena);
}

static void
gaps_and_constants_are_told_or_borne(void **state)
{
    static const uint32_t rows[] = {0, 1, 2, 3};
    static double with_gap[] = {1, 5, 2, 5, GAP, 5, 4, 5},
                  empty[] = {1, GAP, 2, GAP, 3, GAP, 4, GAP};
    const struct sl_split split = {"train", 4, rows};
    struct sl_dataset data = {.n = 4,
                              .d = 2,
                              .type = SL_F64,
                              .x = with_gap,
                              .scale = 1,
                              .split_count = 1,
                              .splits = &split};
    struct sl_preprocessing fitted;
    struct sl_bundle parameters;
    struct sl_error err = {0};
    struct sl_arena arena;
    double y[8];

    (void)state;
    sl_arena_init(&arena);
    assert_int_equal(
        fit("preprocess: [standardise]", &data, &arena, &parameters, &fitted, &err),
        SL_ERR_SHAPE);
    assert_non_null(strstr(err.text, "'column 1' of row 2"));
    assert_int_equal(fit("preprocess: [impute, standardise]", &data, &arena, &parameters,
                         &fitted, &err),
                     SL_OK);
    sl_preprocess_forward(&fitted, 4, with_gap, y, NULL);
    for (size_t i = 0; i < 4; i++)
        assert_true(y[2 * i + 1] == 0); /* the constant column */
    data.x = empty;
    assert_int_equal(
        fit("preprocess: [impute]", &data, &arena, &parameters, &fitted, &err),
        SL_ERR_SHAPE);
    assert_non_null(strstr(err.text, "'column 2' has no value"));
    sl_arena_release(&arena);
}

static void
threads_change_no_bit(void **state)
{
    struct sl_dataset data;
    struct sl_split split;
    struct sl_pool *pool;
    struct sl_error err = {0};

    (void)state;
    make(&data, &split);
    assert_int_equal(sl_pool_new(&pool, 4, &err), SL_OK);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct sl_bundle one, four;
        struct sl_preprocessing fitted;
        struct sl_arena arena;

        sl_arena_init(&arena);
        sl_bundle_init(&one, &arena);
        sl_bundle_init(&four, &arena);
        assert_int_equal(sl_preprocess_fit(parse(lists[i], &arena), &data, NULL, &arena,
                                           &one, &fitted, &err),
                         SL_OK);
        assert_int_equal(sl_preprocess_fit(parse(lists[i], &arena), &data, pool, &arena,
                                           &four, &fitted, &err),
                         SL_OK);
        assert_int_equal(one.n, four.n);
        for (size_t k = 0; k < one.n; k++)
            assert_memory_equal(one.items[k].tensor.data, four.items[k].tensor.data,
                                sl_tensor_bytes(&one.items[k].tensor));
        sl_arena_release(&arena);
    }
    sl_pool_free(pool);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_come_back_and_state_their_volume),
        cmocka_unit_test(steps_do_what_they_are_called),
        cmocka_unit_test(small_columns_come_out_as_by_hand),
        cmocka_unit_test(clipped_columns_stay_within_their_bounds),
        cmocka_unit_test(gaps_and_constants_are_told_or_borne),
        cmocka_unit_test(threads_change_no_bit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
