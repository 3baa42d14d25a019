/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/likelihood.h"
#include "runner/base/rng.h"

enum { ROWS = 3, MOST = 2000 };

typedef void likelihood_fn(const struct sl_likelihood *call);

struct batch {
    double x[ROWS * MOST], y[ROWS * MOST], dy[ROWS * MOST], rows[ROWS];
    float x32[ROWS * MOST], y32[ROWS * MOST], dy32[ROWS * MOST];
};

static struct batch batch;

/* x in [0, 1], some of it 0 and 1; y of a few. Both precisions hold the same numbers. */
static void
fill(size_t count, double scale)
{
    struct sl_stream stream;

    sl_stream_init(&stream, 77, "test_likelihood", "values");
    for (size_t i = 0; i < count; i++) {
        double u = 1.4 * sl_stream_uniform(&stream) - 0.2;
        batch.x32[i] = (float)fmin(1, fmax(0, u));
        batch.y32[i] = (float)(scale * sl_stream_normal(&stream));
        batch.x[i] = (double)batch.x32[i];
        batch.y[i] = (double)batch.y32[i];
        batch.dy[i] = -99;
        batch.dy32[i] = -99;
    }
}

static struct sl_likelihood
call_f64(size_t n, size_t d)
{
    return (struct sl_likelihood){.n = n,
                                  .d = d,
                                  .x = batch.x,
                                  .y = batch.y,
                                  .noise = 0.7,
                                  .rows = batch.rows,
                                  .dy = batch.dy};
}

/* By the definition, -x ln s - (1 - x) ln(1 - s), in extended precision. */
static double
bernoulli_by_definition(size_t d, const double *x, const double *y)
{
    long double sum = 0;

    for (size_t j = 0; j < d; j++) {
        long double target = (long double)x[j];
        long double one = 1 / (1 + expl(-(long double)y[j]));
        long double zero = 1 / (1 + expl((long double)y[j]));
        sum -= target * logl(one) + (1 - target) * logl(zero);
    }
    return (double)sum;
}

static double
gaussian_by_definition(size_t d, const double *x, const double *y, double noise)
{
    double sum = 0;

    for (size_t j = 0; j < d; j++)
        sum += pow((x[j] - y[j]) / noise, 2) / 2 + log(noise * sqrt(2 * M_PI));
    return sum;
}

static const size_t widths[] = {1, 2, 15, 16, 17, 784, 959, 960, 961, MOST};
#define WIDTHS (sizeof widths / sizeof *widths)

static void
rows_are_what_the_definition_says(void **state)
{
    (void)state;
    for (size_t w = 0; w < WIDTHS; w++) {
        size_t d = widths[w];
        struct sl_likelihood call = call_f64(ROWS, d);
        fill(ROWS * d, 4);
        sl_bernoulli_f64(&call);
        for (size_t i = 0; i < ROWS; i++) {
            double want = bernoulli_by_definition(d, batch.x + i * d, batch.y + i * d);
            assert_true(fabs(batch.rows[i] - want) < 1e-13 * want);
        }
        sl_gaussian_f64(&call);
        for (size_t i = 0; i < ROWS; i++) {
            double want =
                gaussian_by_definition(d, batch.x + i * d, batch.y + i * d, 0.7);
            assert_true(fabs(batch.rows[i] - want) < 1e-13 * want);
        }
    }
}

static double
mean_row(likelihood_fn *of, size_t d)
{
    struct sl_likelihood call = call_f64(ROWS, d);
    double sum = 0;

    call.dy = NULL;
    of(&call);
    for (size_t i = 0; i < ROWS; i++)
        sum += batch.rows[i];
    return sum / ROWS;
}

static void
gradients_are_those_of_central_differences(void **state)
{
    likelihood_fn *const all[] = {sl_bernoulli_f64, sl_gaussian_f64};
    const double step = 1e-5;
    const size_t d = 21;

    (void)state;
    for (size_t f = 0; f < 2; f++) {
        struct sl_likelihood call = call_f64(ROWS, d);
        fill(ROWS * d, 2);
        all[f](&call);
        for (size_t i = 0; i < ROWS * d; i++) {
            double at = batch.y[i], above, below;
            batch.y[i] = at + step;
            above = mean_row(all[f], d);
            batch.y[i] = at - step;
            below = mean_row(all[f], d);
            batch.y[i] = at;
            assert_true(fabs(batch.dy[i] - (above - below) / (2 * step)) < 1e-8);
        }
    }
}

static void
float32_is_near_float64(void **state)
{
    const struct {
        likelihood_fn *f32, *f64;
    } all[] = {{sl_bernoulli_f32, sl_bernoulli_f64}, {sl_gaussian_f32, sl_gaussian_f64}};
    const size_t d = 784;
    double rows[ROWS];

    (void)state;
    for (size_t f = 0; f < 2; f++) {
        struct sl_likelihood call = call_f64(ROWS, d), call32 = call;
        fill(ROWS * d, 5);
        all[f].f64(&call);
        memcpy(rows, batch.rows, sizeof rows);
        call32.x = batch.x32;
        call32.y = batch.y32;
        call32.dy = batch.dy32;
        all[f].f32(&call32);
        for (size_t i = 0; i < ROWS; i++)
            assert_true(fabs(rows[i] - batch.rows[i]) < 1e-7 * rows[i]);
        for (size_t i = 0; i < ROWS * d; i++)
            assert_true(fabs((double)batch.dy32[i] - batch.dy[i]) <
                        3e-7 * fmax(1, fabs(batch.dy[i])));
    }
}

/* {logit, x, -ln p, gradient}: where 1 + e^-|y| and e^|y| have long ended. */
static void
extreme_logits_stay_finite(void **state)
{
    const double cases[][4] = {
        {1e4, 1, 0, 0},         {1e4, 0, 1e4, 1},    {-1e4, 0, 0, 0},
        {-1e4, 1, 1e4, -1},     {3e38, 0, 3e38, 1},  {-3e38, 1, 3e38, -1},
        {0, 0, M_LN2, 0.5},     {0, 1, M_LN2, -0.5}, {1e4, 0.25, 7.5e3, 0.75},
        {-200, 0.5, 100, -0.5},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double x = cases[c][1], y = cases[c][0], row, dy;
        float x32 = (float)x, y32 = (float)y, dy32;
        struct sl_likelihood call = {
            .n = 1, .d = 1, .x = &x, .y = &y, .rows = &row, .dy = &dy};
        sl_bernoulli_f64(&call);
        assert_true(fabs(row - cases[c][2]) <= 1e-15 * cases[c][2]);
        assert_true(fabs(dy - cases[c][3]) < 1e-15);
        call.x = &x32;
        call.y = &y32;
        call.dy = &dy32;
        sl_bernoulli_f32(&call);
        assert_true(fabs(row - cases[c][2]) <= 1e-7 * cases[c][2]);
        assert_true(fabs((double)dy32 - cases[c][3]) < 1e-7);
    }
}

/* Bits of a row are those it has by itself, and threads change none. */
static void
a_row_depends_on_itself_alone(void **state)
{
    likelihood_fn *const all[] = {sl_bernoulli_f32, sl_gaussian_f32};
    const size_t d = 785;
    double together[ROWS], alone;
    struct sl_pool *pool;
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_pool_new(&pool, 3, &err), SL_OK);
    for (size_t f = 0; f < 2; f++) {
        struct sl_likelihood call = call_f64(ROWS, d);
        fill(ROWS * d, 3);
        call.x = batch.x32;
        call.y = batch.y32;
        call.dy = NULL;
        call.pool = pool;
        call.rows = together;
        all[f](&call);
        call.n = 1;
        call.rows = &alone;
        for (size_t i = 0; i < ROWS; i++) {
            call.x = batch.x32 + i * d;
            call.y = batch.y32 + i * d;
            all[f](&call);
            assert_memory_equal(&alone, &together[i], sizeof alone);
        }
    }
    sl_pool_free(pool);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_what_the_definition_says),
        cmocka_unit_test(gradients_are_those_of_central_differences),
        cmocka_unit_test(float32_is_near_float64),
        cmocka_unit_test(extreme_logits_stay_finite),
        cmocka_unit_test(a_row_depends_on_itself_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
