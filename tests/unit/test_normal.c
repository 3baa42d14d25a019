/* SPDX-License-Identifier: MIT */
#include "runner/tensor/normal.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* To 20 digits, by 50-digit arithmetic. */
static const struct {
    double x, log_cdf;
} cases[] = {
    {-10000.0, -50000010.129278915181}, {-123.25, -7601.0144691656438697},
    {-50, -1254.8313611394199013},      {-38.5, -745.69527029041108133},
    {-31.7, -506.82124788422384691},    {-29.3, -433.54268751238577871},
    {-8.125, -36.03630982124420732},    {-2.385, -4.7630457155163705863},
    {-0.4375, -1.1060164679541364186},  {0, -0.69314718055994530942},
    {0.7, -0.277023942277131263},       {3.1, -0.00096807164340154974293},
    {7.75, -4.5946274357786060155e-15}, {11.5, -6.5957714461136750791e-31},
};
enum { CASES = sizeof cases / sizeof *cases };

static void
log_cdf_is_exact_in_both_tails(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        double x = cases[i].x, want = cases[i].log_cdf, got = sl_normal_log_cdf(x);
        double bound = x > 0 ? 2 + x * x : 4;
        if (!(fabs(got - want) <= bound * DBL_EPSILON * fabs(want)))
            fail_msg("ln Phi(%g) is %.17g, not %.17g", x, got, want);
    }
    assert_true(sl_normal_log_cdf(-1e150) < -4e299);
    assert_true(isfinite(sl_normal_log_cdf(-1e150)));
}

static void
cdf_and_its_logarithm_agree(void **state)
{
    (void)state;
    for (double x = -36; x < 9; x += 0.171)
        assert_true(fabs(log(sl_normal_cdf(x)) - sl_normal_log_cdf(x)) <=
                    1e-15 * fabs(sl_normal_log_cdf(x)) + 2e-16);
    assert_true(sl_normal_cdf(-(double)INFINITY) == 0 &&
                sl_normal_cdf((double)INFINITY) == 1);
}

static void
quantile_is_the_way_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES && cases[i].x <= 0; i++) {
        double got = sl_normal_quantile(cases[i].log_cdf);
        if (!(fabs(got - cases[i].x) <= 4 * DBL_EPSILON * fabs(cases[i].x) + 1e-16))
            fail_msg("quantile of exp(%.17g) is %.17g, not %.17g", cases[i].log_cdf, got,
                     cases[i].x);
    }
    for (double x = -0.0625; x > -1e8; x *= 1.0471) {
        double back = sl_normal_quantile(sl_normal_log_cdf(x));
        if (!(fabs(back - x) <= 8 * DBL_EPSILON * fabs(x) + 1e-16))
            fail_msg("%.17g came back as %.17g", x, back);
    }
    assert_true(isinf(sl_normal_quantile(-(double)INFINITY)));
    assert_true(isnan(sl_normal_quantile((double)NAN)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_cdf_is_exact_in_both_tails),
        cmocka_unit_test(cdf_and_its_logarithm_agree),
        cmocka_unit_test(quantile_is_the_way_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
