/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/linear_gaussian.h"
#include "modules/learn/variational.h"
#include "tests/unit/fake_step.h"

enum { N = 9, D = 5, MOST = 400 };

static const struct sl_entry entry = {
    .name = "variational",
    .fields = sl_variational_fields,
    .config_size = sizeof(struct sl_variational_config),
};

struct fixture {
    struct sl_arena arena;
    struct sl_variational v;
    struct sl_variational_work work;
    struct sl_variational_pass pass;
    double x[N * D], theta[MOST], dtheta[MOST], missed[N], divergence[N];
    uint64_t keys[N];
    struct sl_error err;
};

static void
start(struct fixture *f)
{
    struct sl_stream encoder, decoder;

    sl_stream_init(&encoder, 23, "test_variational", "encoder");
    sl_stream_init(&decoder, 23, "test_variational", "decoder");
    assert_true(f->v.parameters <= MOST);
    sl_variational_start(&f->v, &encoder, &decoder, f->theta);
}

/* Rows in [0, 1]. */
static void
fixture_init(struct fixture *f, const char *yaml)
{
    struct sl_stream stream;

    memset(f, 0, sizeof *f);
    sl_arena_init(&f->arena);
    if (sl_variational_build(&f->v, fake_config(&entry, yaml, &f->arena), D, true,
                             &f->arena, &f->err) ||
        sl_variational_work_new(&f->work, &f->v, N, true, &f->arena, &f->err))
        fail_msg("%s", f->err.text);
    start(f);
    sl_stream_init(&stream, 23, "test_variational", "rows");
    for (size_t i = 0; i < N * D; i++)
        f->x[i] = sl_stream_uniform(&stream);
    f->pass = (struct sl_variational_pass){
        .n = N,
        .x = f->x,
        .theta = f->theta,
        .first = 1000,
        .samples = 1,
        .missed = f->missed,
        .divergence = f->divergence,
    };
    sl_stream_init(&f->pass.noise, 23, "test_variational", "noise");
    sl_stream_init(&f->pass.pixels, 23, "test_variational", "pixels");
}

static void
fixture_release(struct fixture *f)
{
    sl_arena_release(&f->arena);
}

/* The mean loss of the batch at theta. */
static double
loss(struct fixture *f)
{
    double sum = 0;

    sl_variational_terms(&f->work, &f->pass);
    for (size_t i = 0; i < N; i++)
        sum += f->missed[i] + f->v.config->beta * f->divergence[i];
    return sum / N;
}

#define SMOOTH "encoder: [6], latent: 3, activation: sigmoid, "
#define CLOSED "likelihood: gaussian, expectation: closed-form, "
static const char *const models[] = {
    "{" SMOOTH "likelihood: bernoulli}",
    "{" SMOOTH "likelihood: bernoulli, covariance: full, binarise: stochastic}",
    "{" SMOOTH "likelihood: bernoulli, covariance: full, binarise: threshold, beta: 0.3}",
    "{" SMOOTH "likelihood: gaussian, noise: 0.4}",
    "{" SMOOTH "likelihood: gaussian, noise: 2, covariance: full, beta: 2.5}",
    "{" SMOOTH "likelihood: gaussian, noise: 0.8, learn_noise: false}",
    "{encoder: [7, 4], decoder: [3], latent: 2, activation: sigmoid}",
    "{encoder: [], latent: 3, likelihood: gaussian, covariance: full}",
    "{" CLOSED "encoder: [], latent: 3}",
    "{" CLOSED "encoder: [], latent: 3, noise: 0.3, covariance: full}",
};
#define MODELS (sizeof models / sizeof *models)

static void
check_slopes(struct fixture *f, const char *yaml)
{
    const double step = 1e-5;

    sl_variational_gradient(&f->work, &f->pass, f->dtheta);
    for (size_t i = 0; i < f->v.parameters; i++) {
        double at = f->theta[i], above, below, want;
        f->theta[i] = at + step;
        above = loss(f);
        f->theta[i] = at - step;
        below = loss(f);
        f->theta[i] = at;
        want = (above - below) / (2 * step);
        if (!(fabs(f->dtheta[i] - want) <= 1e-7 * fmax(1, fabs(want))))
            fail_msg("%s: slope %zu is %.12g, by differences %.12g", yaml, i,
                     f->dtheta[i], want);
    }
}

/* Of the whole objective, with the draws held. */
static void
gradients_are_those_of_central_differences(void **state)
{
    static struct fixture f;

    (void)state;
    for (size_t m = 0; m < MODELS; m++) {
        fixture_init(&f, models[m]);
        check_slopes(&f, models[m]);
        fixture_release(&f);
    }
}

static void
a_frozen_decoder_has_no_slope(void **state)
{
    static struct fixture f;
    size_t encoder;

    (void)state;
    fixture_init(&f, "{encoder: [], latent: 3, likelihood: gaussian, covariance: full, "
                     "expectation: closed-form, freeze: decoder}");
    encoder = f.v.encoder.parameters;
    assert_int_equal(f.v.parameters, encoder + D * 3 + D);
    memset(f.dtheta, 0x7f, sizeof f.dtheta);
    sl_variational_gradient(&f.work, &f.pass, f.dtheta);
    for (size_t i = encoder; i < f.v.parameters; i++)
        assert_true(f.dtheta[i] == 0);
    for (size_t i = 0; i < encoder; i++) {
        const double step = 1e-5;
        double at = f.theta[i], above;
        f.theta[i] = at + step;
        above = loss(&f);
        f.theta[i] = at - step;
        assert_true(fabs(f.dtheta[i] - (above - loss(&f)) / (2 * step)) < 1e-7);
        f.theta[i] = at;
    }
    fixture_release(&f);
}

/* ---- the bound ---------------------------------------------------------------------- */

#define LINEAR "encoder: [], latent: 3, likelihood: gaussian, noise: 0.6, "

/* Within 5 standard errors over the rows' own draws. */
static void
a_closed_form_is_what_draws_come_to(void **state)
{
    static struct fixture exact, drawn;
    const char *const covariances[] = {"diagonal", "full"};

    (void)state;
    for (size_t c = 0; c < 2; c++) {
        enum { DRAWS = 4000 };
        char yaml[200];
        double sum[N] = {0}, square[N] = {0};
        snprintf(yaml, sizeof yaml,
                 "{" LINEAR "covariance: %s, expectation: closed-form}", covariances[c]);
        fixture_init(&exact, yaml);
        loss(&exact);
        snprintf(yaml, sizeof yaml, "{" LINEAR "covariance: %s}", covariances[c]);
        fixture_init(&drawn, yaml);
        for (uint64_t s = 0; s < DRAWS; s++) {
            drawn.pass.first = s * N;
            loss(&drawn);
            for (size_t i = 0; i < N; i++) {
                sum[i] += drawn.missed[i] / DRAWS;
                square[i] += drawn.missed[i] * drawn.missed[i] / DRAWS;
            }
        }
        for (size_t i = 0; i < N; i++) {
            double error = sqrt((square[i] - sum[i] * sum[i]) / DRAWS);
            assert_true(fabs(sum[i] - exact.missed[i]) < 5 * error);
            assert_true(exact.divergence[i] == drawn.divergence[i]);
        }
        fixture_release(&exact);
        fixture_release(&drawn);
    }
}

/* The exact mean ln p(x) of the batch at a linear decoder. */
static double
likelihood(struct fixture *f)
{
    uint32_t ids[N];
    double mean[D], covariance[D * D], nats;
    const double *decoder = f->theta + f->v.encoder.parameters;
    struct sl_dataset data = {.n = N, .d = D, .type = SL_F64, .x = f->x, .scale = 1};
    struct sl_rows rows = {&data, ids, N};
    struct sl_linear_gaussian m = {D, 3, decoder, decoder + D * 3,
                                   sl_variational_noise(&f->v, f->theta)};

    for (uint32_t i = 0; i < N; i++)
        ids[i] = i;
    assert_int_equal(sl_rows_covariance(&rows, mean, covariance, &f->err), SL_OK);
    assert_int_equal(sl_linear_gaussian_likelihood(&m, mean, covariance, &nats, &f->err),
                     SL_OK);
    return nats;
}

static void
scatter(double *x, size_t n, double scale, uint64_t seed)
{
    struct sl_stream stream;

    sl_stream_init(&stream, seed, "test_variational", "scatter");
    for (size_t i = 0; i < n; i++)
        x[i] = scale * sl_stream_normal(&stream);
}

static void
the_bound_is_below_the_likelihood(void **state)
{
    static struct fixture f;

    (void)state;
    fixture_init(&f, "{" LINEAR "covariance: full, expectation: closed-form}");
    for (uint64_t seed = 0; seed < 200; seed++) {
        scatter(f.theta, f.v.parameters, 0.7, seed);
        assert_true(-loss(&f) < likelihood(&f));
    }
    fixture_release(&f);
}

/* M = I + W'W / noise^2, of which the posterior's covariance is the inverse: for 3 latents
 * by cofactors. */
static void
posterior_covariance(const double *weight, double noise, double inverse[9])
{
    double m[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, det;

    for (size_t j = 0; j < D; j++)
        for (size_t i = 0; i < 9; i++)
            m[i] += weight[j * 3 + i / 3] * weight[j * 3 + i % 3] / (noise * noise);
    for (size_t r = 0; r < 3; r++)
        for (size_t c = 0; c < 3; c++)
            inverse[c * 3 + r] =
                m[(r + 1) % 3 * 3 + (c + 1) % 3] * m[(r + 2) % 3 * 3 + (c + 2) % 3] -
                m[(r + 1) % 3 * 3 + (c + 2) % 3] * m[(r + 2) % 3 * 3 + (c + 1) % 3];
    det = m[0] * inverse[0] + m[1] * inverse[3] + m[2] * inverse[6];
    for (size_t i = 0; i < 9; i++)
        inverse[i] /= det;
}

/* Sets the encoder to the true posterior, N(V W'(x - b) / noise^2, V), or, where it is
 * diagonal, to the best of that kind: the variances are the inverses of M's diagonal. */
static void
set_posterior(struct fixture *f, bool full)
{
    size_t columns = full ? 9 : 6;
    const double *w = f->theta + f->v.encoder.parameters, *b = w + D * 3;
    double noise = sl_variational_noise(&f->v, f->theta), v[9], l[9] = {0};
    double *weight = f->theta, *bias = f->theta + columns * D;

    posterior_covariance(w, noise, v);
    memset(f->theta, 0, f->v.encoder.parameters * sizeof *f->theta);
    for (size_t r = 0; r < 3; r++) {
        for (size_t j = 0; j < D; j++) {
            for (size_t c = 0; c < 3; c++)
                weight[r * D + j] += v[r * 3 + c] * w[j * 3 + c] / (noise * noise);
            bias[r] -= weight[r * D + j] * b[j];
        }
    }
    for (size_t r = 0; r < 3; r++) {
        for (size_t c = 0; c <= r; c++) {
            double sum = v[r * 3 + c];
            for (size_t i = 0; i < c; i++)
                sum -= l[r * 3 + i] * l[c * 3 + i];
            l[r * 3 + c] = r == c ? sqrt(sum) : sum / l[c * 3 + c];
        }
        bias[3 + r] = log(l[r * 3 + r]);
    }
    if (full) {
        bias[6] = l[3];
        bias[7] = l[6];
        bias[8] = l[7];
        return;
    }
    for (size_t r = 0; r < 3; r++) {
        double precision = 1;
        for (size_t j = 0; j < D; j++)
            precision += w[j * 3 + r] * w[j * 3 + r] / (noise * noise);
        bias[3 + r] = -log(precision) / 2;
    }
}

/* At any decoder: with the true posterior the bound is the likelihood; the best diagonal
 * one leaves (sum ln M_ii - ln det M) / 2. */
static void
only_the_true_posterior_closes_the_gap(void **state)
{
    static struct fixture f;

    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        double gap, want = 0, v[9], noise;
        const double *w;
        fixture_init(&f, "{" LINEAR "covariance: full, expectation: closed-form}");
        scatter(f.theta, f.v.parameters, 0.7, seed);
        set_posterior(&f, true);
        gap = likelihood(&f) + loss(&f);
        assert_true(fabs(gap) < 1e-10 * fmax(1, fabs(likelihood(&f))));
        fixture_release(&f);

        fixture_init(&f, "{" LINEAR "expectation: closed-form}");
        scatter(f.theta, f.v.parameters, 0.7, seed);
        set_posterior(&f, false);
        gap = likelihood(&f) + loss(&f);
        w = f.theta + f.v.encoder.parameters;
        noise = sl_variational_noise(&f.v, f.theta);
        posterior_covariance(w, noise, v);
        for (size_t r = 0; r < 3; r++)
            want -= f.theta[6 * D + 3 + r];
        want +=
            log(v[0] * (v[4] * v[8] - v[5] * v[7]) - v[1] * (v[3] * v[8] - v[5] * v[6]) +
                v[2] * (v[3] * v[7] - v[4] * v[6])) /
            2;
        assert_true(want > 1e-3);
        assert_true(fabs(gap - want) < 1e-9 * fmax(1, fabs(likelihood(&f))));
        fixture_release(&f);
    }
}

/* ---- draws -------------------------------------------------------------------------- */

/* The same rows at other places of a batch, in other company. */
static void
draws_are_keyed_by_rows(void **state)
{
    static struct fixture f;
    double missed[N], divergence[N], x[D];

    (void)state;
    fixture_init(&f, models[1]);
    for (uint32_t i = 0; i < N; i++)
        f.keys[i] = 500 - 7 * i;
    f.pass.keys = f.keys;
    f.pass.samples = 3;
    loss(&f);
    memcpy(missed, f.missed, sizeof missed);
    memcpy(divergence, f.divergence, sizeof divergence);
    for (size_t i = 0; i < N / 2; i++) {
        uint64_t key = f.keys[i];
        f.keys[i] = f.keys[N - 1 - i];
        f.keys[N - 1 - i] = key;
        memcpy(x, f.x + i * D, sizeof x);
        memcpy(f.x + i * D, f.x + (N - 1 - i) * D, sizeof x);
        memcpy(f.x + (N - 1 - i) * D, x, sizeof x);
    }
    loss(&f);
    for (size_t i = 0; i < N; i++) {
        assert_true(fabs(missed[i] - f.missed[N - 1 - i]) < 1e-13 * missed[i]);
        assert_true(fabs(divergence[i] - f.divergence[N - 1 - i]) < 1e-13);
    }
    f.keys[0]++;
    loss(&f);
    assert_true(fabs(missed[N - 1] - f.missed[0]) > 1e-6);
    fixture_release(&f);
}

/* Sum over keys of each row's squared distance from its mean over many draws. */
static double
scatter_of_means(struct fixture *f, size_t samples, const double *mean)
{
    double sum = 0;

    f->pass.samples = samples;
    for (uint64_t key = 0; key < 2000; key++) {
        f->pass.first = 5000 + key * N;
        loss(f);
        for (size_t i = 0; i < N; i++)
            sum += pow(f->missed[i] - mean[i], 2);
    }
    return sum;
}

/* The mean of 4 draws has a quarter of one's variance. */
static void
several_draws_are_averaged(void **state)
{
    static struct fixture f;
    double mean[N], ratio;

    (void)state;
    fixture_init(&f, models[3]);
    f.pass.samples = 20000;
    loss(&f);
    memcpy(mean, f.missed, sizeof mean);
    ratio = scatter_of_means(&f, 1, mean) / scatter_of_means(&f, 4, mean);
    assert_true(ratio > 3.6 && ratio < 4.4);
    fixture_release(&f);
}

static void
parameters_go_and_come_back(void **state)
{
    static struct fixture f;
    struct sl_bundle bundle;
    double back[MOST];

    (void)state;
    for (size_t m = 0; m < MODELS; m++) {
        fixture_init(&f, models[m]);
        scatter(f.theta, f.v.parameters, 1, m);
        sl_bundle_init(&bundle, &f.arena);
        assert_int_equal(sl_variational_pack(&f.v, f.theta, &bundle, &f.err), SL_OK);
        assert_int_equal(sl_variational_unpack(&f.v, &bundle, back, &f.err), SL_OK);
        assert_memory_equal(back, f.theta, f.v.parameters * sizeof *back);
        bundle.n--;
        assert_int_equal(sl_variational_unpack(&f.v, &bundle, back, &f.err),
                         SL_ERR_SHAPE);
        fixture_release(&f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_those_of_central_differences),
        cmocka_unit_test(a_frozen_decoder_has_no_slope),
        cmocka_unit_test(a_closed_form_is_what_draws_come_to),
        cmocka_unit_test(the_bound_is_below_the_likelihood),
        cmocka_unit_test(only_the_true_posterior_closes_the_gap),
        cmocka_unit_test(draws_are_keyed_by_rows),
        cmocka_unit_test(several_draws_are_averaged),
        cmocka_unit_test(parameters_go_and_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
