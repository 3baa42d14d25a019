/* SPDX-License-Identifier: MIT */
/*
 * What every layer of the registry has to keep: gradients by central differences in
 * float64, float32 beside float64, the same bytes for any number of threads, its word
 * about working in place.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/layer.h"
#include "tests/unit/fake_step.h"

/* Configurations of layers that have fields without a default. */
static const struct {
    const char *layer, *yaml;
    size_t in; /* the only number of columns it takes; 0: any */
} configs[] = {
    {"dense", "units: 4", 0},
    {"mixture-cdf", "components: 4", 1},
    {"noise", "gaussian: 0.5\nmasking: 0.3", 0},
};

/* A layer with arrays of n rows. Every array starts as garbage that is to be overwritten,
 * apart from x, dy and theta. */
struct bench {
    struct sl_arena arena;
    struct sl_layer layer;
    size_t n, real;
    bool f64;
    void *x, *y, *kept, *dx, *dy, *theta, *dtheta;
};

static void
set(const struct bench *b, void *array, size_t i, double value)
{
    if (b->f64)
        ((double *)array)[i] = value;
    else
        ((float *)array)[i] = (float)value;
}

static double
get(const struct bench *b, const void *array, size_t i)
{
    return b->f64 ? ((const double *)array)[i] : (double)((const float *)array)[i];
}

/* Values in +-[0.05, 1.55), away from the kinks that activations have at 0; float32 values,
 * so that both precisions see the same. */
static void *
draw(struct bench *b, size_t count, const char *what)
{
    struct sl_stream stream;
    void *array = sl_arena_array(&b->arena, count, b->real);

    sl_stream_init(&stream, 20260721, "test_layers", what);
    for (size_t i = 0; i < count; i++) {
        double u = 3 * sl_stream_uniform(&stream) - 1.5;
        set(b, array, i, (double)(float)(u < 0 ? u - 0.05 : u + 0.05));
    }
    return array;
}

static void *
garbage(struct bench *b, size_t count)
{
    void *array = sl_arena_array(&b->arena, count, b->real);

    for (size_t i = 0; i < count; i++)
        set(b, array, i, -917.25);
    return array;
}

static void
bench_init(struct bench *b, const struct sl_row *row, bool f64, size_t n, size_t in)
{
    const struct sl_entry *entry = row->as[f64];
    const char *yaml = "";
    struct sl_error err = {0};

    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++)
        if (strcmp(configs[i].layer, entry->name) == 0) {
            yaml = configs[i].yaml;
            in = configs[i].in ? configs[i].in : in;
        }
    *b = (struct bench){.n = n, .f64 = f64, .real = f64 ? sizeof(double) : sizeof(float)};
    sl_arena_init(&b->arena);
    b->layer = (struct sl_layer){
        .name = "layer",
        .class = (const struct sl_layer_class *)entry,
        .config = fake_config(entry, yaml, &b->arena),
        .in = in,
    };
    if (b->layer.class->shape(&b->layer, &err))
        fail_msg("%s: %s", entry->name, err.text);
    b->x = draw(b, n * in, "x");
    b->dy = draw(b, n * b->layer.out, "dy");
    b->theta = draw(b, b->layer.parameters, "theta");
    b->y = garbage(b, n * b->layer.out);
    b->kept = garbage(b, b->layer.scratch + n * b->layer.kept);
    b->dx = garbage(b, n * in);
    b->dtheta = garbage(b, b->layer.parameters);
}

static void
bench_release(struct bench *b)
{
    sl_arena_release(&b->arena);
}

static struct sl_pass
pass_of(const struct bench *b)
{
    return (struct sl_pass){
        .n = b->n,
        .training = true,
        .x = b->x,
        .y = b->y,
        .kept = b->kept,
        .theta = b->theta,
        .dy = b->dy,
        .dx = b->dx,
        .dtheta = b->dtheta,
    };
}

static void
run(const struct bench *b, struct sl_pool *pool)
{
    struct sl_pass pass = pass_of(b);

    pass.pool = pool;
    b->layer.class->forward(&b->layer, &pass);
    b->layer.class->backward(&b->layer, &pass);
}

/* sum of dy * y: the loss whose gradient by y is dy. */
static double
objective(const struct bench *b)
{
    struct sl_pass pass = pass_of(b);
    double sum = 0;

    b->layer.class->forward(&b->layer, &pass);
    for (size_t i = 0; i < b->n * b->layer.out; i++)
        sum += get(b, b->dy, i) * get(b, b->y, i);
    return sum;
}

static void
assert_gradient(const struct bench *b, const char *by, void *values, const void *gradient,
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
            fail_msg("%s: gradient by %s[%zu] is %.12g, by differences %.12g",
                     b->layer.class->entry.name, by, i, got, want);
    }
}

static void
check_gradient(const struct sl_row *row)
{
    struct bench b;

    bench_init(&b, row, true, 3, 5);
    run(&b, NULL);
    assert_gradient(&b, "x", b.x, b.dx, b.n * b.layer.in);
    assert_gradient(&b, "theta", b.theta, b.dtheta, b.layer.parameters);
    bench_release(&b);
}

static void
assert_near(const struct bench *a, const void *x, const struct bench *b, const void *y,
            size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++) {
        double got = get(a, x, i), want = get(b, y, i);
        if (!(fabs(got - want) <= 2e-6 * fmax(1, fabs(want))))
            fail_msg("%s: float32 %s[%zu] is %.9g, float64 %.9g",
                     a->layer.class->entry.name, what, i, got, want);
    }
}

static void
check_precisions(const struct sl_row *row)
{
    struct bench a, b;

    bench_init(&a, row, false, 7, 11);
    bench_init(&b, row, true, 7, 11);
    run(&a, NULL);
    run(&b, NULL);
    assert_int_equal(a.layer.out, b.layer.out);
    assert_int_equal(a.layer.parameters, b.layer.parameters);
    assert_near(&a, a.y, &b, b.y, a.n * a.layer.out, "y");
    assert_near(&a, a.dx, &b, b.dx, a.n * a.layer.in, "dx");
    assert_near(&a, a.dtheta, &b, b.dtheta, a.layer.parameters, "dtheta");
    bench_release(&a);
    bench_release(&b);
}

/* Wide enough that element-wise work and products are cut. */
static void
check_threads(const struct sl_row *row)
{
    struct sl_pool *pool;
    struct sl_error err = {0};

    assert_int_equal(sl_pool_new(&pool, 4, &err), SL_OK);
    for (int f64 = 0; f64 < 2; f64++) {
        struct bench a, b;
        bench_init(&a, row, f64, 301, 517);
        bench_init(&b, row, f64, 301, 517);
        run(&a, NULL);
        run(&b, pool);
        assert_memory_equal(a.y, b.y, a.n * a.layer.out * a.real);
        assert_memory_equal(a.dx, b.dx, a.n * a.layer.in * a.real);
        assert_memory_equal(a.dtheta, b.dtheta, a.layer.parameters * a.real);
        bench_release(&a);
        bench_release(&b);
    }
    sl_pool_free(pool);
}

static void
check_in_place(const struct sl_row *row)
{
    struct bench a, b;

    bench_init(&a, row, false, 6, 37);
    bench_init(&b, row, false, 6, 37);
    if (a.layer.class->in_place) {
        assert_int_equal(a.layer.out, a.layer.in);
        b.y = b.x;
        b.dx = b.dy;
        run(&a, NULL);
        run(&b, NULL);
        assert_memory_equal(a.y, b.y, a.n * a.layer.out * a.real);
        assert_memory_equal(a.dx, b.dx, a.n * a.layer.in * a.real);
    }
    bench_release(&a);
    bench_release(&b);
}

/* Nobody has to ask for dx. */
static void
check_no_dx(const struct sl_row *row)
{
    struct bench a, b;

    bench_init(&a, row, false, 5, 13);
    bench_init(&b, row, false, 5, 13);
    b.dx = NULL;
    run(&a, NULL);
    run(&b, NULL);
    assert_memory_equal(a.dtheta, b.dtheta, a.layer.parameters * a.real);
    bench_release(&a);
    bench_release(&b);
}

static void
check_parts(const struct sl_row *row)
{
    struct sl_layer_part parts[SL_LAYER_PARTS];
    size_t n, sum = 0;
    struct bench b;

    bench_init(&b, row, false, 1, 6);
    n = b.layer.class->parts ? b.layer.class->parts(&b.layer, parts) : 0;
    assert_true(n <= SL_LAYER_PARTS);
    for (size_t i = 0; i < n; i++) {
        assert_non_null(parts[i].name);
        sum += parts[i].rows * (parts[i].columns ? parts[i].columns : 1);
    }
    assert_int_equal(sum, b.layer.parameters);
    assert_true(b.layer.parameters == 0 || b.layer.class->init);
    bench_release(&b);
}

static void
each_layer(void (*check)(const struct sl_row *row))
{
    size_t checked = 0;

    for (size_t i = 0; i < sl_builtin.n; i++) {
        const struct sl_row *row = &sl_builtin.rows[i];
        if (row->table != SL_LAYER && row->table != SL_ACTIVATION)
            continue; /* flows: test_flows.c */
        check(&sl_builtin.rows[i]);
        checked++;
    }
    assert_true(checked >= 3);
}

static void
gradients_are_those_of_central_differences(void **state)
{
    (void)state;
    each_layer(check_gradient);
}

static void
float32_is_near_float64(void **state)
{
    (void)state;
    each_layer(check_precisions);
}

static void
threads_change_no_byte(void **state)
{
    (void)state;
    each_layer(check_threads);
}

static void
in_place_gives_the_same_bytes(void **state)
{
    (void)state;
    each_layer(check_in_place);
}

static void
dx_need_not_be_asked_for(void **state)
{
    (void)state;
    each_layer(check_no_dx);
}

static void
parts_make_up_the_parameters(void **state)
{
    (void)state;
    each_layer(check_parts);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_those_of_central_differences),
        cmocka_unit_test(float32_is_near_float64),
        cmocka_unit_test(threads_change_no_byte),
        cmocka_unit_test(in_place_gives_the_same_bytes),
        cmocka_unit_test(dx_need_not_be_asked_for),
        cmocka_unit_test(parts_make_up_the_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
