/* SPDX-License-Identifier: MIT */
/* The sample modules `bisection` and `draw`, on models whose maps are known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_step.h"
#include "modules/learn/steps.h"
#include "runner/parallel/pool.h"

extern const struct sl_module sample_bisection, sample_draw;

/* ---- models ------------------------------------------------------------------------- */

/* Increasing maps with a way back. */
struct law {
    double (*map)(double x);
    double (*back)(double z);
};

static double
line(double x)
{
    return 1.7 * x - 0.4;
}

static double
line_back(double z)
{
    return (z + 0.4) / 1.7;
}

static double
wave(double x)
{
    return sinh(1.3 * x);
}

static double
wave_back(double z)
{
    return asinh(z) / 1.3;
}

/* Reaches (-1, 2) alone. */
static double
short_reach(double x)
{
    return 0.5 + 1.5 * erf(2 * x);
}

static double
falling(double x)
{
    return -x;
}

static double
broken(double x)
{
    return x > 2 ? (double)NAN : x;
}

static const struct law straight = {line, line_back}, curved = {wave, wave_back},
                        bounded = {short_reach, NULL}, wrong = {falling, NULL},
                        nowhere = {broken, NULL};

static enum sl_status
forward(const struct sl_model *model, struct sl_pool *pool, size_t n, const double *x,
        double *z, double *log_det, struct sl_error *err)
{
    const struct law *law = model->state;

    (void)pool;
    (void)err;
    assert_null(log_det);
    for (size_t i = 0; i < n; i++)
        z[i] = law->map(x[i]);
    return SL_OK;
}

static enum sl_status
draw(const struct sl_model *model, struct sl_pool *pool, const struct sl_stream *stream,
     size_t n, double *x, struct sl_error *err)
{
    (void)pool;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        struct sl_stream own = sl_stream_at(stream, i);

        for (size_t j = 0; j < model->d; j++)
            x[i * model->d + j] = sl_stream_normal(&own) + (double)j;
    }
    if (model->state)
        x[17] = (double)INFINITY;
    return SL_OK;
}

static const struct sl_model_class class = {.forward = forward, .draw = draw};
static const struct sl_module maker = {.entry = {.name = "law"}, .model = &class};

static struct sl_model
model_of(const struct law *law)
{
    return (struct sl_model){
        .module = &maker, .d = 1, .scale = 1, .state = (void *)(uintptr_t)law};
}

/* ---- running ------------------------------------------------------------------------ */

static enum sl_status
run(const struct sl_module *module, const struct sl_model *model, const char *yaml,
    const struct sl_dataset *data, struct sl_step *step, struct sl_error *err)
{
    fake_step_init(step, "sample", 4, data);
    step->model = model;
    return module->run(step, fake_config(&module->entry, yaml, &step->arena), err);
}

static const struct sl_tensor *
recorded(const struct sl_step *step, const char *name)
{
    const struct sl_item *item = sl_bundle_find(&step->tensors, name);

    if (!item)
        fail_msg("no tensor '%s'", name);
    return &item->tensor;
}

static void
sample(const struct law *law, const char *yaml, struct sl_step *step)
{
    static struct sl_model model;
    struct sl_error err = {0};

    model = model_of(law);
    if (run(&sample_bisection, &model, yaml, NULL, step, &err))
        fail_msg("%s: %s", yaml, err.text);
}

/* ---- tests -------------------------------------------------------------------------- */

/* Within half of what is left of the bracket. */
static void
samples_map_to_their_z(void **state)
{
    static const struct law *const laws[] = {&straight, &curved};

    (void)state;
    for (size_t k = 0; k < 2; k++)
        for (int iterations = 1; iterations <= 40; iterations += 13) {
            struct sl_step step;
            char yaml[100];
            const double *x, *z;

            snprintf(yaml, sizeof yaml, "{count: 503, bracket: [-7, 9], iterations: %d}",
                     iterations);
            sample(laws[k], yaml, &step);
            x = recorded(&step, "samples")->data;
            z = recorded(&step, "z")->data;
            assert_int_equal(recorded(&step, "samples")->shape[0], 503);
            assert_int_equal(recorded(&step, "samples")->shape[1], 1);
            for (size_t i = 0; i < 503; i++)
                assert_true(fabs(x[i] - laws[k]->back(z[i])) <=
                            8 * pow(2, -iterations) + 1e-14);
            assert_true(fake_metric(&step, "out_of_reach") == 0);
            fake_step_release(&step);
        }
}

/* 1.63 / sqrt(5000) is passed once in a hundred draws; below 0.004 it would be too good. */
static void
samples_follow_the_model(void **state)
{
    struct sl_step step;
    double ks;

    (void)state;
    sample(&curved, "{}", &step);
    assert_int_equal(recorded(&step, "samples")->shape[0], 5000);
    ks = fake_metric(&step, "ks_model");
    assert_true(ks > 0.004 && ks < 0.023);
    fake_step_release(&step);
}

/* Of the base, (-1, 2) is reached: what lies outside is Phi(-1) + Phi(-2) = 0.1814. */
static const struct {
    const char *outside;
    double ks_low, ks_high;
} rules[] = {
    {"redraw", 0, 0.023},
    {"drop", 0, 0.023},
    {"clamp", 0.15, 0.17},
};

static void
what_is_out_of_reach(void **state)
{
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct sl_step step;
        const struct sl_tensor *x, *z;
        size_t outside = 0;
        double ks, missed;
        char yaml[60];

        snprintf(yaml, sizeof yaml, "outside: %s", rules[k].outside);
        sample(&bounded, yaml, &step);
        x = recorded(&step, "samples");
        z = recorded(&step, "z");
        missed = fake_metric(&step, "out_of_reach");
        assert_true(fabs(missed - 0.1814) < 5 * sqrt(0.1814 * 0.8186 / 5000));
        assert_int_equal(x->shape[0],
                         k == 1 ? 5000 - (size_t)lround(5000 * missed) : 5000);
        assert_int_equal(z->shape[0], x->shape[0]);
        for (size_t i = 0; i < x->shape[0]; i++) {
            double at = ((const double *)x->data)[i], base = ((const double *)z->data)[i];

            outside += base < -1 || base > 2;
            assert_true(at >= -3 && at <= 3);
            if (base < -1)
                assert_true(at < -3 + 1e-8);
            if (base > 2)
                assert_true(at > 3 - 1e-8);
        }
        assert_int_equal(outside, k == 2 ? (size_t)lround(5000 * missed) : 0);
        ks = fake_metric(&step, "ks_model");
        if (!(ks >= rules[k].ks_low && ks <= rules[k].ks_high))
            fail_msg("%s: %g", rules[k].outside, ks);
        fake_step_release(&step);
    }
}

/* A bracket that cuts off much of the model's own mass shows in ks_model: of z(x) in (-inf,
 * inf) the bracket [-0.5, 1] of the line keeps (-1.25, 1.3). */
static void
a_narrow_bracket_shows(void **state)
{
    struct sl_step step;

    (void)state;
    sample(&straight, "bracket: [-0.5, 1]", &step);
    assert_true(fabs(fake_metric(&step, "out_of_reach") - 0.2025) < 0.03);
    assert_true(fake_metric(&step, "ks_model") > 0.07);
    fake_step_release(&step);
}

static void
a_redraw_moves_no_other_point(void **state)
{
    struct sl_step one, two;
    const double *a, *b;
    size_t same = 0;

    (void)state;
    sample(&straight, "count: 400", &one);
    sample(&straight, "{count: 300, bracket: [-0.5, 1]}", &two);
    a = recorded(&one, "z")->data;
    b = recorded(&two, "z")->data;
    for (size_t i = 0; i < 300; i++) {
        bool inside = a[i] >= line(-0.5) && a[i] <= line(1);

        assert_true(!inside || a[i] == b[i]);
        same += a[i] == b[i];
    }
    assert_true(same > 150 && same < 300);
    fake_step_release(&one);
    fake_step_release(&two);
}

static const struct {
    const struct law *law;
    const char *yaml, *want;
} refused[] = {
    {&wrong, "{}", "does not increase on the bracket: f(-3) is 3, f(3) is -3"},
    {&nowhere, "{}", "does not increase on the bracket: f(-3) is -3, f(3) is nan"},
    {&straight, "{bracket: [8, 9]}",
     "none of 100000 draws of z lies between the images of the bracket's ends, 13.2 and "
     "14.9"},
};

static void
maps_that_cannot_be_searched(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct sl_model model = model_of(refused[i].law);
        struct sl_step step;
        struct sl_error err = {0};

        assert_int_equal(
            run(&sample_bisection, &model, refused[i].yaml, NULL, &step, &err),
            SL_ERR_NUMERIC);
        if (!strstr(err.text, refused[i].want))
            fail_msg("%s", err.text);
        fake_step_release(&step);
    }
}

static void
nothing_may_be_left(void **state)
{
    struct sl_step step;

    (void)state;
    sample(&straight, "{bracket: [8, 9], outside: drop, count: 50}", &step);
    assert_int_equal(recorded(&step, "samples")->shape[0], 0);
    assert_true(fake_metric(&step, "out_of_reach") == 1);
    assert_true(isnan(fake_metric(&step, "ks_model")));
    fake_step_release(&step);
}

static const struct {
    const char *yaml;
    size_t d;
    const char *want;
} checked[] = {
    {"count: 10", 1, ""},
    {"count: 10", 0, ""},
    {"bracket: [3, -3]", 1,
     "1:10 the bracket's low end, 3, is not below its high end, -3\n"},
    {"bracket: [1, 1]", 1,
     "1:10 the bracket's low end, 1, is not below its high end, 1\n"},
    {"bracket: [1, 2, 3]", 1,
     "1:10 a bracket has a low and a high end, this one 3 numbers\n"},
    {"count: 10", 784, "1:1 bisection samples one column; the data has 784\n"},
};

static void
mistakes_are_told_at_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
        struct sl_schema schema = {.d = checked[i].d};
        struct sl_arena arena;

        sl_arena_init(&arena);
        assert_string_equal(
            fake_check(&sample_bisection, checked[i].yaml, &schema, &arena),
            checked[i].want);
        sl_arena_release(&arena);
    }
}

/* ---- what sample stages tell -------------------------------------------------------- */

enum { ROWS = 600, D = 3 };

/* Splits of normal points: `train` and `test` as the model draws them, `far` beside. */
static void
fill(double *x, struct sl_split *splits, uint32_t *rows, struct sl_dataset *data)
{
    static const char *const names[] = {"train", "test", "far"};
    struct sl_stream stream;

    sl_stream_init(&stream, 21, "test", "data");
    for (size_t i = 0; i < 3 * ROWS; i++) {
        rows[i] = (uint32_t)i;
        for (size_t j = 0; j < D; j++)
            x[i * D + j] = 2 * (sl_stream_normal(&stream) + (double)j +
                                (i >= 2 * ROWS && j == 1 ? 2 : 0));
    }
    for (size_t k = 0; k < 3; k++)
        splits[k] = (struct sl_split){names[k], ROWS, rows + k * ROWS};
    *data = (struct sl_dataset){.n = (size_t)3 * ROWS,
                                .d = D,
                                .type = SL_F64,
                                .x = x,
                                .scale = 2,
                                .split_count = 3,
                                .splits = splits};
}

static void
samples_are_compared(void **state)
{
    static double x[3 * ROWS * D];
    static uint32_t rows[3 * ROWS];
    struct sl_split splits[3];
    struct sl_dataset data;
    struct sl_model model = model_of(NULL);
    struct sl_step step, far;
    struct sl_error err = {0};
    const double *by_column;

    (void)state;
    fill(x, splits, rows, &data);
    model.d = D;
    model.scale = 2;
    assert_int_equal(run(&sample_draw, &model, "count: 700", &data, &step, &err), SL_OK);
    assert_int_equal(
        run(&sample_draw, &model, "{count: 700, compare: far}", &data, &far, &err),
        SL_OK);
    assert_int_equal(recorded(&step, "samples")->shape[0], 700);
    assert_int_equal(recorded(&step, "samples")->shape[1], D);
    assert_true(fake_metric(&step, "ks") < 0.11 && fake_metric(&far, "ks") > 0.6);
    by_column = recorded(&far, "by_column_ks")->data;
    assert_true(by_column[1] == fake_metric(&far, "ks"));
    assert_true(by_column[0] < 0.11 && by_column[2] < 0.11);
    assert_true(fabs(fake_metric(&step, "nearer_to_train") - 0.5) < 0.1);
    assert_true(fake_metric(&far, "nearer_to_train") > 0.7);
    assert_true(fabs(fake_metric(&far, "gaussian_divergence") - 2) < 0.4);
    fake_step_release(&step);
    fake_step_release(&far);
}

static void
nothing_to_compare_with(void **state)
{
    static double x[3 * ROWS * D];
    static uint32_t rows[3 * ROWS];
    struct sl_split splits[3];
    struct sl_dataset data;
    struct sl_model model = model_of(NULL);
    struct sl_step step;
    struct sl_error err = {0};

    (void)state;
    fill(x, splits, rows, &data);
    model.d = D;
    data.split_count = 1;
    assert_int_equal(run(&sample_draw, &model, "count: 70", &data, &step, &err), SL_OK);
    assert_null(sl_bundle_find(&step.metrics, "ks"));
    fake_step_release(&step);

    data.split_count = 2;
    splits[0].name = "other";
    assert_int_equal(run(&sample_draw, &model, "count: 70", &data, &step, &err), SL_OK);
    assert_true(isnan(fake_metric(&step, "nearer_to_train")));
    assert_true(fake_metric(&step, "energy_distance") < 0.1);
    fake_step_release(&step);
}

static void
samples_of_images_keep_their_sides(void **state)
{
    struct sl_model model = model_of(NULL);
    struct sl_step step;
    struct sl_error err = {0};

    (void)state;
    model.d = 12;
    model.height = 3;
    model.width = 4;
    assert_int_equal(run(&sample_draw, &model, "count: 7", NULL, &step, &err), SL_OK);
    assert_int_equal(recorded(&step, "samples")->rank, 3);
    assert_int_equal(recorded(&step, "samples")->shape[1], 3);
    assert_int_equal(recorded(&step, "samples")->shape[2], 4);
    fake_step_release(&step);
}

static void
samples_are_finite(void **state)
{
    struct sl_model model = model_of(&straight);
    struct sl_step step;
    struct sl_error err = {0};

    (void)state;
    model.d = 5;
    assert_int_equal(run(&sample_draw, &model, "count: 7", NULL, &step, &err),
                     SL_ERR_NUMERIC);
    assert_string_equal(err.text, "column 2 of sample 3 is inf, not finite");
    fake_step_release(&step);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_map_to_their_z),
        cmocka_unit_test(samples_follow_the_model),
        cmocka_unit_test(what_is_out_of_reach),
        cmocka_unit_test(a_narrow_bracket_shows),
        cmocka_unit_test(a_redraw_moves_no_other_point),
        cmocka_unit_test(maps_that_cannot_be_searched),
        cmocka_unit_test(nothing_may_be_left),
        cmocka_unit_test(mistakes_are_told_at_their_place),
        cmocka_unit_test(samples_are_compared),
        cmocka_unit_test(nothing_to_compare_with),
        cmocka_unit_test(samples_of_images_keep_their_sides),
        cmocka_unit_test(samples_are_finite),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
