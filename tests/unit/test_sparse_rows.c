/* SPDX-License-Identifier: MIT */
/* Dense layers over rows that are mostly zeros, beside plain sums. */
#include "modules/learn/sparse_rows.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/layer.h"
#include "runner/base/arena.h"
#include "tests/unit/fake_step.h"

struct shape {
    size_t n, in, out;
    double share; /* that is not 0 */
};

/* Whole strips and blocks, and some that end in the middle of them. */
static const struct shape shapes[] = {
    {100, 784, 256, 0.2}, {1, 128, 32, 0.1},    {130, 200, 72, 0.05},
    {7, 131, 33, 0.15},   {257, 320, 65, 0.02}, {129, 1024, 64, 0},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* A dense layer in one precision, its pass, and the same numbers in float64. */
struct fixture {
    struct sl_arena arena;
    struct sl_layer layer;
    struct sl_pass pass;
    size_t size;
    double *x, *theta, *dy, *before; /* before: dtheta of a layer that lends */
};

static double *
numbers(struct fixture *f, size_t count)
{
    return sl_arena_alloc(&f->arena, count * sizeof(double));
}

/* In the layer's precision; the original takes what that leaves of it. */
static void *
converted(struct fixture *f, size_t count, double *from)
{
    float *narrow = sl_arena_alloc(&f->arena, count * sizeof *narrow);

    if (f->size == sizeof(double))
        return memcpy(numbers(f, count), from, count * sizeof *from);
    for (size_t i = 0; i < count; i++) {
        narrow[i] = (float)from[i];
        from[i] = (double)narrow[i];
    }
    return narrow;
}

static void
draw(size_t count, double share, struct sl_stream *stream, double *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = sl_stream_uniform(stream) < share ? sl_stream_normal(stream) : 0;
}

static void
fixture_init(struct fixture *f, const struct shape *s, bool f64)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_LAYER, "dense");
    struct sl_error err = {0};
    struct sl_stream stream;

    *f = (struct fixture){.size = f64 ? sizeof(double) : sizeof(float)};
    sl_arena_init(&f->arena);
    f->layer = (struct sl_layer){
        .class = (const struct sl_layer_class *)row->as[f64],
        .config = fake_config(
            row->as[f64], sl_arena_format(&f->arena, "units: %zu", s->out), &f->arena),
        .in = s->in,
    };
    assert_int_equal(f->layer.class->shape(&f->layer, &err), SL_OK);
    f->x = numbers(f, s->n * s->in);
    f->theta = numbers(f, f->layer.parameters);
    f->before = numbers(f, f->layer.parameters);
    f->dy = numbers(f, s->n * s->out);
    sl_stream_init(&stream, 5, "test_sparse_rows", "numbers");
    draw(s->n * s->in, s->share, &stream, f->x);
    draw(f->layer.parameters, 1, &stream, f->theta);
    draw(f->layer.parameters, 1, &stream, f->before);
    draw(s->n * s->out, 1, &stream, f->dy);
    f->pass = (struct sl_pass){
        .n = s->n,
        .training = true,
        .x = converted(f, s->n * s->in, f->x),
        .theta = converted(f, f->layer.parameters, f->theta),
        .dy = converted(f, s->n * s->out, f->dy),
        .dtheta = converted(f, f->layer.parameters, f->before),
        .y = sl_arena_alloc(&f->arena, s->n * s->out * f->size),
        .kept = sl_arena_alloc(&f->arena, s->n * f->layer.kept * f->size),
    };
}

static double
at(const struct fixture *f, const void *array, size_t i)
{
    return f->size == sizeof(double) ? ((const double *)array)[i]
                                     : (double)((const float *)array)[i];
}

static void
assert_near(const struct fixture *f, const void *array, size_t i, double want,
            double size)
{
    double rounding = f->size == sizeof(double) ? 1e-14 : 4e-6;

    if (!(fabs(at(f, array, i) - want) <= rounding * (1 + size)))
        fail_msg("number %zu is %.17g, not %.17g", i, at(f, array, i), want);
}

static bool
takes_sparse_rows(const struct fixture *f)
{
    struct sl_sparse_rows rows = {f->pass.n, f->layer.in, f->pass.x, f->pass.kept};

    return f->layer.kept && sl_sparse_pays_f32(&rows, f->layer.out);
}

static void
assert_forward(const struct fixture *f)
{
    size_t in = f->layer.in, out = f->layer.out;

    for (size_t i = 0; i < f->pass.n * out; i++) {
        const double *x = f->x + i / out * in, *w = f->theta + i % out * in;
        double sum = f->theta[out * in + i % out], size = fabs(sum);

        for (size_t j = 0; j < in; j++) {
            sum += x[j] * w[j];
            size += fabs(x[j] * w[j]);
        }
        assert_near(f, f->pass.y, i, sum, size);
    }
}

static void
assert_gradient(const struct fixture *f)
{
    size_t in = f->layer.in, out = f->layer.out;

    for (size_t k = 0; k < out * in; k++) {
        double sum = f->layer.lends ? f->before[k] : 0, size = fabs(sum);

        for (size_t i = 0; i < f->pass.n; i++) {
            double term = f->dy[i * out + k / in] * f->x[i * in + k % in];
            sum += term;
            size += fabs(term);
        }
        assert_near(f, f->pass.dtheta, k, sum, size);
    }
}

static void
products_are_those_of_plain_sums(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4 * SHAPES; i++) {
        struct fixture f;

        fixture_init(&f, &shapes[i / 4], i & 1);
        f.layer.lends = i & 2;
        f.layer.class->forward(&f.layer, &f.pass);
        f.layer.class->backward(&f.layer, &f.pass);
        assert_true(takes_sparse_rows(&f));
        assert_forward(&f);
        assert_gradient(&f);
        sl_arena_release(&f.arena);
    }
}

/* Behind the last row and column stands what belongs to others. */
static void
nothing_else_is_written(void **state)
{
    const struct shape shape = {3, 130, 41, 0.1};
    struct fixture f;
    double *y, *dtheta;
    size_t count;

    (void)state;
    fixture_init(&f, &shape, true);
    count = f.layer.parameters;
    y = numbers(&f, 3 * 41 + 64);
    dtheta = numbers(&f, count + 64);
    for (size_t i = 0; i < 64; i++)
        y[3 * 41 + i] = dtheta[count + i] = 2.385;
    f.pass.y = y;
    f.pass.dtheta = dtheta;
    f.layer.class->forward(&f.layer, &f.pass);
    f.layer.class->backward(&f.layer, &f.pass);
    for (size_t i = 0; i < 64; i++)
        assert_true(y[3 * 41 + i] == 2.385 && dtheta[count + i] == 2.385);
    assert_forward(&f);
    assert_gradient(&f);
    sl_arena_release(&f.arena);
}

static void
bits_do_not_depend_on_threads(void **state)
{
    const struct shape shape = {300, 1000, 130, 0.1};
    struct sl_error err = {0};
    struct sl_pool *pool;

    (void)state;
    assert_int_equal(sl_pool_new(&pool, 4, &err), SL_OK);
    for (int f64 = 0; f64 < 2; f64++) {
        struct fixture one, four;

        fixture_init(&one, &shape, f64);
        fixture_init(&four, &shape, f64);
        four.pass.pool = pool;
        one.layer.class->forward(&one.layer, &one.pass);
        one.layer.class->backward(&one.layer, &one.pass);
        four.layer.class->forward(&four.layer, &four.pass);
        four.layer.class->backward(&four.layer, &four.pass);
        assert_memory_equal(one.pass.y, four.pass.y, 300 * 130 * one.size);
        assert_memory_equal(one.pass.dtheta, four.pass.dtheta,
                            one.layer.parameters * one.size);
        sl_arena_release(&one.arena);
        sl_arena_release(&four.arena);
    }
    sl_pool_free(pool);
}

static void
marks_name_what_is_not_zero(void **state)
{
    float x[2 * 130] = {0};
    sl_marks marks[6];

    (void)state;
    x[0] = 1;
    x[63] = -1e-45f;
    x[64] = -0.0f;
    x[129] = NAN;
    x[130 + 65] = INFINITY;
    sl_sparse_mark_f32(NULL, 2, 130, x, marks);
    assert_true(marks[0] == (UINT64_C(1) | UINT64_C(1) << 63));
    assert_true(marks[1] == 0);
    assert_true(marks[2] == 2);
    assert_true(marks[3] == 0 && marks[4] == 2 && marks[5] == 0);
}

/* Three eighths of the numbers; strips that are not full count as if they were. */
static void
the_data_alone_decide(void **state)
{
    const struct {
        size_t n, in, out, marked;
        bool pays;
    } cases[] = {
        {2, 128, 64, 96, true},  {2, 128, 64, 97, false}, {2, 128, 32, 48, true},
        {2, 128, 32, 49, false}, {1, 128, 65, 24, true},  {1, 128, 65, 25, false},
        {2, 128, 256, 0, true},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        sl_marks marks[4] = {0};
        struct sl_sparse_rows rows = {cases[c].n, cases[c].in, NULL, marks};

        for (size_t i = 0; i < cases[c].marked; i++)
            marks[i / 64] |= UINT64_C(1) << i % 64;
        assert_int_equal(sl_sparse_pays_f32(&rows, cases[c].out), cases[c].pays);
    }
    assert_int_equal(sl_sparse_reals_f32(127, 256), 0);
    assert_int_equal(sl_sparse_reals_f32(784, 31), 0);
    assert_int_equal(sl_sparse_reals_f32(784, 256), 26);
}

static void
what_is_not_finite_stays_seen(void **state)
{
    const struct shape shape = {4, 256, 64, 0.05};
    struct fixture f;

    (void)state;
    fixture_init(&f, &shape, false);
    ((float *)(uintptr_t)f.pass.x)[256 + 100] = NAN;
    f.layer.class->forward(&f.layer, &f.pass);
    assert_true(takes_sparse_rows(&f));
    for (size_t i = 0; i < 4 * 64; i++)
        assert_int_equal(isnan(at(&f, f.pass.y, i)) != 0, i / 64 == 1);
    sl_arena_release(&f.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_those_of_plain_sums),
        cmocka_unit_test(nothing_else_is_written),
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(marks_name_what_is_not_zero),
        cmocka_unit_test(the_data_alone_decide),
        cmocka_unit_test(what_is_not_finite_stays_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
