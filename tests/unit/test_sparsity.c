/* SPDX-License-Identifier: MIT */
#include "modules/learn/sparsity.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { N = 3, K = 4 };
static const double codes[N * K] = {0.25, 0.5,  0.75, 0.125, 0.5, 0.0625,
                                    0.5,  0.25, 0.75, 0.25,  0.5, 0.875};

static void
the_penalty_is_what_it_says(void **state)
{
    const struct sl_sparsity_config l1 = {.l1 = 0.5}, kl = {.kl = 2, .target = 0.25};
    const double a[K] = {0.5, 0.8125 / 3, 1.75 / 3, 1.25 / 3};
    double sum = 0, want = 0;

    (void)state;
    for (size_t i = 0; i < N * K; i++)
        sum += codes[i];
    assert_true(fabs(sl_sparsity_f64(&l1, N, K, codes) - 0.5 * sum / N) < 1e-15);
    for (size_t j = 0; j < K; j++)
        want += 2 * (0.25 * log(0.25 / a[j]) + 0.75 * log(0.75 / (1 - a[j])));
    assert_true(fabs(sl_sparsity_f64(&kl, N, K, codes) - want) < 1e-14);
}

static void
nothing_is_lost_at_the_target(void **state)
{
    const struct sl_sparsity_config kl = {.kl = 3, .target = 0.5};
    const double c[4] = {0.25, 0.5, 0.75, 0.5};

    (void)state;
    assert_true(sl_sparsity_f64(&kl, 2, 2, c) == 0);
}

static void
gradients_are_those_of_differences(void **state)
{
    const struct sl_sparsity_config cases[] = {
        {.l1 = 0.3, .target = 0.5}, {.kl = 0.7, .target = 0.05}, {0.2, 0.4, 0.3}};
    const double step = 1e-6;

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const struct sl_layer_class *class =
            (const struct sl_layer_class *)sl_sparsity_row.as[1];
        struct sl_layer layer = {.in = K, .out = K, .config = &cases[k]};
        double c[N * K], dy[N * K], dx[N * K];
        struct sl_pass pass = {
            .n = N, .training = true, .x = c, .y = c, .dy = dy, .dx = dx};
        memcpy(c, codes, sizeof c);
        c[5] = -c[5]; /* l1 has a sign */
        for (size_t i = 0; i < N * K; i++)
            dy[i] = 0.1 * (double)i - 0.4;
        class->forward(&layer, &pass);
        class->backward(&layer, &pass);
        for (size_t i = 0; i < N * K; i++) {
            double was = c[i], above, below;
            c[i] = was + step;
            above = sl_sparsity_f64(&cases[k], N, K, c);
            c[i] = was - step;
            below = sl_sparsity_f64(&cases[k], N, K, c);
            c[i] = was;
            assert_true(fabs(dx[i] - dy[i] - (above - below) / (2 * step)) < 1e-8);
        }
    }
}

/* Codes that are all the same have a mean that is no chance; the penalty stays finite. */
static void
dead_columns_are_no_infinity(void **state)
{
    const struct sl_sparsity_config kl = {.kl = 1, .target = 0.05};
    const float c[4] = {0, 1, 0, 1};

    (void)state;
    assert_true(isfinite(sl_sparsity_f32(&kl, 2, 2, c)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_penalty_is_what_it_says),
        cmocka_unit_test(nothing_is_lost_at_the_target),
        cmocka_unit_test(gradients_are_those_of_differences),
        cmocka_unit_test(dead_columns_are_no_infinity),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
