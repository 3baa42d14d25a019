/* SPDX-License-Identifier: MIT */
#include "modules/learn/unit_product.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/rng.h"
#include "runner/parallel/pool.h"

enum { MOST = 1 << 17 };

struct fixture {
    float a[MOST], b[MOST], c[MOST], want[MOST], bias[MOST];
};

static void
fill(struct fixture *f)
{
    struct sl_stream stream;

    sl_stream_init(&stream, 41, "test_unit_product", "numbers");
    for (size_t i = 0; i < MOST; i++) {
        f->a[i] = (float)sl_stream_normal(&stream);
        f->b[i] = (float)sl_stream_normal(&stream);
        f->bias[i] = (float)sl_stream_normal(&stream);
    }
}

/* In float64; size: the sum of the absolute values, which rounding goes by. */
static double
element(const struct fixture *f, const struct sl_product *p, size_t i, size_t j,
        double *size)
{
    double sum = 0;

    *size = 0;
    for (size_t k = 0; k < p->k; k++) {
        double a = (double)f->a[p->a_transposed ? k * p->m + i : i * p->k + k];
        double b = (double)f->b[p->b_transposed ? j * p->k + k : k * p->n + j];
        sum += a * b;
        *size += fabs(a * b);
    }
    return sum;
}

static void
assert_near(const struct fixture *f, const struct sl_product *p, const float *bias)
{
    for (size_t i = 0; i < p->m; i++)
        for (size_t j = 0; j < p->n; j++) {
            double size, want = element(f, p, i, j, &size);
            if (bias) {
                want += (double)bias[i];
                size += fabs((double)bias[i]);
            }
            assert_true(fabs((double)f->c[i * p->n + j] - want) <=
                        (double)(p->k + 1) * (double)FLT_EPSILON * size);
        }
}

/* Every number of rows and columns that is left over. */
static const size_t columns[] = {1, 3, 15, 16, 17, 24, 31, 32, 33, 100, 128};
static const size_t depths[] = {0, 1, 2, 19, 64};
#define COUNT(array) (sizeof array / sizeof *array)

static void
check_multiply(struct fixture *f, struct sl_product *p, const float *bias)
{
    p->a = f->a, p->b = f->b;
    p->c = f->want;
    sl_unit_multiply_plain_f32(p, bias);
    p->c = f->c;
    memset(f->c, 0xff, sizeof f->c);
    sl_unit_multiply_f32(NULL, p, bias);
    assert_memory_equal(f->c, f->want, p->m * p->n * sizeof *f->c);
    assert_true(isnan(f->c[p->m * p->n]));
    assert_near(f, p, bias);
}

static void
blocks_give_the_bits_of_the_plain_version(void **state)
{
    static struct fixture f;

    (void)state;
    fill(&f);
    for (size_t m = 1; m <= 13; m++)
        for (size_t n = 0; n < COUNT(columns); n++)
            for (size_t k = 0; k < COUNT(depths); k++) {
                struct sl_product p = {.m = m, .n = columns[n], .k = depths[k]};
                check_multiply(&f, &p, f.bias);
                p.a_transposed = true;
                check_multiply(&f, &p, NULL);
            }
}

static void
correlations_are_sums_of_products(void **state)
{
    static struct fixture f;
    static float room[MOST];

    (void)state;
    fill(&f);
    for (size_t m = 1; m <= 13; m++)
        for (size_t n = 0; n < COUNT(columns); n++)
            for (size_t k = 0; k < COUNT(columns); k++) {
                struct sl_product p = {
                    .m = m, .n = columns[n], .k = columns[k], .b_transposed = true};
                p.a = f.a, p.b = f.b, p.c = f.c;
                sl_unit_correlate_f32(NULL, &p, room);
                assert_near(&f, &p, NULL);
            }
}

static void
turning_moves_every_number(void **state)
{
    static struct fixture f;

    (void)state;
    fill(&f);
    for (size_t m = 1; m <= 20; m++)
        for (size_t n = 1; n <= 20; n++) {
            memset(f.c, 0xff, sizeof f.c);
            sl_unit_turn_f32(m, n, f.a, f.c);
            for (size_t i = 0; i < m; i++)
                for (size_t j = 0; j < n; j++)
                    assert_true(f.c[j * m + i] == f.a[i * n + j]);
            assert_true(isnan(f.c[m * n]));
        }
}

/* More columns than a tile takes, and some that fill no panel. */
static void
threads_change_no_bit(void **state)
{
    static struct fixture f;
    struct sl_product p = {.m = 64, .n = 1005, .k = 100};
    struct sl_pool *pool;
    struct sl_error err;

    (void)state;
    fill(&f);
    assert_int_equal(sl_pool_new(&pool, 4, &err), SL_OK);
    p.a = f.a, p.b = f.b;
    p.c = f.want;
    sl_unit_multiply_plain_f32(&p, f.bias);
    p.c = f.c;
    for (int round = 0; round < 20; round++) {
        memset(f.c, 0, sizeof f.c);
        sl_unit_multiply_f32(pool, &p, f.bias);
        assert_memory_equal(f.c, f.want, p.m * p.n * sizeof *f.c);
    }
    sl_pool_free(pool);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_give_the_bits_of_the_plain_version),
        cmocka_unit_test(correlations_are_sums_of_products),
        cmocka_unit_test(turning_moves_every_number),
        cmocka_unit_test(threads_change_no_bit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
