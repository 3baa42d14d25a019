/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/gaussian.h"
#include "modules/learn/posterior.h"
#include "modules/learn/spread.h"
#include "runner/base/rng.h"

enum { N = 7, K = 4, MOST = 2 * K + K * (K - 1) / 2, D = 5 };

struct fixture {
    double h[N * MOST], e[N * K], z[N * K], dz[N * K], dh[N * MOST], rows[N];
    struct sl_posterior q;
};

static void
fill(double *x, size_t n, double scale, const char *purpose)
{
    struct sl_stream stream;

    sl_stream_init(&stream, 11, "test_posterior", purpose);
    for (size_t i = 0; i < n; i++)
        x[i] = scale * sl_stream_normal(&stream);
}

static void
fixture_init(struct fixture *f, bool full)
{
    memset(f, 0, sizeof *f);
    fill(f->h, N * MOST, 0.8, "h");
    fill(f->e, N * K, 1, "e");
    fill(f->dz, N * K, 1, "dz");
    f->q = (struct sl_posterior){.n = N, .k = K, .full = full, .h = f->h, .e = f->e};
}

/* L of a row, by the layout that the header states. */
static void
factor(const struct fixture *f, size_t i, double *l)
{
    const double *h = f->h + i * sl_posterior_columns(K, f->q.full);
    size_t at = 2 * K;

    memset(l, 0, K * K * sizeof *l);
    for (size_t r = 0; r < K; r++) {
        l[r * K + r] = exp(h[K + r]);
        for (size_t c = 0; f->q.full && c < r; c++)
            l[r * K + c] = h[at++];
    }
}

static void
both(void (*check)(struct fixture *f))
{
    struct fixture f;

    for (int full = 0; full < 2; full++) {
        fixture_init(&f, full);
        check(&f);
    }
}

static void
check_draws(struct fixture *f)
{
    size_t columns = sl_posterior_columns(K, f->q.full);

    sl_posterior_draw_f64(&f->q, f->z);
    for (size_t i = 0; i < N; i++) {
        double l[K * K];
        factor(f, i, l);
        for (size_t r = 0; r < K; r++) {
            double want = f->h[i * columns + r];
            for (size_t c = 0; c < K; c++)
                want += l[r * K + c] * f->e[i * K + c];
            assert_true(fabs(f->z[i * K + r] - want) < 1e-14);
        }
    }
    f->q.e = NULL;
    sl_posterior_draw_f64(&f->q, f->z);
    for (size_t i = 0; i < N * K; i++)
        assert_true(f->z[i] == f->h[i / K * columns + i % K]);
}

static void
draws_are_the_mean_and_the_factor_times_noise(void **state)
{
    (void)state;
    both(check_draws);
}

/* The general divergence of two Gaussians, from a file that knows nothing of this one. */
static void
check_divergence(struct fixture *f)
{
    const double zero[K] = {0};
    double unit[K * K] = {0}, l[K * K], want;
    struct sl_gaussian prior = {K, zero, unit}, q = {K, NULL, l};
    struct sl_arena arena;
    struct sl_error err;

    sl_arena_init(&arena);
    for (size_t r = 0; r < K; r++)
        unit[r * K + r] = 1;
    sl_posterior_divergence_f64(&f->q, f->rows);
    for (size_t i = 0; i < N; i++) {
        factor(f, i, l);
        q.mean = f->h + i * sl_posterior_columns(K, f->q.full);
        assert_int_equal(sl_gaussian_divergence(&q, &prior, &arena, &want, &err), SL_OK);
        assert_true(fabs(f->rows[i] - want) < 1e-13 * fmax(1, want));
    }
    sl_arena_release(&arena);
}

static void
divergence_is_that_of_two_gaussians(void **state)
{
    (void)state;
    both(check_divergence);
}

static void
divergence_of_the_prior_is_zero(void **state)
{
    double h[MOST] = {0}, row;
    struct sl_posterior q = {.n = 1, .k = K, .full = true, .h = h};

    (void)state;
    sl_posterior_divergence_f64(&q, &row);
    assert_true(row == 0);
}

/* ln q(z) - ln p(z) = (|z|^2 - |e|^2) / 2 - sum a, averaged over draws. */
static void
check_monte_carlo(struct fixture *f)
{
    enum { DRAWS = 40000 };
    struct sl_stream stream;
    double sum = 0, square = 0, e[K], z[K], log_det = 0, error;

    sl_posterior_divergence_f64(&f->q, f->rows);
    sl_stream_init(&stream, 5, "test_posterior", "draws");
    f->q.n = 1;
    f->q.e = e;
    for (size_t r = 0; r < K; r++)
        log_det += f->h[K + r];
    for (size_t s = 0; s < DRAWS; s++) {
        double ratio = -log_det;
        for (size_t r = 0; r < K; r++)
            e[r] = sl_stream_normal(&stream);
        sl_posterior_draw_f64(&f->q, z);
        for (size_t r = 0; r < K; r++)
            ratio += (z[r] * z[r] - e[r] * e[r]) / 2;
        sum += ratio;
        square += ratio * ratio;
    }
    sum /= DRAWS;
    error = sqrt((square / DRAWS - sum * sum) / DRAWS);
    assert_true(fabs(sum - f->rows[0]) < 5 * error);
}

static void
divergence_is_an_expectation(void **state)
{
    (void)state;
    both(check_monte_carlo);
}

/* ---- gradients ---------------------------------------------------------------------- */

/* Of dz' z + weight times the divergences. */
static double
objective(struct fixture *f, double weight)
{
    double sum = 0;

    sl_posterior_draw_f64(&f->q, f->z);
    sl_posterior_divergence_f64(&f->q, f->rows);
    for (size_t i = 0; i < N * K; i++)
        sum += f->dz[i] * f->z[i];
    for (size_t i = 0; i < N; i++)
        sum += weight * f->rows[i];
    return sum;
}

static void
check_gradient(struct fixture *f)
{
    const double step = 1e-5, weight = 0.37;

    sl_posterior_gradient_f64(&f->q, f->dz, weight, f->dh);
    for (size_t i = 0; i < N * sl_posterior_columns(K, f->q.full); i++) {
        double at = f->h[i], above, below;
        f->h[i] = at + step;
        above = objective(f, weight);
        f->h[i] = at - step;
        below = objective(f, weight);
        f->h[i] = at;
        assert_true(fabs(f->dh[i] - (above - below) / (2 * step)) < 1e-7);
    }
}

static void
gradients_are_those_of_central_differences(void **state)
{
    (void)state;
    both(check_gradient);
}

static void
check_float32(struct fixture *f)
{
    float h[N * MOST], e[N * K], z[N * K], dz[N * K], dh[N * MOST];
    double rows[N];
    size_t columns = sl_posterior_columns(K, f->q.full);
    struct sl_posterior q = {.n = N, .k = K, .full = f->q.full, .h = h, .e = e};

    for (size_t i = 0; i < N * MOST; i++)
        h[i] = (float)f->h[i];
    for (size_t i = 0; i < N * K; i++) {
        e[i] = (float)f->e[i];
        dz[i] = (float)f->dz[i];
    }
    sl_posterior_draw_f32(&q, z);
    sl_posterior_divergence_f32(&q, rows);
    sl_posterior_gradient_f32(&q, dz, 0.4, dh);
    sl_posterior_draw_f64(&f->q, f->z);
    sl_posterior_divergence_f64(&f->q, f->rows);
    sl_posterior_gradient_f64(&f->q, f->dz, 0.4, f->dh);
    for (size_t i = 0; i < N * K; i++)
        assert_true(fabs((double)z[i] - f->z[i]) < 1e-5);
    for (size_t i = 0; i < N; i++)
        assert_true(fabs(rows[i] - f->rows[i]) < 1e-5);
    for (size_t i = 0; i < N * columns; i++)
        assert_true(fabs((double)dh[i] - f->dh[i]) < 2e-5);
}

static void
float32_is_near_float64(void **state)
{
    (void)state;
    both(check_float32);
}

/* ---- what lies around the mean ------------------------------------------------------ */

static double
spread(const struct fixture *f, const double *weight, double *rows)
{
    double gram[K * K], scratch[2 * K * K], sum = 0;

    memset(rows, 0, N * sizeof *rows);
    sl_spread_gram_f64(D, K, weight, 0.6, gram);
    sl_spread_rows_f64(&f->q, gram, scratch, rows);
    for (size_t i = 0; i < N; i++)
        sum += rows[i] / N;
    return sum;
}

/* E |W (z - m)|^2 / (2 noise^2) = |W L|^2 / (2 noise^2). */
static void
check_spread(struct fixture *f)
{
    double weight[D * K];

    fill(weight, D * K, 1, "weight");
    spread(f, weight, f->rows);
    for (size_t i = 0; i < N; i++) {
        double l[K * K], want = 0;
        factor(f, i, l);
        for (size_t j = 0; j < D; j++) {
            for (size_t c = 0; c < K; c++) {
                double sum = 0;
                for (size_t r = 0; r < K; r++)
                    sum += weight[j * K + r] * l[r * K + c];
                want += sum * sum / (2 * 0.36);
            }
        }
        assert_true(fabs(f->rows[i] - want) < 1e-13 * want);
    }
}

static void
spread_is_the_square_of_the_mapped_factor(void **state)
{
    (void)state;
    both(check_spread);
}

static void
assert_slope(const struct fixture *f, const double *weight, double *x, double got)
{
    const double step = 1e-5;
    double at = *x, rows[N], above, below;

    *x = at + step;
    above = spread(f, weight, rows);
    *x = at - step;
    below = spread(f, weight, rows);
    *x = at;
    assert_true(fabs(got - (above - below) / (2 * step)) < 1e-7 * fmax(1, fabs(got)));
}

static void
check_spread_gradient(struct fixture *f)
{
    double weight[D * K], dweight[D * K] = {0}, gram[K * K], moment[K * K];
    double scratch[2 * K * K];

    fill(weight, D * K, 1, "weight");
    sl_spread_gram_f64(D, K, weight, 0.6, gram);
    sl_spread_gradient_f64(&f->q, gram, scratch, f->dh, moment);
    sl_spread_weight_f64(D, K, weight, moment, 1 / (0.36 * N), dweight);
    for (size_t i = 0; i < N * sl_posterior_columns(K, f->q.full); i++)
        assert_slope(f, weight, &f->h[i], f->dh[i]);
    for (size_t i = 0; i < D * K; i++)
        assert_slope(f, weight, &weight[i], dweight[i]);
}

static void
spread_gradients_are_those_of_central_differences(void **state)
{
    (void)state;
    both(check_spread_gradient);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_are_the_mean_and_the_factor_times_noise),
        cmocka_unit_test(divergence_is_that_of_two_gaussians),
        cmocka_unit_test(divergence_of_the_prior_is_zero),
        cmocka_unit_test(divergence_is_an_expectation),
        cmocka_unit_test(gradients_are_those_of_central_differences),
        cmocka_unit_test(float32_is_near_float64),
        cmocka_unit_test(spread_is_the_square_of_the_mapped_factor),
        cmocka_unit_test(spread_gradients_are_those_of_central_differences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
