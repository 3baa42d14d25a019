/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/transform.h"

enum { BINS = 6, PARAMETERS = 3 * BINS - 1, KEPT_MOST = 16 };

static const struct sl_spline_config config = {BINS, 2.5, 0.01, 0.02, 0.05};

/* Parameters with some entropy, every time others. */
static void
draw(struct sl_stream *stream, double reach, double *u)
{
    for (size_t p = 0; p < PARAMETERS; p++)
        u[p] = reach * (2 * sl_stream_uniform(stream) - 1);
}

/* The knots by their definition: where widths or heights of u end. */
static void
knots_of(const double *u, double least, double *knots)
{
    double sum = 0, at = -config.box;

    for (size_t k = 0; k < BINS; k++)
        sum += exp(u[k]);
    for (size_t k = 0; k < BINS; k++) {
        knots[k] = at;
        at += 2 * config.box * (least + (1 - BINS * least) * exp(u[k]) / sum);
    }
    knots[BINS] = config.box;
}

static double
derivative_of(const double *u, size_t knot)
{
    double offset = log(expm1(1 - config.least_derivative));

    if (knot == 0 || knot == BINS)
        return 1;
    return config.least_derivative + log1p(exp(u[2 * BINS + knot - 1] + offset));
}

static double
map(const double *u, double x, double *slope)
{
    struct sl_transform t = sl_spline_transform_f64(&config);
    double y, own[PARAMETERS], kept[KEPT_MOST];
    struct sl_transform_map call = {1, 1, &x, own, &y, slope, kept};

    assert_true(t.kept <= KEPT_MOST);
    memcpy(own, u, sizeof own);
    t.class->forward(&t, &call);
    return y;
}

static void
knots_map_to_knots(void **state)
{
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 31, "test_spline", "u");
    for (int round = 0; round < 50; round++) {
        double u[PARAMETERS], x[BINS + 1], y[BINS + 1], slope;
        draw(&stream, 3, u);
        knots_of(u, config.least_width, x);
        knots_of(u + BINS, config.least_height, y);
        for (size_t k = 0; k <= BINS; k++) {
            assert_true(fabs(map(u, x[k], &slope) - y[k]) < 1e-12);
            assert_true(fabs(slope - log(derivative_of(u, k))) < 1e-9);
        }
    }
}

/* At the knots themselves, in either precision, and where the parameters are far out. */
static void
knots_stay_finite(void **state)
{
    static const double reaches[] = {1, 30, 1e3, 1e30};
    struct sl_transform t = sl_spline_transform_f32(&config);
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 32, "test_spline", "u");
    for (int round = 0; round < 80; round++) {
        double u[PARAMETERS], x[BINS + 1];
        draw(&stream, reaches[round % 4], u);
        knots_of(u, config.least_width, x);
        for (size_t k = 0; k <= BINS; k++) {
            float v[PARAMETERS], du[PARAMETERS], kept[KEPT_MOST], at = (float)x[k];
            float y, slope, dx;
            const float dy = 0.7f, dslope = -1.3f;
            struct sl_transform_map call = {1, 1, &at, v, &y, &slope, kept};
            struct sl_transform_gradient back = {1,   1,       &at, v, kept,
                                                 &dy, &dslope, &dx, du};
            if (!isfinite(x[k]))
                continue;
            for (size_t p = 0; p < PARAMETERS; p++)
                v[p] = (float)u[p];
            t.class->forward(&t, &call);
            t.class->backward(&t, &back);
            assert_true(isfinite(y) && isfinite(slope) && isfinite(dx));
            for (size_t p = 0; p < PARAMETERS; p++)
                assert_true(isfinite(du[p]));
        }
    }
}

static void
zeros_are_the_identity(void **state)
{
    const double u[PARAMETERS] = {0};

    (void)state;
    for (double x = -3.1; x < 3.2; x += 0.0613) {
        double slope;
        assert_true(fabs(map(u, x, &slope) - x) < 1e-14);
        assert_true(fabs(slope) < 1e-14);
    }
}

static void
it_rises_and_ends_as_the_identity(void **state)
{
    struct sl_stream stream;
    double u[PARAMETERS], slope, before = -9;

    (void)state;
    sl_stream_init(&stream, 33, "test_spline", "u");
    draw(&stream, 5, u);
    for (double x = -2.7; x < 2.7; x += 1e-3) {
        double y = map(u, x, &slope);
        assert_true(y > before);
        before = y;
    }
    assert_true(map(u, -2.51, &slope) == -2.51 && slope == 0);
    assert_true(map(u, 1e30, &slope) == 1e30 && slope == 0);
    assert_true(isnan(map(u, (double)NAN, &slope)));
}

/* Any number of values, each as if it were alone, on the way back too. */
enum { N = 71, PAD = 5, STRIDE = N + PAD };

struct values {
    float x[N], y[N], slope[N], dy[N], dslope[N], dx[N];
    float u[PARAMETERS * STRIDE], du[PARAMETERS * STRIDE], kept[KEPT_MOST * STRIDE];
};

static void
pass(size_t n, size_t stride, struct values *v)
{
    struct sl_transform t = sl_spline_transform_f32(&config);
    struct sl_transform_map map = {n, stride, v->x, v->u, v->y, v->slope, v->kept};
    struct sl_transform_gradient back = {n,     stride,    v->x,  v->u, v->kept,
                                         v->dy, v->dslope, v->dx, v->du};

    t.class->forward(&t, &map);
    t.class->backward(&t, &back);
}

static void
places_change_no_bit(void **state)
{
    static struct values all, one;
    static float u[PARAMETERS * STRIDE];
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 34, "test_spline", "u");
    for (size_t i = 0; i < N; i++) {
        all.x[i] = (float)(6 * sl_stream_uniform(&stream) - 3);
        all.dy[i] = (float)sl_stream_normal(&stream);
        all.dslope[i] = (float)sl_stream_normal(&stream);
    }
    for (size_t i = 0; i < sizeof u / sizeof *u; i++)
        u[i] = (float)sl_stream_normal(&stream);
    memcpy(all.u, u, sizeof u);
    pass(N, STRIDE, &all);
    for (size_t i = 0; i < N; i++) {
        one.x[0] = all.x[i];
        one.dy[0] = all.dy[i];
        one.dslope[0] = all.dslope[i];
        for (size_t p = 0; p < PARAMETERS; p++)
            one.u[p] = u[p * STRIDE + i];
        pass(1, 1, &one);
        assert_memory_equal(&one.y[0], &all.y[i], sizeof *one.y);
        assert_memory_equal(&one.slope[0], &all.slope[i], sizeof *one.slope);
        assert_memory_equal(&one.dx[0], &all.dx[i], sizeof *one.dx);
        for (size_t p = 0; p < PARAMETERS; p++)
            assert_memory_equal(&one.du[p], &all.du[p * STRIDE + i], sizeof *one.du);
    }
    for (size_t p = 0; p < PARAMETERS; p++)
        for (size_t i = N; i < STRIDE; i++) {
            assert_true(all.u[p * STRIDE + i] == u[p * STRIDE + i]);
            assert_true(all.du[p * STRIDE + i] == 0);
        }
}

static void
the_least_must_leave_something(void **state)
{
    struct sl_spline_config full = config;
    struct sl_error err = {0};

    (void)state;
    assert_int_equal(sl_spline_check(&full, &err), SL_OK);
    full.least_height = 1.0 / BINS;
    assert_int_equal(sl_spline_check(&full, &err), SL_ERR_SHAPE);
    assert_non_null(strstr(err.text, "'least_height'"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knots_map_to_knots),
        cmocka_unit_test(knots_stay_finite),
        cmocka_unit_test(zeros_are_the_identity),
        cmocka_unit_test(it_rises_and_ends_as_the_identity),
        cmocka_unit_test(places_change_no_bit),
        cmocka_unit_test(the_least_must_leave_something),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
