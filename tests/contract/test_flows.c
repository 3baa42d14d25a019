/* SPDX-License-Identifier: MIT */
/*
 * What every layer of a flow has to keep, in float64: its inverse, its log-determinant
 * against that of a numeric Jacobian, its gradients by central differences, through the
 * log-determinant too; and what float32, threads and far points must not spoil.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/tensor/linalg.h"
#include "tests/contract/flow_bench.h"

/* Layers with configurations and columns to try them on. far: how large a value may be
 * that still has a finite image and finite gradients. wide: any number of columns will do.
 * from: where x is drawn, such that it falls inside and outside of boxes. */
#define AROUND                                                                           \
    {                                                                                    \
        -2.6, 2.6                                                                        \
    }
static const struct flow_case {
    const char *layer, *yaml;
    size_t d;
    double far;
    bool wide;
    struct flow_range from;
} cases[] = {
    {"mixture-cdf", "{components: 3}", 1, 50, false, AROUND},
    {"mixture-cdf", "{components: 4, weights: softmax}", 1, 50, false, AROUND},
    {"affine-coupling", "{hidden: [9, 7], activation: tanh}", 2, 1e3, true, AROUND},
    {"affine-coupling", "{set: odd, hidden: [11], activation: tanh, s_max: 1.5}", 5, 1e30,
     true, AROUND},
    {"affine-coupling", "{set: random, seed: 7, hidden: [], s_max: 0.7}", 6, 1e30, true,
     AROUND},
    {"affine-coupling", "{set: [0, 3, 4], hidden: [13], s_max: 3}", 7, 1e30, false,
     AROUND},
    {"spline-coupling", "{hidden: [8], activation: tanh}", 2, 1e30, true, AROUND},
    {"spline-coupling", "{set: first-half, hidden: [10, 6], bins: 5, box: 1.7}", 5, 1e30,
     true, AROUND},
    {"spline-coupling", "{set: [4, 1], hidden: [], bins: 1, box: 2}", 6, 1e30, false,
     AROUND},
    {"spline-coupling",
     "{set: odd, hidden: [12], activation: tanh, bins: 19, box: 2.5, least_width: 0.02,"
     " least_height: 0.03, least_derivative: 0.1}",
     4, 1e30, true, AROUND},
    {"autoregressive", "{hidden: [9], activation: tanh}", 1, 1e3, false, AROUND},
    {"autoregressive", "{hidden: [12, 10], activation: tanh}", 4, 1e3, true, AROUND},
    {"autoregressive", "{hidden: [17], s_max: 2}", 5, 1e30, true, AROUND},
    {"autoregressive", "{transform: spline, hidden: [11, 9], activation: tanh}", 3, 1e30,
     true, AROUND},
    {"autoregressive", "{transform: spline, hidden: [15], bins: 4, box: 1.5}", 6, 1e30,
     false, AROUND},
    {"affine-coupling", "{hidden: [9, 7], activation: gelu, s_max: 2}", 4, 1e30, true,
     AROUND},
    {"spline-coupling", "{hidden: [8, 5], activation: silu}", 3, 1e30, true, AROUND},
    {"autoregressive", "{hidden: [12, 10], activation: softplus, s_max: 2}", 4, 1e30,
     true, AROUND},
    {"autoregressive", "{hidden: [9], activation: {elu: {alpha: 0.8}}, s_max: 1}", 3,
     1e30, true, AROUND},
    {"act-norm", "", 3, 1e30, true, AROUND},
    {"lu-linear", "", 4, 1e30, true, AROUND},
    {"lu-linear", "{start: rotation, seed: 5}", 6, 1e30, true, AROUND},
    {"permutation", "", 3, 1e30, true, AROUND},
    {"permutation", "{order: random, seed: 3}", 6, 1e30, true, AROUND},
    {"permutation", "{order: [2, 0, 3, 1]}", 4, 1e30, false, AROUND},
    {"logit", "", 3, 1e30, true, {0.03, 0.97}},
    {"logit", "{alpha: 0.05}", 4, 1e30, true, {-0.3, 1.3}},
    {"standardise", "", 3, 1e30, true, AROUND},
    {"dequantise", "{evaluation: middle}", 3, 1e30, true, AROUND},
    {"dequantise", "{levels: 5, top: 4, evaluation: middle}", 4, 1e30, true, AROUND},
};
#define CASES (sizeof cases / sizeof *cases)

static void
open_bench(struct flow_bench *b, const struct flow_case *c, bool f64, size_t n)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_FLOW_LAYER, c->layer);

    assert_non_null(row);
    flow_bench_init(b, row, c->yaml, f64, n, c->d, c->from);
}

#define FAIL(c, ...)                                                                     \
    do {                                                                                 \
        print_error("%s %s, %zu columns: ", (c)->layer, (c)->yaml, (c)->d);              \
        fail_msg(__VA_ARGS__);                                                           \
    } while (0)

static void
each_case(void (*check)(const struct flow_case *c))
{
    for (size_t i = 0; i < CASES; i++)
        check(&cases[i]);
}

static void
every_layer_of_a_flow_is_tried(void **state)
{
    size_t flows = 0;

    (void)state;
    for (size_t i = 0; i < sl_builtin.n; i++) {
        const struct sl_row *row = &sl_builtin.rows[i];
        const struct sl_layer_class *class = (const struct sl_layer_class *)row->as[0];
        size_t k = 0;
        if (row->table != SL_FLOW_LAYER)
            continue;
        while (k < CASES && strcmp(cases[k].layer, class->entry.name) != 0)
            k++;
        if (k == CASES)
            fail_msg("flow layer '%s' has no configuration here", class->entry.name);
        assert_non_null(class->inverse);
        assert_non_null(row->as[1]);
        flows++;
    }
    assert_true(flows >= 10);
}

/* ---- inverse ------------------------------------------------------------------------- */

static void
check_inverse(const struct flow_case *c)
{
    struct flow_bench b;
    double *back;

    open_bench(&b, c, true, 300);
    back = sl_arena_array(&b.arena, b.n * b.d, sizeof *back);
    flow_forward(&b, NULL);
    flow_inverse(&b, back);
    for (size_t i = 0; i < b.n * b.d; i++)
        if (!(fabs(back[i] - flow_get(&b, b.x, i)) <= 1e-7))
            FAIL(c, "inverse(forward(x)) is %.12g, x %.12g", back[i],
                 flow_get(&b, b.x, i));
    flow_bench_release(&b);
}

static void
inverse_of_forward_is_x(void **state)
{
    (void)state;
    each_case(check_inverse);
}

/* ---- log-determinant ----------------------------------------------------------------- */

/* The Jacobian of row i by central differences: row j of it is dy_j. */
static void
numeric_jacobian(const struct flow_bench *b, size_t i, double *jacobian)
{
    const double step = 1e-6;
    double *x = (double *)b->x + i * b->d;
    const double *y = (const double *)b->y + i * b->d;

    for (size_t k = 0; k < b->d; k++) {
        double at = x[k];
        x[k] = at + step;
        flow_forward(b, NULL);
        for (size_t j = 0; j < b->d; j++)
            jacobian[j * b->d + k] = y[j];
        x[k] = at - step;
        flow_forward(b, NULL);
        for (size_t j = 0; j < b->d; j++)
            jacobian[j * b->d + k] = (jacobian[j * b->d + k] - y[j]) / (2 * step);
        x[k] = at;
    }
}

static void
check_log_det(const struct flow_case *c)
{
    struct flow_bench b;
    struct sl_error err = {0};
    double *jacobian;

    open_bench(&b, c, true, 12);
    jacobian = sl_arena_array(&b.arena, b.d * b.d, sizeof *jacobian);
    for (size_t i = 0; i < b.n; i++) {
        double stated, numeric;
        int sign;
        numeric_jacobian(&b, i, jacobian);
        flow_forward(&b, NULL);
        stated = flow_get(&b, b.log_det, i);
        assert_int_equal(sl_lu_log_det(b.d, jacobian, &numeric, &sign, &err), SL_OK);
        if (!(fabs(stated - numeric) <= 1e-6 * (double)b.d))
            FAIL(c, "log_det of row %zu is %.12g, of its Jacobian %.12g", i, stated,
                 numeric);
    }
    flow_bench_release(&b);
}

static void
log_det_is_that_of_the_jacobian(void **state)
{
    (void)state;
    each_case(check_log_det);
}

/* It is added to what is there. */
static void
check_log_det_adds(const struct flow_case *c)
{
    struct flow_bench b;
    struct sl_pass pass = {0};
    double *log_det;

    open_bench(&b, c, true, 4);
    log_det = sl_arena_array(&b.arena, b.n, sizeof *log_det);
    flow_forward(&b, NULL);
    pass.n = b.n;
    pass.x = b.x;
    pass.y = b.y;
    pass.kept = b.kept;
    pass.theta = b.theta;
    pass.log_det = log_det;
    for (size_t i = 0; i < b.n; i++)
        log_det[i] = 31.5;
    b.layer.class->forward(&b.layer, &pass);
    for (size_t i = 0; i < b.n; i++)
        assert_true(fabs(log_det[i] - 31.5 - flow_get(&b, b.log_det, i)) < 1e-12);
    flow_bench_release(&b);
}

static void
log_det_is_added(void **state)
{
    (void)state;
    each_case(check_log_det_adds);
}

/* ---- gradients ----------------------------------------------------------------------- */

static double
root_mean_square(const double *x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sqrt(sum / (double)(n ? n : 1));
}

/* Relative to the value, or, for those that nearly vanish, to what is usual among them. */
static void
compare_gradient(const struct flow_case *c, const struct flow_bench *b, const char *by,
                 double *values, const double *gradient, size_t count)
{
    double usual = root_mean_square(gradient, count);

    for (size_t i = 0; i < count; i++) {
        const double step = 1e-5;
        double at = values[i], above, below, want;
        values[i] = at + step;
        above = flow_loss(b);
        values[i] = at - step;
        below = flow_loss(b);
        values[i] = at;
        want = (above - below) / (2 * step);
        if (!(fabs(gradient[i] - want) <= 1e-6 * fmax(usual, fabs(want))))
            FAIL(c, "gradient by %s[%zu] is %.12g, by differences %.12g", by, i,
                 gradient[i], want);
    }
}

static void
check_gradients(const struct flow_case *c)
{
    struct flow_bench b;

    open_bench(&b, c, true, 4);
    b.training = true;
    flow_forward(&b, NULL);
    flow_backward(&b, NULL);
    compare_gradient(c, &b, "x", b.x, b.dx, b.n * b.d);
    if (!b.layer.class->settled)
        compare_gradient(c, &b, "theta", b.theta, b.dtheta, b.layer.parameters);
    for (size_t i = 0; b.layer.class->settled && i < b.layer.parameters; i++)
        assert_true(flow_get(&b, b.dtheta, i) == 0);
    flow_bench_release(&b);
}

static void
gradients_are_those_of_central_differences(void **state)
{
    (void)state;
    each_case(check_gradients);
}

/* ---- float32 ------------------------------------------------------------------------- */

static void
compare(const struct flow_case *c, const struct flow_bench *a, const void *x,
        const struct flow_bench *b, const void *y, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++) {
        double got = flow_get(a, x, i), want = flow_get(b, y, i);
        if (!(fabs(got - want) <= 1e-4 * fmax(1, fabs(want))))
            FAIL(c, "float32 %s[%zu] is %.9g, float64 %.9g", what, i, got, want);
    }
}

static void
check_precisions(const struct flow_case *c)
{
    struct flow_bench a, b;

    open_bench(&a, c, false, 7);
    open_bench(&b, c, true, 7);
    a.training = b.training = true;
    flow_forward(&a, NULL);
    flow_forward(&b, NULL);
    flow_backward(&a, NULL);
    flow_backward(&b, NULL);
    assert_int_equal(a.layer.parameters, b.layer.parameters);
    compare(c, &a, a.y, &b, b.y, a.n * a.d, "y");
    compare(c, &a, a.log_det, &b, b.log_det, a.n, "log_det");
    compare(c, &a, a.dx, &b, b.dx, a.n * a.d, "dx");
    compare(c, &a, a.dtheta, &b, b.dtheta, a.layer.parameters, "dtheta");
    flow_bench_release(&a);
    flow_bench_release(&b);
}

static void
float32_is_near_float64(void **state)
{
    (void)state;
    each_case(check_precisions);
}

/* z that x in reach maps to, back in float64, x rounded, and forward in float32. */
static void
check_float32_inverse(const struct flow_case *c)
{
    struct flow_bench a, b;
    double *x;

    open_bench(&a, c, false, 100);
    open_bench(&b, c, true, 100);
    x = sl_arena_array(&b.arena, b.n * b.d, sizeof *x);
    flow_forward(&b, NULL);
    for (size_t i = 0; i < b.n * b.d; i++)
        flow_set(&b, b.y, i, (double)(float)flow_get(&b, b.y, i));
    flow_inverse(&b, x);
    for (size_t i = 0; i < b.n * b.d; i++)
        flow_set(&a, a.x, i, x[i]);
    flow_forward(&a, NULL);
    compare(c, &a, a.y, &b, b.y, a.n * a.d, "forward(inverse(z))");
    flow_bench_release(&a);
    flow_bench_release(&b);
}

static void
float32_forward_undoes_the_inverse(void **state)
{
    (void)state;
    each_case(check_float32_inverse);
}

/* ---- threads, places, far points ----------------------------------------------------- */

static struct sl_pool *four;

static void
same_bytes(const struct flow_bench *a, const struct flow_bench *b)
{
    assert_memory_equal(a->y, b->y, a->n * a->d * a->real);
    assert_memory_equal(a->log_det, b->log_det, a->n * a->real);
    assert_memory_equal(a->dtheta, b->dtheta, a->layer.parameters * a->real);
}

/* Enough rows and columns that the work is cut. */
static void
check_threads(const struct flow_case *c)
{
    struct flow_case big = *c;

    big.d = c->wide ? 131 : c->d;
    for (int f64 = 0; f64 < 2; f64++) {
        struct flow_bench a, b;
        open_bench(&a, &big, f64, 1027);
        open_bench(&b, &big, f64, 1027);
        a.training = b.training = true;
        flow_forward(&a, NULL);
        flow_backward(&a, NULL);
        flow_forward(&b, four);
        flow_backward(&b, four);
        same_bytes(&a, &b);
        assert_memory_equal(a.dx, b.dx, a.n * a.d * a.real);
        flow_bench_release(&a);
        flow_bench_release(&b);
    }
}

static void
threads_change_no_byte(void **state)
{
    struct sl_error err = {0};

    (void)state;
    assert_int_equal(sl_pool_new(&four, 4, &err), SL_OK);
    each_case(check_threads);
    sl_pool_free(four);
}

static void
check_no_dx(const struct flow_case *c)
{
    struct flow_bench a, b;

    open_bench(&a, c, false, 5);
    open_bench(&b, c, false, 5);
    b.dx = NULL;
    flow_forward(&a, NULL);
    flow_backward(&a, NULL);
    flow_forward(&b, NULL);
    flow_backward(&b, NULL);
    same_bytes(&a, &b);
    flow_bench_release(&a);
    flow_bench_release(&b);
}

static void
dx_need_not_be_asked_for(void **state)
{
    (void)state;
    each_case(check_no_dx);
}

static void
assert_finite(const struct flow_case *c, const struct flow_bench *b, const void *array,
              size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(flow_get(b, array, i)))
            FAIL(c, "%s[%zu] is %g at a far point", what, i, flow_get(b, array, i));
}

/* Knots of equal bins, ends of boxes, and what lies far beyond. */
static void
check_far(const struct flow_case *c)
{
    static const double places[] = {0,     0.5,  1,     1.7,   -1.7, 2,     -2,   2.5,
                                    3,     -3,   3.25,  50,    -50,  1e3,   -1e3, 1e10,
                                    -1e10, 1e30, -1e30, 1e-30, 0.75, -0.75, 1.5,  -2.25};
    enum { PLACES = sizeof places / sizeof *places };

    for (int f64 = 0; f64 < 2; f64++) {
        struct flow_bench b;
        open_bench(&b, c, f64, (size_t)PLACES * c->d);
        for (size_t i = 0; i < b.n; i++) {
            double place = places[i % PLACES];
            if (fabs(place) <= c->far)
                flow_set(&b, b.x, i * b.d + i / PLACES, place);
        }
        flow_forward(&b, NULL);
        flow_backward(&b, NULL);
        assert_finite(c, &b, b.y, b.n * b.d, "y");
        assert_finite(c, &b, b.log_det, b.n, "log_det");
        assert_finite(c, &b, b.dx, b.n * b.d, "dx");
        assert_finite(c, &b, b.dtheta, b.layer.parameters, "dtheta");
        flow_bench_release(&b);
    }
}

static void
far_points_stay_finite(void **state)
{
    (void)state;
    each_case(check_far);
}

static void
check_parts(const struct flow_case *c)
{
    struct sl_layer_part parts[SL_LAYER_PARTS];
    size_t n, sum = 0;
    struct flow_bench b;

    open_bench(&b, c, false, 1);
    n = b.layer.class->parts ? b.layer.class->parts(&b.layer, parts) : 0;
    assert_true(n <= SL_LAYER_PARTS);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(parts[i].name, parts[k].name);
        sum += parts[i].rows * (parts[i].columns ? parts[i].columns : 1);
    }
    assert_int_equal(sum, b.layer.parameters);
    assert_true(b.layer.parameters == 0 || b.layer.class->init);
    flow_bench_release(&b);
}

static void
parts_make_up_the_parameters(void **state)
{
    (void)state;
    each_case(check_parts);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_of_a_flow_is_tried),
        cmocka_unit_test(inverse_of_forward_is_x),
        cmocka_unit_test(log_det_is_that_of_the_jacobian),
        cmocka_unit_test(log_det_is_added),
        cmocka_unit_test(gradients_are_those_of_central_differences),
        cmocka_unit_test(float32_is_near_float64),
        cmocka_unit_test(float32_forward_undoes_the_inverse),
        cmocka_unit_test(threads_change_no_byte),
        cmocka_unit_test(dx_need_not_be_asked_for),
        cmocka_unit_test(far_points_stay_finite),
        cmocka_unit_test(parts_make_up_the_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
