/* SPDX-License-Identifier: MIT */
#include "runner/tensor/special.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static float
from_bits(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Every 1,021st float32 there is, against the C library in float64. */
static void
exp_is_within_its_bound(void **state)
{
    size_t compared = 0;

    (void)state;
    for (uint64_t bits = 0; bits < UINT64_C(1) << 32; bits += 1021) {
        float x = from_bits((uint32_t)bits), got;
        double want, ulp;
        int exponent;
        if (isnan(x))
            continue;
        got = sl_exp(x);
        want = exp((double)x);
        if (isinf((float)want)) {
            assert_true(isinf(got));
            continue;
        }
        frexp(want, &exponent);
        ulp = ldexp(1, exponent < -125 ? -149 : exponent - 24);
        if (!(fabs((double)got - want) <= 1.1 * ulp))
            fail_msg("exp(%a) is %a, not %a", (double)x, (double)got, want);
        compared++;
    }
    assert_true(compared > 2000000);
}

static void
exp_at_its_ends(void **state)
{
    const struct {
        float x, want;
    } cases[] = {
        {0.0f, 1.0f},      {-0.0f, 1.0f},       {INFINITY, INFINITY}, {-INFINITY, 0.0f},
        {88.8f, INFINITY}, {3.4e38f, INFINITY}, {-104.0f, 0.0f},      {-3.4e38f, 0.0f},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float got = sl_exp(cases[i].x);
        assert_memory_equal(&got, &cases[i].want, sizeof got);
    }
    assert_true(isfinite(sl_exp(88.7f)));
    assert_true(isnan(sl_exp(NAN)));
}

/* Elements in vectors and those left over take the same path. */
static void
places_change_no_bit(void **state)
{
    enum { N = 67 };
    float x[N], y[N];

    (void)state;
    for (size_t i = 0; i < N; i++)
        x[i] = 0.7371f * (float)i - 21.17f;
    for (size_t first = 0; first < 9; first++) {
        for (size_t i = first; i < N; i++)
            y[i] = sl_exp(x[i]);
        for (size_t i = first; i < N; i++) {
            volatile float alone = x[i];
            float want = sl_exp(alone);
            assert_memory_equal(&y[i], &want, sizeof want);
        }
    }
}

static float
erf_by_bell(float u)
{
    return sl_bell_erf(u, sl_bell_near(u), sl_bell(u));
}

/* Every 1,021st float32 there is, against the C library in float64. */
static void
bell_and_erf_are_within_their_bounds(void **state)
{
    (void)state;
    for (uint64_t bits = 0; bits < UINT64_C(1) << 32; bits += 1021) {
        float u = from_bits((uint32_t)bits), bell, got;
        if (isnan(u))
            continue;
        bell = sl_bell(u);
        double half = 0.5 * (double)u * (double)u, want = exp(-half);
        if (!(fabs((double)bell - want) <= 2e-7 * (1 + half) * want) &&
            !(fabsf(u) > 13.1f && bell == 0))
            fail_msg("the bell of %a is %a, not %a", (double)u, (double)bell, want);
        got = erf_by_bell(u);
        want = erf((double)u * sqrt(0.5));
        if (!(fabs((double)got - want) <= 5e-7))
            fail_msg("erf(%a / sqrt 2) is %a, not %a", (double)u, (double)got, want);
        assert_true(fabsf(got) <= 1 && erf_by_bell(-u) == -got);
    }
}

static void
bell_at_its_ends(void **state)
{
    (void)state;
    assert_true(sl_bell(0) == 1 && fabsf(erf_by_bell(0)) < 5e-7f);
    assert_true(sl_bell(INFINITY) == 0 && erf_by_bell(INFINITY) == 1);
    assert_true(isnan(sl_bell(NAN)) && isnan(erf_by_bell(NAN)));
}

/* Within `most` units in the last place of the C library in float64, at every 2,039th
 * float32 there is in [low, high]. */
static void
compare(float (*got)(float), double (*want)(double), double low, double high, double most)
{
    size_t compared = 0;

    for (uint64_t bits = 0; bits < UINT64_C(1) << 32; bits += 2039) {
        float x = from_bits((uint32_t)bits);
        double exact, ulp;
        int exponent;
        if (!((double)x >= low && (double)x <= high))
            continue;
        exact = want((double)x);
        frexp(exact, &exponent);
        ulp = ldexp(1, exponent < -125 ? -149 : exponent - 24);
        if (!(fabs((double)got(x) - exact) <= most * ulp))
            fail_msg("at %a it is %a, not %a", (double)x, (double)got(x), exact);
        compared++;
    }
    assert_true(compared > 300000);
}

static double
softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static double
logistic(double x)
{
    return 1 / (1 + exp(-x));
}

static void
log_tanh_and_logistic_are_within_their_bounds(void **state)
{
    (void)state;
    compare(sl_log, log, 0x1p-149, 3.4e38, 1.1);
    compare(sl_tanh, tanh, -1e30, 1e30, 2);
    compare(sl_logistic, logistic, -85, 1e30, 3);
    compare(sl_softplus, softplus, 0.5, 1e30, 3);
    compare(sl_expm1_below, expm1, -1e30, -0.0, 6);
    compare(sl_log1p, log1p, 0, 1, 3);
    for (float x = -30; x < 0.5f; x += 0.37f)
        assert_true(fabs((double)sl_softplus(x) - softplus((double)x)) <= 2e-7);
}

static void
log_at_its_ends(void **state)
{
    (void)state;
    assert_true(sl_log(0.0f) == -INFINITY && sl_log(-0.0f) == -INFINITY);
    assert_true(sl_log(INFINITY) == INFINITY && sl_log(1.0f) == 0);
    assert_true(isnan(sl_log(-1.0f)) && isnan(sl_log(-INFINITY)) && isnan(sl_log(NAN)));
    assert_true(isnan(sl_tanh(NAN)) && isnan(sl_softplus(NAN)) &&
                isnan(sl_logistic(NAN)));
    assert_true(sl_tanh(INFINITY) == 1 && sl_tanh(-INFINITY) == -1);
    assert_true(sl_softplus(-INFINITY) == 0 && sl_softplus(INFINITY) == INFINITY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_within_its_bound),
        cmocka_unit_test(exp_at_its_ends),
        cmocka_unit_test(places_change_no_bit),
        cmocka_unit_test(bell_and_erf_are_within_their_bounds),
        cmocka_unit_test(bell_at_its_ends),
        cmocka_unit_test(log_tanh_and_logistic_are_within_their_bounds),
        cmocka_unit_test(log_at_its_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
