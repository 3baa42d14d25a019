/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/rng.h"
#include "runner/parallel/pool.h"
#include "runner/tensor/linalg.h"

/* Stands before the library's own, so that each flavour can be met. */
static int loaded_flavour = 1;

int openblas_get_parallel(void);

int
openblas_get_parallel(void)
{
    return loaded_flavour;
}

static const struct {
    size_t m, n, k;
} shapes[] = {
    {1, 1, 1},      {3, 2, 5},       {1, 129, 7},     {17, 1, 33},    {0, 5, 4},
    {5, 0, 4},      {5, 6, 0},       {100, 32, 128},  {100, 128, 32}, {100, 128, 256},
    {37, 784, 256}, {100, 256, 784}, {256, 784, 100}, {784, 256, 37}, {128, 128, 200},
    {1031, 5, 640}, {12, 1031, 640}, {257, 511, 61},  {513, 512, 13}, {1024, 40, 300},
};
enum { SHAPES = sizeof shapes / sizeof *shapes, LARGEST = 800000 };

/* One of the forms of a product: transposed or not, added or not, to a row or not, with room
 * for a half or without. */
struct form {
    size_t m, n, k;
    bool a_transposed, b_transposed, add, row, half; /* row: the first n numbers of a */
};

static struct form
form_of(size_t shape, unsigned bits)
{
    return (struct form){
        shapes[shape].m, shapes[shape].n, shapes[shape].k, bits & 1,
        bits & 2,        bits & 4,        bits & 8,        bits & 16,
    };
}

struct matrices {
    double *a, *b, *c, *want, *half;
    float *a32, *b32, *c32;
};

static struct matrices matrices;

static int
fill(void **state)
{
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 11, "test", "matrices");
    matrices = (struct matrices){
        calloc(LARGEST, 8), calloc(LARGEST, 8), calloc(LARGEST, 8), calloc(LARGEST, 8),
        calloc(LARGEST, 8), calloc(LARGEST, 4), calloc(LARGEST, 4), calloc(LARGEST, 4),
    };
    for (size_t i = 0; i < LARGEST; i++) {
        matrices.a32[i] = (float)(sl_stream_uniform(&stream) - 0.5);
        matrices.b32[i] = (float)(sl_stream_uniform(&stream) - 0.5);
        matrices.a[i] = (double)matrices.a32[i];
        matrices.b[i] = (double)matrices.b32[i];
    }
    return 0;
}

static int
release(void **state)
{
    (void)state;
    free(matrices.a);
    free(matrices.b);
    free(matrices.c);
    free(matrices.want);
    free(matrices.half);
    free(matrices.a32);
    free(matrices.b32);
    free(matrices.c32);
    return 0;
}

/* What c holds before: something to add to, or what must not be looked at. */
static double
before(const struct form *f, size_t i)
{
    return f->add ? (double)((float)(i % 97) * 0.25f) : (double)NAN;
}

static void
multiply_plainly(const struct form *f)
{
    for (size_t i = 0; i < f->m; i++) {
        for (size_t j = 0; j < f->n; j++) {
            double sum = f->add ? before(f, i * f->n + j) : f->row ? matrices.a[j] : 0;

            for (size_t l = 0; l < f->k; l++)
                sum += matrices.a[f->a_transposed ? l * f->m + i : i * f->k + l] *
                       matrices.b[f->b_transposed ? j * f->k + l : l * f->n + j];
            matrices.want[i * f->n + j] = sum;
        }
    }
}

static void
multiply_f64(struct sl_pool *pool, const struct form *f, double *c)
{
    struct sl_product p = {
        .m = f->m,
        .n = f->n,
        .k = f->k,
        .a_transposed = f->a_transposed,
        .b_transposed = f->b_transposed,
        .add = f->add,
        .a = matrices.a,
        .b = matrices.b,
        .row = f->row ? matrices.a : NULL,
        .c = c,
        .half = f->half ? matrices.half : NULL,
    };

    for (size_t i = 0; i < f->m * f->n; i++)
        c[i] = before(f, i);
    sl_product_f64(pool, &p);
}

static void
multiply_f32(struct sl_pool *pool, const struct form *f, float *c)
{
    struct sl_product p = {
        .m = f->m,
        .n = f->n,
        .k = f->k,
        .a_transposed = f->a_transposed,
        .b_transposed = f->b_transposed,
        .add = f->add,
        .a = matrices.a32,
        .b = matrices.b32,
        .row = f->row ? matrices.a32 : NULL,
        .c = c,
        .half = f->half ? matrices.half : NULL,
    };

    for (size_t i = 0; i < f->m * f->n; i++)
        c[i] = (float)before(f, i);
    sl_product_f32(pool, &p);
}

/* matrices.want holds what it is to be. */
static void
assert_product(const struct form *f)
{
    multiply_f64(NULL, f, matrices.c);
    multiply_f32(NULL, f, matrices.c32);
    for (size_t i = 0; i < f->m * f->n; i++) {
        double want = matrices.want[i];

        assert_true(fabs(matrices.c[i] - want) < 1e-12 * (1 + fabs(want)));
        assert_true(fabs((double)matrices.c32[i] - want) < 1e-5 * (1 + fabs(want)));
    }
}

static void
products_are_those_of_the_plain_loop(void **state)
{
    (void)state;
    for (size_t s = 0; s < SHAPES; s++) {
        for (unsigned bits = 0; bits < 16; bits++) {
            struct form f = form_of(s, bits);

            multiply_plainly(&f);
            assert_product(&f);
            f.half = true;
            assert_product(&f);
        }
    }
}

/* More than a strip, none of it a multiple of one; with 1 and 4 threads. */
static void
gram_matrices_are_those_of_the_product(void **state)
{
    static const size_t sides[] = {1, 2, 9, 127, 128, 129, 300};
    struct sl_error err;
    struct sl_pool *pool;

    (void)state;
    assert_int_equal(sl_pool_new(&pool, 4, &err), SL_OK);
    for (size_t s = 0; s < 2 * sizeof sides / sizeof *sides; s++) {
        size_t n = sides[s / 2];
        struct form f = {.m = n, .n = n, .k = 23, .a_transposed = true, .add = s % 2};
        double *c = malloc(n * n * sizeof *c), *again = malloc(n * n * sizeof *c);

        memcpy(matrices.b, matrices.a, n * 23 * sizeof *c);
        multiply_plainly(&f);
        for (size_t i = 0; i < n * n; i++)
            c[i] = again[i] = before(&f, i);
        sl_gram_f64(NULL, n, 23, s % 2, matrices.a, c);
        sl_gram_f64(pool, n, 23, s % 2, matrices.a, again);
        for (size_t i = 0; i < n; i++) {
            assert_memory_equal(c + i * n, again + i * n, (i + 1) * sizeof *c);
            for (size_t j = 0; j <= i; j++)
                assert_true(fabs(c[i * n + j] - matrices.want[i * n + j]) < 1e-12);
        }
        free(c);
        free(again);
    }
    sl_pool_free(pool);
}

/* Every shape in every form, often enough for the threads to get in each other's way. */
static void
bits_do_not_depend_on_threads(void **state)
{
    static const unsigned threads[] = {2, 4, 7};
    double *alone = calloc(LARGEST, sizeof *alone);
    float *alone32 = calloc(LARGEST, sizeof *alone32);

    (void)state;
    assert_non_null(alone);
    assert_non_null(alone32);
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        struct sl_error err = {0};
        struct sl_pool *pool;

        assert_int_equal(sl_pool_new(&pool, threads[t], &err), SL_OK);
        for (size_t i = 0; i < 9 * SHAPES; i++) {
            struct form f = form_of(i / 9, i % 9 < 8 ? i % 9 : 16);

            multiply_f64(NULL, &f, alone);
            multiply_f64(pool, &f, matrices.c);
            assert_memory_equal(alone, matrices.c, f.m * f.n * sizeof *alone);
            multiply_f32(NULL, &f, alone32);
            multiply_f32(pool, &f, matrices.c32);
            assert_memory_equal(alone32, matrices.c32, f.m * f.n * sizeof *alone32);
        }
        sl_pool_free(pool);
    }
    free(alone);
    free(alone32);
}

struct caller {
    struct sl_job base;
    struct form form;
    float *c;
};

static void
multiply_in_a_job(struct sl_job *base)
{
    struct caller *caller = (struct caller *)base;

    for (int i = 0; i < 20; i++)
        multiply_f32(NULL, &caller->form, caller->c);
}

/* What the serial flavour of OpenBLAS gets wrong. */
static void
jobs_multiply_at_once(void **state)
{
    enum { JOBS = 4 };
    struct caller callers[JOBS];
    struct sl_error err = {0};
    struct sl_pool *pool;

    (void)state;
    assert_int_equal(sl_pool_new(&pool, JOBS, &err), SL_OK);
    for (size_t i = 0; i < JOBS; i++) {
        callers[i] = (struct caller){
            .base.run = multiply_in_a_job,
            .form = form_of(10 + i, 2),
            .c = calloc(LARGEST, sizeof(float)),
        };
        assert_non_null(callers[i].c);
        sl_pool_submit(pool, &callers[i].base);
    }
    sl_pool_finish(pool, 100, NULL, NULL);
    for (size_t i = 0; i < JOBS; i++) {
        struct form *f = &callers[i].form;

        multiply_f32(NULL, f, matrices.c32);
        assert_memory_equal(callers[i].c, matrices.c32, f->m * f->n * sizeof(float));
        free(callers[i].c);
    }
    sl_pool_free(pool);
}

static const struct {
    int flavour;
    enum sl_status want;
    const char *word;
} flavours[] = {
    {0, SL_ERR_CONFIG, "serial"},
    {2, SL_ERR_CONFIG, "OpenMP"},
    {1, SL_OK, NULL},
};

static void
unsafe_flavours_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof flavours / sizeof *flavours; i++) {
        struct sl_error err = {0};

        loaded_flavour = flavours[i].flavour;
        assert_int_equal(sl_linalg_start(&err), flavours[i].want);
        if (flavours[i].word == NULL)
            continue;
        assert_non_null(strstr(err.text, flavours[i].word));
        assert_non_null(strstr(err.text, "libopenblas0-pthread"));
    }
}

static void
the_library_is_described(void **state)
{
    char text[200], small[9];

    (void)state;
    sl_linalg_describe(text, sizeof text);
    assert_memory_equal(text, "OpenBLAS ", 9);
    assert_non_null(strstr(text, " pthread "));
    assert_true(text[9] >= '0' && text[9] <= '9');
    assert_true(strlen(strstr(text, " pthread ")) > strlen(" pthread "));
    sl_linalg_describe(small, sizeof small);
    assert_string_equal(small, "OpenBLAS");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unsafe_flavours_are_refused),
        cmocka_unit_test(the_library_is_described),
        cmocka_unit_test(products_are_those_of_the_plain_loop),
        cmocka_unit_test(gram_matrices_are_those_of_the_product),
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(jobs_multiply_at_once),
    };

    return cmocka_run_group_tests(tests, fill, release);
}
