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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_within_its_bound),
        cmocka_unit_test(exp_at_its_ends),
        cmocka_unit_test(places_change_no_bit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
