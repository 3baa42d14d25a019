/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/linear_gaussian.h"
#include "runner/base/rng.h"
#include "runner/tensor/linalg.h"

/* More rows than one chunk of them. */
enum { ROWS = 600, D = 6 };

struct fixture {
    double x[ROWS * D];
    uint32_t ids[ROWS];
    struct sl_dataset data;
    struct sl_rows rows;
    double mean[D], covariance[D * D];
    struct sl_error err;
};

/* Columns that depend on each other, in units of a scale. */
static void
fixture_init(struct fixture *f)
{
    struct sl_stream stream;

    sl_stream_init(&stream, 41, "test_linear_gaussian", "rows");
    for (uint32_t i = 0; i < ROWS; i++) {
        double shared = sl_stream_normal(&stream), other = sl_stream_normal(&stream);
        f->ids[i] = ROWS - 1 - i;
        for (size_t j = 0; j < D; j++)
            f->x[i * D + j] = 3.0 * (double)j + (2.0 - (double)j) * shared +
                              0.7 * (double)(j % 3) * other +
                              0.4 * sl_stream_normal(&stream);
    }
    f->data =
        (struct sl_dataset){.n = ROWS, .d = D, .type = SL_F64, .x = f->x, .scale = 2};
    f->rows = (struct sl_rows){&f->data, f->ids, ROWS};
    assert_int_equal(sl_rows_covariance(&f->rows, f->mean, f->covariance, &f->err),
                     SL_OK);
}

static void
covariance_is_the_mean_of_products(void **state)
{
    static struct fixture f;

    (void)state;
    fixture_init(&f);
    for (size_t a = 0; a < D; a++) {
        long double mean = 0;
        for (size_t i = 0; i < ROWS; i++)
            mean += (long double)f.x[i * D + a] / 2 / ROWS;
        assert_true(fabs(f.mean[a] - (double)mean) < 1e-13);
        for (size_t b = 0; b < D; b++) {
            long double sum = 0;
            for (size_t i = 0; i < ROWS; i++)
                sum += ((long double)f.x[i * D + a] / 2 - (long double)f.mean[a]) *
                       ((long double)f.x[i * D + b] / 2 - (long double)f.mean[b]) / ROWS;
            assert_true(fabs(f.covariance[a * D + b] - (double)sum) < 1e-13);
        }
    }
}

/* ln N(x; b, W W' + noise^2 I) of one row, by its determinant and its own elimination. */
static double
log_density(const struct sl_linear_gaussian *m, const double *x)
{
    double c[D][D + 1], square = 0, log_det = 0;

    for (size_t i = 0; i < D; i++) {
        for (size_t j = 0; j < D; j++) {
            c[i][j] = i == j ? m->noise * m->noise : 0;
            for (size_t l = 0; l < m->k; l++)
                c[i][j] += m->weight[i * m->k + l] * m->weight[j * m->k + l];
        }
        c[i][D] = x[i] - m->bias[i];
    }
    for (size_t p = 0; p < D; p++) {
        log_det += log(c[p][p]);
        for (size_t i = p + 1; i < D; i++) {
            double by = c[i][p] / c[p][p];
            for (size_t j = p; j <= D; j++)
                c[i][j] -= by * c[p][j];
        }
    }
    /* With the pivots p and the right side y of L' C, r' C^-1 r = sum y^2 / p. */
    for (size_t p = 0; p < D; p++)
        square += c[p][D] * c[p][D] / c[p][p];
    return -(D * log(2 * M_PI) + log_det + square) / 2;
}

static double
mean_log_density(const struct fixture *f, const struct sl_linear_gaussian *m)
{
    double x[D], sum = 0;

    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < D; j++)
            x[j] = f->x[i * D + j] / 2;
        sum += log_density(m, x);
    }
    return sum / ROWS;
}

static double
likelihood(struct fixture *f, const struct sl_linear_gaussian *m)
{
    double nats;

    assert_int_equal(
        sl_linear_gaussian_likelihood(m, f->mean, f->covariance, &nats, &f->err), SL_OK);
    return nats;
}

static void
likelihood_is_the_mean_of_the_rows(void **state)
{
    static struct fixture f;
    const double noises[] = {0.3, 1, 4.5};

    (void)state;
    fixture_init(&f);
    for (size_t c = 0; c < 3; c++) {
        double weight[D * 2], bias[D], want;
        struct sl_linear_gaussian m = {D, 2, weight, bias, noises[c]};
        struct sl_stream stream;
        sl_stream_init(&stream, c, "test_linear_gaussian", "model");
        for (size_t i = 0; i < D * 2; i++)
            weight[i] = sl_stream_normal(&stream);
        for (size_t j = 0; j < D; j++)
            bias[j] = f.mean[j] + 0.5 * sl_stream_normal(&stream);
        want = mean_log_density(&f, &m);
        assert_true(fabs(likelihood(&f, &m) - want) < 1e-12 * fabs(want));
    }
}

/* The optimum that Tipping and Bishop give: W = U (Lambda - v I)^1/2, b the mean. */
static double
optimum(struct fixture *f, size_t k, double *weight)
{
    double a[D * D], values[D], left = 0;

    memcpy(a, f->covariance, sizeof a);
    assert_int_equal(sl_eigen_symmetric(D, a, values, &f->err), SL_OK);
    for (size_t i = 0; i < D - k; i++)
        left += values[i] / (double)(D - k);
    for (size_t l = 0; l < k; l++)
        for (size_t j = 0; j < D; j++)
            weight[j * k + l] = a[(D - 1 - l) * D + j] * sqrt(values[D - 1 - l] - left);
    return sqrt(left);
}

static void
ceilings_are_reached_at_the_optimum(void **state)
{
    static struct fixture f;
    double ceilings[D];

    (void)state;
    fixture_init(&f);
    assert_int_equal(sl_linear_gaussian_ceilings(D, f.covariance, ceilings, &f.err),
                     SL_OK);
    for (size_t k = 0; k < D; k++) {
        double weight[D * D];
        struct sl_linear_gaussian m = {D, k, weight, f.mean, optimum(&f, k, weight)};
        assert_true(fabs(likelihood(&f, &m) - ceilings[k]) < 1e-12);
        assert_true(k == 0 || ceilings[k] > ceilings[k - 1]);
    }
}

/* Every step away from it, small or large, in weights, bias and noise, leads down; and all
 * of the slopes there are zero. */
static void
nothing_is_above_a_ceiling(void **state)
{
    static struct fixture f;
    const size_t k = 2;
    double ceilings[D], best[D * 2], weight[D * 2], bias[D], noise;
    struct sl_linear_gaussian m = {D, k, weight, bias, 0};
    struct sl_stream stream;

    (void)state;
    fixture_init(&f);
    assert_int_equal(sl_linear_gaussian_ceilings(D, f.covariance, ceilings, &f.err),
                     SL_OK);
    noise = optimum(&f, k, best);
    sl_stream_init(&stream, 8, "test_linear_gaussian", "steps");
    for (size_t s = 0; s < 2000; s++) {
        double size = pow(10, -6 * sl_stream_uniform(&stream)), down;
        for (size_t i = 0; i < D * k; i++)
            weight[i] = best[i] + size * sl_stream_normal(&stream);
        for (size_t j = 0; j < D; j++)
            bias[j] = f.mean[j] + size * sl_stream_normal(&stream);
        m.noise = noise * exp(size * sl_stream_normal(&stream));
        down = ceilings[k] - likelihood(&f, &m);
        assert_true(down > -1e-12);
        assert_true(down < 2e4 * size * size + 1e-12 || size > 1e-3);
    }
}

static void
no_ceiling_without_variance(void **state)
{
    double covariance[D * D] = {0}, ceilings[D];
    struct sl_error err;

    (void)state;
    covariance[0] = 2;
    assert_int_equal(sl_linear_gaussian_ceilings(D, covariance, ceilings, &err), SL_OK);
    assert_true(isfinite(ceilings[0]));
    assert_true(isnan(ceilings[1]));
}

static void
a_model_without_noise_is_refused(void **state)
{
    static struct fixture f;
    double weight[D] = {1, 2, 3, 4, 5, 6}, nats;
    struct sl_linear_gaussian m = {D, 1, weight, f.mean, 0};

    (void)state;
    fixture_init(&f);
    assert_int_equal(
        sl_linear_gaussian_likelihood(&m, f.mean, f.covariance, &nats, &f.err),
        SL_ERR_NUMERIC);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covariance_is_the_mean_of_products),
        cmocka_unit_test(likelihood_is_the_mean_of_the_rows),
        cmocka_unit_test(ceilings_are_reached_at_the_optimum),
        cmocka_unit_test(nothing_is_above_a_ceiling),
        cmocka_unit_test(no_ceiling_without_variance),
        cmocka_unit_test(a_model_without_noise_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
