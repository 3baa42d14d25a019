/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runner/sweep/summary.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void
near(double got, double want, double relative)
{
    if (!(fabs(got - want) <= relative * fabs(want)))
        fail_msg("%.17g, not %.17g", got, want);
}

/* ---- Student's t -------------------------------------------------------------------- */

/* Quantiles of 1, 2 and 4 degrees have a closed form. */
static double
closed_form(double p, int degrees)
{
    double pi = acos(-1.0), a = 4 * p * (1 - p), sign = p < 0.5 ? -1 : 1;

    if (degrees == 1)
        return tan(pi * (p - 0.5));
    if (degrees == 2)
        return (2 * p - 1) * sqrt(2 / a);
    return sign * 2 * sqrt(cos(acos(sqrt(a)) / 3) / sqrt(a) - 1);
}

static void
quantiles_agree_with_closed_forms(void **state)
{
    static const double ps[] = {0.0003, 0.025, 0.31, 0.62, 0.95, 0.975, 0.99973};
    static const int degrees[] = {1, 2, 4};

    (void)state;
    for (size_t i = 0; i < COUNT(ps); i++)
        for (size_t j = 0; j < COUNT(degrees); j++)
            near(sl_student_quantile(ps[i], degrees[j]), closed_form(ps[i], degrees[j]),
                 1e-11);
    assert_true(sl_student_quantile(0.5, 7.0) == 0.0);
}

/* Fisher and Yates, Statistical Tables, table III. */
static void
quantiles_agree_with_the_tables(void **state)
{
    static const struct {
        double p, degrees, want;
    } cases[] = {
        {0.975, 3, 3.182},  {0.975, 5, 2.571},  {0.975, 7, 2.365},   {0.975, 9, 2.262},
        {0.975, 12, 2.179}, {0.975, 18, 2.101}, {0.975, 19, 2.093},  {0.975, 30, 2.042},
        {0.995, 6, 3.707},  {0.995, 10, 3.169}, {0.9995, 14, 4.140}, {0.95, 8, 1.860},
        {0.75, 15, 0.691},  {0.55, 23, 0.127},  {0.975, 120, 1.980},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        double t = sl_student_quantile(cases[i].p, cases[i].degrees);
        assert_true(fabs(t - cases[i].want) < 0.00051);
        near(sl_student_quantile(1 - cases[i].p, cases[i].degrees), -t, 1e-12);
    }
}

/* Cornish and Fisher's expansion at many degrees. */
static void
quantiles_tend_to_the_normal_ones(void **state)
{
    static const double degrees[] = {2.0e4, 3.7e5, 1e6};
    const double z = 1.959963984540054, z3 = z * z * z, z5 = z3 * z * z;

    (void)state;
    for (size_t i = 0; i < COUNT(degrees); i++) {
        double v = degrees[i];
        near(sl_student_quantile(0.975, v),
             z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v), 1e-10);
    }
}

/* ---- summaries ---------------------------------------------------------------------- */

static void
a_summary_is_as_by_hand(void **state)
{
    const double values[] = {2.385, (double)NAN, 2.511, 2.187, 2.298};
    struct sl_summary s = sl_summarize(values, COUNT(values));
    /* sum 9.381; squares of the differences from 2.34525: 0.05632875 */
    double half = 3.182446305 * sqrt(0.05632875 / 3) / 2;

    (void)state;
    assert_int_equal(s.n, 4);
    near(s.mean, 2.34525, 1e-14);
    near(s.std, sqrt(0.05632875 / 3), 1e-12);
    near(s.low, 2.34525 - half, 1e-9);
    near(s.high, 2.34525 + half, 1e-9);
}

static void
few_values_leave_things_undefined(void **state)
{
    const double values[] = {(double)NAN, 3.25, (double)INFINITY};
    struct sl_summary none = sl_summarize(values, 1), one = sl_summarize(values, 3);

    (void)state;
    assert_int_equal(none.n, 0);
    assert_true(isnan(none.mean) && isnan(none.std) && isnan(none.low));
    assert_int_equal(one.n, 1);
    assert_true(one.mean == 3.25);
    assert_true(isnan(one.std) && isnan(one.low) && isnan(one.high));
    assert_int_equal(sl_summarize(NULL, 0).n, 0);
}

static void
equal_values_have_no_spread(void **state)
{
    double values[31];

    (void)state;
    for (size_t n = 2; n <= COUNT(values); n++) {
        for (size_t i = 0; i < n; i++)
            values[i] = 0.1;
        struct sl_summary s = sl_summarize(values, n);
        assert_true(s.mean == 0.1 && s.std == 0.0 && s.low == 0.1 && s.high == 0.1);
    }
}

/* 40 values of a skewed distribution. */
static void
skewed_values(double *values)
{
    for (int i = 0; i < 40; i++)
        values[i] = 7.0 + exp(1.3 * sin(2.7 * i));
}

static void
many_values_are_bootstrapped(void **state)
{
    double values[40];
    struct sl_summary s, again;

    (void)state;
    skewed_values(values);
    s = sl_summarize(values, 40);
    again = sl_summarize(values, 40);
    assert_memory_equal(&s, &again, sizeof s);
    /* Near the normal interval, and not symmetric as Student's would be. */
    near(s.low, s.mean - 1.96 * s.std / sqrt(40.0), 0.01);
    near(s.high, s.mean + 1.96 * s.std / sqrt(40.0), 0.01);
    assert_true(fabs((s.high - s.mean) - (s.mean - s.low)) > 1e-4);
    values[3] = nextafter(values[3], 100.0);
    again = sl_summarize(values, 40);
    assert_true(again.low != s.low && fabs(again.low - s.low) < 0.05);
}

static void
the_bootstrap_begins_at_20(void **state)
{
    double values[40];
    struct sl_summary s;

    (void)state;
    skewed_values(values);
    s = sl_summarize(values, 19);
    near(s.high - s.mean, s.mean - s.low, 1e-12);
    near(s.high - s.mean, 2.10092204 * s.std / sqrt(19.0), 1e-8);
    s = sl_summarize(values, 20);
    assert_true(fabs((s.high - s.mean) - (s.mean - s.low)) > 1e-6);
}

/* ---- Wilcoxon ----------------------------------------------------------------------- */

/* 1, -2, -3, 4, ...: the ranks in minus are negative. */
static double
p_of(size_t n, const char *minus)
{
    double d[64];

    for (size_t i = 0; i < n; i++)
        d[i] = (strchr(minus, (int)('A' + i)) ? -0.37 : 0.37) * (double)(i + 1);
    return sl_wilcoxon(d, n);
}

static void
exact_p_values_agree_with_the_tables(void **state)
{
    static const struct {
        size_t n;
        const char *minus; /* A is rank 1 */
        double want;
    } cases[] = {
        {6, "", 2.0 / 64},       {6, "A", 4.0 / 64},     {6, "ABCDEF", 2.0 / 64},
        {7, "B", 6.0 / 128},     {8, "C", 10.0 / 256},   {8, "AB", 10.0 / 256},
        {9, "E", 20.0 / 512},    {10, "H", 50.0 / 1024}, {10, "CE", 50.0 / 1024},
        {12, "CJ", 87.0 / 2048}, {6, "BCD", 54.0 / 64},  {7, "BCD", 60.0 / 128},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        near(p_of(cases[i].n, cases[i].minus), cases[i].want, 1e-9);
}

/* Every way to set the signs, one by one. */
static double
count_signs(const double *ranks, size_t n, double smaller)
{
    size_t few = 0;

    for (size_t signs = 0; signs < (size_t)1 << n; signs++) {
        double sum = 0.0;
        for (size_t i = 0; i < n; i++)
            sum += signs >> i & 1 ? ranks[i] : 0.0;
        few += sum <= smaller;
    }
    return fmin(1.0, 2.0 * (double)few / (double)((size_t)1 << n));
}

static void
ties_share_their_ranks(void **state)
{
    static const double d[] = {0.5, -0.5, 1.25, 0.0, 1.25, 1.25, -2.0, 3.5, (double)NAN};
    static const double ranks[] = {1.5, 1.5, 4, 4, 4, 6, 7};

    (void)state;
    near(sl_wilcoxon(d, COUNT(d)), count_signs(ranks, 7, 7.5), 1e-12);
}

static void
few_differences_have_no_p(void **state)
{
    static const double d[] = {1.5, 2.5, 3.5, 4.5, 5.5, 0.0, 0.0, (double)NAN};

    (void)state;
    assert_true(isnan(sl_wilcoxon(d, 5)));
    assert_true(isnan(sl_wilcoxon(d, COUNT(d))));
    assert_true(isnan(sl_wilcoxon(NULL, 0)));
}

/* The normal approximation takes over where the count ends, not far from what it would be. */
static void
many_differences_are_nearly_normal(void **state)
{
    (void)state;
    /* n = 26, W = 98: mean 175.5, variance 1550.25, z = (77.5 - 0.5) / 39.373... */
    near(p_of(26, "ABCDEFGHIJKLM"), erfc((175.5 - 91 - 0.5) / sqrt(2 * 1550.25)), 1e-12);
    near(p_of(26, "ABCDEFGHIJKLM"), 0.0312207, 0.06); /* counted */
    ;
    near(p_of(25, "ABCDEFGHIJKL"), 0.021908342838287354, 1e-12);
    assert_true(p_of(26, "") < 1e-5 && p_of(26, "") > 0.0);
}

/* ---- Holm --------------------------------------------------------------------------- */

static void
holm_is_as_by_hand(void **state)
{
    double p[] = {0.04, (double)NAN, 0.01, 0.03, 0.005, 0.7};
    /* sorted 0.005 0.01 0.03 0.04 0.7 times 5 4 3 2 1, never falling */
    const double want[] = {0.09, (double)NAN, 0.04, 0.09, 0.025, 0.7};
    double capped[] = {0.6, 0.8};

    (void)state;
    sl_holm(p, COUNT(p));
    for (size_t i = 0; i < COUNT(p); i++)
        if (isnan(want[i]))
            assert_true(isnan(p[i]));
        else
            near(p[i], want[i], 1e-14);
    sl_holm(capped, 2);
    assert_true(capped[0] == 1.0 && capped[1] == 1.0);
    sl_holm(NULL, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_agree_with_closed_forms),
        cmocka_unit_test(quantiles_agree_with_the_tables),
        cmocka_unit_test(quantiles_tend_to_the_normal_ones),
        cmocka_unit_test(a_summary_is_as_by_hand),
        cmocka_unit_test(few_values_leave_things_undefined),
        cmocka_unit_test(equal_values_have_no_spread),
        cmocka_unit_test(many_values_are_bootstrapped),
        cmocka_unit_test(the_bootstrap_begins_at_20),
        cmocka_unit_test(exact_p_values_agree_with_the_tables),
        cmocka_unit_test(ties_share_their_ranks),
        cmocka_unit_test(few_differences_have_no_p),
        cmocka_unit_test(many_differences_are_nearly_normal),
        cmocka_unit_test(holm_is_as_by_hand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
