/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/layer.h"
#include "tests/unit/fake_step.h"

extern const struct sl_layer_class layer_mixture_cdf_f32, layer_mixture_cdf_f64;

enum { K = 3, PARAMETERS = 3 * K, ROWS = 23 };

/* Logits, means, logarithms of standard deviations. */
static const double theta_values[PARAMETERS] = {0.3, -0.7, 1.1, -1.2, 0.4,
                                                2.1, -0.5, 0.2, 0.1};

static const char *const forms[] = {"{components: 3}",
                                    "{components: 3, weights: softmax}"};

/* The layer in one precision, over n points. */
struct bench {
    struct sl_arena arena;
    struct sl_layer layer;
    bool f64, density;
    size_t n;
    void *x, *y, *kept, *dx, *dy, *theta, *dtheta, *log_det, *dlog_det;
};

static double
get(const struct bench *b, const void *array, size_t i)
{
    return b->f64 ? ((const double *)array)[i] : (double)((const float *)array)[i];
}

static void
set(const struct bench *b, void *array, size_t i, double value)
{
    if (b->f64)
        ((double *)array)[i] = value;
    else
        ((float *)array)[i] = (float)value;
}

static void *
room(struct bench *b, size_t count, double value)
{
    void *array = sl_arena_array(&b->arena, count, b->f64 ? 8 : 4);

    for (size_t i = 0; i < count; i++)
        set(b, array, i, value);
    return array;
}

static void
bench_init(struct bench *b, bool f64, const char *yaml, size_t n)
{
    const struct sl_layer_class *class =
        f64 ? &layer_mixture_cdf_f64 : &layer_mixture_cdf_f32;
    struct sl_error err = {0};

    *b = (struct bench){.f64 = f64, .n = n};
    sl_arena_init(&b->arena);
    b->layer = (struct sl_layer){
        .class = class,
        .config = fake_config(&class->entry, yaml, &b->arena),
        .in = 1,
    };
    assert_int_equal(class->shape(&b->layer, &err), SL_OK);
    assert_int_equal(b->layer.parameters, PARAMETERS);
    b->x = room(b, n, 0);
    b->y = room(b, n, -917.25);
    b->kept = room(b, b->layer.scratch + n * b->layer.kept, -917.25);
    b->dx = room(b, n, -917.25);
    b->dy = room(b, n, 0);
    b->theta = room(b, PARAMETERS, 0);
    b->dtheta = room(b, PARAMETERS, -917.25);
    b->log_det = room(b, n, 0);
    b->dlog_det = room(b, n, 0);
    for (size_t i = 0; i < PARAMETERS; i++)
        set(b, b->theta, i, theta_values[i]);
    for (size_t i = 0; i < n; i++) {
        set(b, b->x, i, 3.1 * sin(1.7 * (double)i + 0.4));
        set(b, b->dy, i, cos(2.3 * (double)i));
        set(b, b->dlog_det, i, sin(0.9 * (double)i + 1));
    }
}

static void
bench_release(struct bench *b)
{
    sl_arena_release(&b->arena);
}

static void
forward(struct bench *b)
{
    struct sl_pass pass = {.n = b->n,
                           .training = true,
                           .density = b->density,
                           .x = b->x,
                           .y = b->y,
                           .kept = b->kept,
                           .theta = b->theta,
                           .log_det = b->log_det};

    for (size_t i = 0; i < b->n; i++)
        set(b, b->log_det, i, 0.125);
    b->layer.class->forward(&b->layer, &pass);
}

static void
backward(struct bench *b)
{
    struct sl_pass pass = {.n = b->n,
                           .training = true,
                           .density = b->density,
                           .x = b->x,
                           .y = b->y,
                           .kept = b->kept,
                           .theta = b->theta,
                           .dy = b->density ? NULL : b->dy,
                           .dx = b->dx,
                           .dtheta = b->dtheta,
                           .dlog_det = b->dlog_det};

    b->layer.class->backward(&b->layer, &pass);
}

/* A point alone, and the same one among many, where it is part of a vector. */
static void
where_a_point_stands_does_not_matter(void **state)
{
    enum { MANY = 300 };
    static double want[MANY][3];

    (void)state;
    for (int kind = 0; kind < 8; kind++) {
        struct bench many, one;

        bench_init(&many, kind & 1, forms[kind >> 1 & 1], MANY);
        many.density = kind & 4;
        forward(&many);
        backward(&many);
        for (size_t i = 0; i < MANY; i++) {
            want[i][0] = get(&many, many.y, i);
            want[i][1] = get(&many, many.log_det, i);
            want[i][2] = get(&many, many.dx, i);
        }
        for (size_t i = 0; i < MANY; i += i < 40 ? 1 : 7) {
            bench_init(&one, kind & 1, forms[kind >> 1 & 1], 1);
            one.density = kind & 4;
            set(&one, one.x, 0, get(&many, many.x, i));
            set(&one, one.dy, 0, get(&many, many.dy, i));
            set(&one, one.dlog_det, 0, get(&many, many.dlog_det, i));
            forward(&one);
            backward(&one);
            assert_true(get(&one, one.y, 0) == want[i][0]);
            assert_true(get(&one, one.log_det, 0) == want[i][1]);
            assert_true(get(&one, one.dx, 0) == want[i][2]);
            bench_release(&one);
        }
        bench_release(&many);
    }
}

static double
objective(struct bench *b)
{
    double sum = 0;

    forward(b);
    for (size_t i = 0; i < b->n; i++) {
        sum += get(b, b->dlog_det, i) * get(b, b->log_det, i);
        if (!b->density)
            sum += get(b, b->dy, i) * get(b, b->y, i);
    }
    return sum;
}

static void
assert_gradient(struct bench *b, const char *by, void *values, const void *gradient,
                size_t count)
{
    const double step = 1e-5;

    for (size_t i = 0; i < count; i++) {
        double at = get(b, values, i), above, below, want, got = get(b, gradient, i);
        set(b, values, i, at + step);
        above = objective(b);
        set(b, values, i, at - step);
        below = objective(b);
        set(b, values, i, at);
        want = (above - below) / (2 * step);
        if (!(fabs(got - want) <= 1e-7 * fmax(1, fabs(want))))
            fail_msg("gradient by %s[%zu] is %.12g, by differences %.12g", by, i, got,
                     want);
    }
}

/* Both forms, by way of y and stating the density; more points than a block has, and
 * some that are left over. */
static void
gradients_are_those_of_central_differences(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        for (size_t n = 1; n < 400; n += 77) {
            struct bench b;
            bench_init(&b, true, forms[k / 2], n);
            b.density = k % 2;
            forward(&b);
            backward(&b);
            assert_gradient(&b, "theta", b.theta, b.dtheta, PARAMETERS);
            assert_gradient(&b, "x", b.x, b.dx, n < 20 ? n : 20);
            bench_release(&b);
        }
    }
}

/* By 50-digit arithmetic. */
static const struct {
    double x, z[2], log_slope[2]; /* of exp; of softmax, ln f */
} references[] = {
    {-50,
     {-2.42530506765692287, -41.3191929783635086},
     {-853.179022602149436, -854.758127100282172}},
    {50,
     {2.42530506765692287, 40.6650958217694731},
     {-826.366220760723864, -827.9453252588566}},
    {0.7,
     {-0.471866117370028443, -0.246312273276826689},
     {-0.430676037333694916, -2.00978053546643078}},
};
enum { REFERENCES = 3 };

static double
log_phi(double z)
{
    return -z * z / 2 - 0.91893853320467274178;
}

static void
assert_close(double got, double want, double relative, const char *what)
{
    if (!(fabs(got - want) <= relative * fmax(1, fabs(want))))
        fail_msg("%s is %.17g, not %.17g", what, got, want);
}

/* At x = +-50 the densities themselves have left float32, and a tail float64's digits. */
static void
values_are_exact_and_finite_far_out(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 8; k++) {
        bool softmax = k & 1, f64 = k & 2, density = k & 4;
        double bound = f64 ? 4e-15 : 1e-6;
        struct bench b;
        bench_init(&b, f64, forms[softmax], REFERENCES);
        b.density = density;
        for (size_t i = 0; i < REFERENCES; i++)
            set(&b, b.x, i, (double)(float)references[i].x);
        forward(&b);
        backward(&b);
        for (size_t i = 0; i < REFERENCES; i++) {
            double z = references[i].z[softmax], want = references[i].log_slope[softmax];
            bool exact = f64 && references[i].x == 0.7; /* 0.7 is no float32 */
            double scale = fmax(1, fabs(want));         /* there are digits of ln f */
            want += density == softmax ? 0 : density ? log_phi(z) : -log_phi(z);
            assert_close(get(&b, b.log_det, i) - 0.125, want,
                         exact ? 1e-7 : bound * scale, "log_det");
            if (!density)
                assert_close(get(&b, b.y, i), z, exact ? 1e-7 : bound, "z");
            assert_true(isfinite(get(&b, b.dx, i)));
        }
        for (size_t i = 0; i < PARAMETERS; i++)
            assert_true(isfinite(get(&b, b.dtheta, i)));
        bench_release(&b);
    }
}

/* What is stated is what y and log_det come to. */
static void
the_density_is_that_of_z_and_its_slope(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct bench a, b;
        bench_init(&a, true, forms[k], ROWS);
        bench_init(&b, true, forms[k], ROWS);
        b.density = true;
        forward(&a);
        forward(&b);
        for (size_t i = 0; i < ROWS; i++)
            assert_close(get(&b, b.log_det, i),
                         get(&a, a.log_det, i) + log_phi(get(&a, a.y, i)), 1e-14,
                         "density");
        bench_release(&a);
        bench_release(&b);
    }
}

static void
float32_is_near_float64(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct bench a, b;
        bench_init(&a, false, forms[k / 2], 301);
        bench_init(&b, true, forms[k / 2], 301);
        a.density = b.density = k % 2;
        for (size_t i = 0; i < a.n; i++)
            set(&b, b.x, i, get(&a, a.x, i));
        forward(&a);
        forward(&b);
        backward(&a);
        backward(&b);
        for (size_t i = 0; i < a.n; i++) {
            if (!a.density)
                assert_close(get(&a, a.y, i), get(&b, b.y, i), 2e-6, "y");
            assert_close(get(&a, a.log_det, i), get(&b, b.log_det, i), 3e-6, "log_det");
            assert_close(get(&a, a.dx, i), get(&b, b.dx, i), 1e-5, "dx");
        }
        for (size_t i = 0; i < PARAMETERS; i++)
            assert_close(get(&a, a.dtheta, i), get(&b, b.dtheta, i), 2e-5, "dtheta");
        bench_release(&a);
        bench_release(&b);
    }
}

static void
invert(struct bench *b, double tolerance)
{
    struct sl_inverse call = {.n = b->n, .y = b->y, .theta = b->theta, .x = b->dx};
    struct sl_error err = {0};

    if (b->layer.class->inverse(&b->layer, &call, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < b->n; i++)
        assert_close(get(b, b->dx, i), get(b, b->x, i), tolerance, "inverse");
}

static void
inverse_is_the_way_back(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct bench b;
        bench_init(&b, k % 2, forms[k / 2], ROWS);
        forward(&b);
        invert(&b, b.f64 ? 1e-12 : 2e-5);
        bench_release(&b);
    }
}

/* All of R comes from somewhere in the softmax form: 40 standard deviations out. */
static void
the_softmax_form_reaches_all_of_r(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, true, forms[1], 401);
    for (size_t i = 0; i < b.n; i++)
        set(&b, b.x, i, 0.25 * ((double)i - 200));
    forward(&b);
    for (size_t i = 1; i < b.n; i++)
        assert_true(get(&b, b.y, i) > get(&b, b.y, i - 1));
    invert(&b, 1e-12);
    bench_release(&b);
}

static void
what_is_out_of_reach_is_refused(void **state)
{
    const double beyond[] = {2.4253051, -2.4253051, 1e9, (double)NAN};
    struct sl_error err = {0};
    struct bench b;

    (void)state;
    bench_init(&b, true, forms[0], 1);
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        struct sl_inverse call = {.n = 1, .y = &beyond[i], .theta = b.theta, .x = b.dx};
        assert_int_equal(b.layer.class->inverse(&b.layer, &call, &err), SL_ERR_NUMERIC);
    }
    bench_release(&b);
}

static void
it_takes_one_column(void **state)
{
    struct sl_error err = {0};
    struct bench b;

    (void)state;
    bench_init(&b, true, forms[0], 1);
    b.layer.in = 2;
    assert_int_equal(b.layer.class->shape(&b.layer, &err), SL_ERR_SHAPE);
    assert_string_equal(err.text, "it maps 1 column, not 2");
    bench_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_a_point_stands_does_not_matter),
        cmocka_unit_test(gradients_are_those_of_central_differences),
        cmocka_unit_test(values_are_exact_and_finite_far_out),
        cmocka_unit_test(the_density_is_that_of_z_and_its_slope),
        cmocka_unit_test(float32_is_near_float64),
        cmocka_unit_test(inverse_is_the_way_back),
        cmocka_unit_test(the_softmax_form_reaches_all_of_r),
        cmocka_unit_test(what_is_out_of_reach_is_refused),
        cmocka_unit_test(it_takes_one_column),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
