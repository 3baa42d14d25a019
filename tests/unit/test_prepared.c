/* SPDX-License-Identifier: MIT */
/* A model behind preprocessing is asked for raw rows, and answers in their units. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_step.h"
#include "runner/pipeline/prepared.h"

enum { N = 200, D = 2 };
#define PI 3.14159265358979323846

static double x[N][D];
static uint32_t ids[N];

/* ---- a model that is the standard normal distribution -------------------------------- */

static double
log_normal(const double *z)
{
    return -0.5 * (z[0] * z[0] + z[1] * z[1]) - log(2 * PI);
}

static enum sl_status
score(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
      size_t kind, double *out, struct sl_error *err)
{
    (void)model;
    (void)step;
    (void)err;
    for (size_t i = 0; i < rows->n; i++) {
        double z[D];

        sl_rows_gather_f64(rows->data, rows->ids + i, 1, z);
        out[i] = kind == 0 ? -log_normal(z) : z[0];
    }
    return SL_OK;
}

static enum sl_status
reconstruct(const struct sl_model *model, struct sl_step *step,
            const struct sl_rows *rows, float *out, struct sl_error *err)
{
    (void)model;
    (void)step;
    (void)err;
    sl_rows_gather_f32(rows->data, rows->ids, rows->n, out);
    return SL_OK;
}

static enum sl_status
log_density(const struct sl_model *model, struct sl_pool *pool, size_t n, const double *z,
            double *log_p, struct sl_error *err)
{
    (void)model;
    (void)pool;
    (void)err;
    for (size_t i = 0; i < n; i++)
        log_p[i] = log_normal(z + D * i);
    return SL_OK;
}

/* The map to the base is a doubling, to tell it from the preprocessing. */
static enum sl_status
forward(const struct sl_model *model, struct sl_pool *pool, size_t n, const double *z,
        double *base, double *log_det, struct sl_error *err)
{
    (void)model;
    (void)pool;
    (void)err;
    for (size_t i = 0; i < n * D; i++)
        base[i] = 2 * z[i];
    for (size_t i = 0; log_det && i < n; i++)
        log_det[i] = D * log(2);
    return SL_OK;
}

static enum sl_status
inverse(const struct sl_model *model, struct sl_pool *pool, size_t n, const double *base,
        double *z, struct sl_error *err)
{
    (void)model;
    (void)pool;
    (void)err;
    for (size_t i = 0; i < n * D; i++)
        z[i] = base[i] / 2;
    return SL_OK;
}

static enum sl_status
draw(const struct sl_model *model, struct sl_pool *pool, const struct sl_stream *stream,
     size_t n, double *z, struct sl_error *err)
{
    (void)model;
    (void)pool;
    (void)stream;
    (void)err;
    for (size_t i = 0; i < n * D; i++)
        z[i] = 0;
    return SL_OK;
}

static const struct sl_score_kind scores[] = {
    {.name = "negative-log-likelihood"}, {.name = "first"}, SL_SCORE_END};
static const struct sl_model_class class = {
    .scores = scores,
    .densities = 1,
    .score = score,
    .reconstruct = reconstruct,
    .log_density = log_density,
    .forward = forward,
    .inverse = inverse,
    .draw = draw,
};
static const struct sl_module module = {.entry = {.name = "normal"}, .model = &class};

/* ---- behind a list --------------------------------------------------------------------- */

struct list {
    struct sl_choice_list preprocess;
};
static const struct sl_field fields[] = {
    SL_PREPROCESS_FIELD(struct list, preprocess),
    SL_FIELD_END,
};

struct desk {
    struct sl_arena arena;
    struct sl_dataset data;
    struct sl_split split;
    struct sl_bundle parameters;
    struct sl_preprocessing fitted;
    struct sl_model inner;
    const struct sl_model *model;
};

static void
lay(struct desk *desk, const char *yaml)
{
    static const struct sl_entry entry = {
        .name = "list", .fields = fields, .config_size = sizeof(struct list)};
    const struct sl_choice_list *list;
    struct sl_stream stream;
    struct sl_error err = {0};

    sl_arena_init(&desk->arena);
    sl_stream_init(&stream, 3, "test", "rows");
    for (size_t i = 0; i < N; i++) {
        ids[i] = (uint32_t)i;
        x[i][0] = 2.385 + 0.2 * sl_stream_normal(&stream);
        x[i][1] = -1.7 + 3.1 * sl_stream_normal(&stream) + x[i][0];
    }
    desk->split = (struct sl_split){"train", N, ids};
    desk->data = (struct sl_dataset){.n = N,
                                     .d = D,
                                     .type = SL_F64,
                                     .x = x,
                                     .scale = 1,
                                     .split_count = 1,
                                     .splits = &desk->split};
    list = sl_preprocess_list(fields, fake_config(&entry, yaml, &desk->arena));
    sl_bundle_init(&desk->parameters, &desk->arena);
    if (sl_preprocess_fit(list, &desk->data, NULL, &desk->arena, &desk->parameters,
                          &desk->fitted, &err))
        fail_msg("%s", err.text);
    desk->inner = (struct sl_model){.module = &module, .d = desk->fitted.out, .scale = 1};
    desk->model = sl_prepared_model(&(struct sl_model){.module = &module, .d = D},
                                    &desk->inner, &desk->fitted, &desk->arena);
}

/* A normal distribution that is fitted by mean and covariance: whitening makes rows standard
 * normal, so the density behind it is known. */
static void
densities_are_in_the_units_of_the_rows(void **state)
{
    double mean[D] = {0}, c[3] = {0}, log_p[N], nll[N], first[N], det;
    struct desk desk;
    struct sl_rows rows;
    struct sl_error err = {0};

    (void)state;
    lay(&desk, "preprocess: [whiten]");
    rows = (struct sl_rows){&desk.data, ids, N};
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            mean[j] += x[i][j] / N;
    for (size_t i = 0; i < N; i++) {
        double a = x[i][0] - mean[0], b = x[i][1] - mean[1];

        c[0] += a * a / N;
        c[1] += a * b / N;
        c[2] += b * b / N;
    }
    det = c[0] * c[2] - c[1] * c[1];
    assert_int_equal(desk.model->module->model->log_density(desk.model, NULL, N, &x[0][0],
                                                            log_p, &err),
                     SL_OK);
    assert_int_equal(
        desk.model->module->model->score(desk.model, NULL, &rows, 0, nll, &err), SL_OK);
    assert_int_equal(
        desk.model->module->model->score(desk.model, NULL, &rows, 1, first, &err), SL_OK);
    for (size_t i = 0; i < N; i++) {
        double a = x[i][0] - mean[0], b = x[i][1] - mean[1];
        double square = (c[2] * a * a - 2 * c[1] * a * b + c[0] * b * b) / det;
        double want = -0.5 * square - 0.5 * log(det) - log(2 * PI);

        assert_true(fabs(log_p[i] - want) < 1e-9);
        assert_true(fabs(nll[i] + want) < 1e-9);
        assert_true(fabs(first[i]) < 5); /* no density: left as it is */
    }
    sl_arena_release(&desk.arena);
}

static void
maps_go_through_and_come_back(void **state)
{
    struct desk desk;
    const struct sl_model_class *has;
    struct sl_error err = {0};
    double base[N][D], back[N][D], log_det[N], drawn[D];
    float made[N][D];
    struct sl_rows rows;

    (void)state;
    lay(&desk, "preprocess: [standardise, min-max]");
    has = desk.model->module->model;
    rows = (struct sl_rows){&desk.data, ids, N};
    assert_int_equal(
        has->forward(desk.model, NULL, N, &x[0][0], &base[0][0], log_det, &err), SL_OK);
    assert_int_equal(has->inverse(desk.model, NULL, N, &base[0][0], &back[0][0], &err),
                     SL_OK);
    assert_int_equal(has->reconstruct(desk.model, NULL, &rows, &made[0][0], &err), SL_OK);
    assert_int_equal(has->draw(desk.model, NULL, NULL, 1, drawn, &err), SL_OK);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++) {
            assert_true(base[i][j] >= -1e-12 && base[i][j] <= 2 + 1e-12);
            assert_true(fabs(back[i][j] - x[i][j]) < 1e-12 * (1 + fabs(x[i][j])));
            assert_true(fabs((double)made[i][j] - x[i][j]) < 1e-5);
            assert_true(drawn[j] <= x[i][j] + 1e-12); /* 0 is the least of each column */
        }
    for (size_t i = 1; i < N; i++)
        assert_true(log_det[i] == log_det[0]);
    sl_arena_release(&desk.arena);
}

static void
what_has_no_volume_has_no_density(void **state)
{
    struct desk desk;
    const struct sl_model_class *has;

    (void)state;
    lay(&desk, "preprocess: [whiten: {components: 1}]");
    has = desk.model->module->model;
    assert_null(has->log_density);
    assert_null(has->forward);
    assert_non_null(has->score);
    assert_string_equal(desk.model->module->entry.name, "normal");
    sl_arena_release(&desk.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(densities_are_in_the_units_of_the_rows),
        cmocka_unit_test(maps_go_through_and_come_back),
        cmocka_unit_test(what_has_no_volume_has_no_density),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
