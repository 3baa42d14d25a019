/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "modules/learn/cell_search.h"
#include "runner/base/rng.h"
#include "runner/parallel/pool.h"

/* Increasing functions, some of which interpolation does badly on. */
static double
line(double x)
{
    return 0.3 + 2 * x;
}

/* Three steep rises with plateaus between them, as a mixture's distribution has. */
static double
mixture(double x)
{
    return erf(8 * (x + 1)) + erf(8 * (x - 0.2)) + erf(40 * (x - 1.5));
}

static double
cliff(double x)
{
    return x < 0.7123 ? 1e-9 * x : 1 + 1e-9 * x;
}

static double
seventh_power(double x)
{
    return pow(x, 7);
}

static double
exponential(double x)
{
    return exp(9 * x);
}

struct counted {
    double (*f)(double x);
    struct sl_pool *pool; /* of the search */
    atomic_size_t evaluations, most;
    double refused; /* a place from which on the map fails; 0: none */
};

static enum sl_status
map(void *context, struct sl_pool *pool, size_t n, const double *x, double *image,
    struct sl_error *err)
{
    struct counted *counted = context;

    assert_true(pool == NULL || pool == counted->pool);
    for (size_t i = 0; i < n; i++)
        image[i] = counted->f(x[i]);
    counted->evaluations += n;
    if (n > counted->most)
        counted->most = n;
    for (size_t i = 0; counted->refused != 0 && i < n; i++)
        if (pool == NULL && x[i] > counted->refused)
            return sl_fail(err, SL_ERR_NUMERIC, "no");
    return SL_OK;
}

/* The plain way. */
static void
halve(double (*f)(double x), double low, double high, unsigned halvings, double z,
      double ends[2])
{
    for (unsigned i = 0; i < halvings; i++) {
        double middle = (low + high) / 2;

        if (f(middle) >= z)
            high = middle;
        else
            low = middle;
    }
    ends[0] = low;
    ends[1] = high;
}

enum { N = 3000 };

/* z: what f makes of random places, and some that it does not reach. */
static void
search(double (*f)(double x), unsigned halvings, size_t n, struct counted *counted)
{
    static double z[N], low[N], high[N];
    struct sl_cell_search cells = {-3,       3,   f(-3),   f(3),
                                   halvings, map, counted, counted->pool};
    struct sl_error err;
    struct sl_arena arena;
    struct sl_stream stream;
    double want[2];

    sl_stream_init(&stream, halvings, "test", "cells");
    for (size_t i = 0; i < n; i++)
        z[i] = f(6.1 * sl_stream_uniform(&stream) - 3.05);
    *counted = (struct counted){.f = f, .pool = counted->pool};
    sl_arena_init(&arena);
    assert_int_equal(sl_cell_search(&cells, n, z, low, high, &arena, &err), SL_OK);
    sl_arena_release(&arena);
    for (size_t i = 0; i < n; i++) {
        halve(f, -3, 3, halvings, z[i], want);
        assert_true(low[i] == want[0] && high[i] == want[1]);
    }
}

static void
cells_are_those_of_halving(void **state)
{
    static double (*const functions[])(double) = {line, mixture, cliff, seventh_power,
                                                  exponential};
    static const unsigned halvings[] = {0, 1, 2, 7, 12, 13, 30, 40};
    static const size_t counts[] = {0, 1, 2, 5, 100, N};
    struct counted counted = {.pool = NULL};

    (void)state;
    for (size_t f = 0; f < sizeof functions / sizeof *functions; f++)
        for (size_t h = 0; h < sizeof halvings / sizeof *halvings; h++)
            for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
                search(functions[f], halvings[h], counts[c], &counted);
                assert_true(counted.most <= counts[c]);
                assert_true(counted.evaluations <= (halvings[h] + 1) * counts[c]);
            }
}

static void
threads_share_a_search(void **state)
{
    struct counted counted = {.pool = NULL};
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_pool_new(&counted.pool, 3, &err), SL_OK);
    for (int i = 0; i < 20; i++)
        search(mixture, 30, N, &counted);
    sl_pool_free(counted.pool);
}

/* The last tile's map fails, that of the table before does not. */
static void
what_a_tile_tells_is_told(void **state)
{
    static double z[N], low[N], high[N];
    struct counted counted = {.f = line, .refused = 2};
    struct sl_cell_search cells = {-3, 3,   line(-3), line(3),
                                   30, map, &counted, counted.pool};
    struct sl_arena arena;
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_pool_new(&counted.pool, 3, &err), SL_OK);
    cells.pool = counted.pool;
    for (size_t i = 0; i < N; i++)
        z[i] = line(i + 1 < N ? 0.1 : 2.5) + 1e-7 * (double)i;
    sl_arena_init(&arena);
    assert_int_equal(sl_cell_search(&cells, N, z, low, high, &arena, &err),
                     SL_ERR_NUMERIC);
    assert_string_equal(err.text, "no");
    counted.refused = 0;
    assert_int_equal(sl_cell_search(&cells, N, z, low, high, &arena, &err), SL_OK);
    sl_arena_release(&arena);
    sl_pool_free(counted.pool);
}

static void
smooth_functions_take_few_evaluations(void **state)
{
    struct counted counted = {.pool = NULL};

    (void)state;
    search(line, 30, N, &counted);
    assert_true(counted.evaluations < 5 * N);
    /* Half of its places lie where it is too flat for float64 to rise. */
    search(mixture, 30, N, &counted);
    assert_true(counted.evaluations < 16 * N);
}

static double
not_a_number(double x)
{
    return x < 1 ? x : (double)NAN;
}

/* NaN is no f(m) >= z. */
static void
what_is_no_number_is_halved(void **state)
{
    double z[3] = {-2.5, 0.3, 2}, low[3], high[3], want[2];
    struct counted counted = {.f = not_a_number};
    struct sl_cell_search cells = {-3, 3, -3, 3, 20, map, &counted, NULL};
    struct sl_error err;
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    assert_int_equal(sl_cell_search(&cells, 3, z, low, high, &arena, &err), SL_OK);
    sl_arena_release(&arena);
    for (size_t i = 0; i < 3; i += 2) {
        halve(not_a_number, -3, 3, 20, z[i], want);
        assert_true(low[i] == want[0] && high[i] == want[1]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_those_of_halving),
        cmocka_unit_test(threads_share_a_search),
        cmocka_unit_test(what_a_tile_tells_is_told),
        cmocka_unit_test(smooth_functions_take_few_evaluations),
        cmocka_unit_test(what_is_no_number_is_halved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
