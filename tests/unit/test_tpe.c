/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "runner/sweep/tpe.h"

#define D 3
#define ROUNDS 12
#define SIZE 8

/* Smallest at u = 0.3 and 0.85 and choice 2 of 4. */
static double
loss_of(const double *u)
{
    double a = u[0] - 0.3, b = u[1] - 0.85;

    return a * a + b * b + ((size_t)(u[2] * 4) == 2 ? 0 : 0.2);
}

static const size_t kinds[D] = {0, 0, 4};

static void
search(uint64_t seed, double *u, double *loss)
{
    struct sl_tpe tpe = {.d = D, .u = u, .loss = loss, .kinds = kinds, .seed = seed};

    for (tpe.round = 0; tpe.round < ROUNDS; tpe.round++) {
        sl_tpe_suggest(&tpe, SIZE, u + tpe.n * D);
        for (size_t i = 0; i < SIZE; i++, tpe.n++)
            loss[tpe.n] = loss_of(u + tpe.n * D);
    }
}

static double
mean(const double *x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

static void
later_rounds_are_better(void **state)
{
    static double u[ROUNDS * SIZE * D], loss[ROUNDS * SIZE];

    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        search(seed, u, loss);
        assert_true(mean(loss + (ROUNDS - 3) * SIZE, 3 * SIZE) <
                    0.5 * mean(loss, 2 * SIZE));
        for (size_t i = 0; i < ROUNDS * SIZE * D; i++)
            assert_true(u[i] >= 0 && u[i] < 1);
    }
}

static void
the_same_again(void **state)
{
    static double u[2][ROUNDS * SIZE * D], loss[2][ROUNDS * SIZE];

    (void)state;
    search(7, u[0], loss[0]);
    search(7, u[1], loss[1]);
    assert_memory_equal(u[0], u[1], sizeof u[0]);
    search(8, u[1], loss[1]);
    assert_memory_not_equal(u[0], u[1], sizeof u[0]);
}

static void
a_larger_round_begins_alike(void **state)
{
    const double u[] = {0.1, 0.2, 0.1, 0.7, 0.9, 0.6, 0.4, 0.3, 0.4};
    const double loss[] = {1.5, 0.25, (double)NAN};
    struct sl_tpe tpe = {3, D, u, loss, kinds, 4, 2};
    double few[2 * D], many[6 * D];

    (void)state;
    sl_tpe_suggest(&tpe, 2, few);
    sl_tpe_suggest(&tpe, 6, many);
    assert_memory_equal(few, many, sizeof few);
}

/* Had the first ten counted as good, all would be suggested near them. */
static void
what_failed_is_not_good(void **state)
{
    static double u[40 * D], loss[40];
    struct sl_tpe tpe = {40, D, u, loss, kinds, 5, 1};
    double out[SIZE * D];

    (void)state;
    for (size_t i = 0; i < 40; i++) {
        loss[i] = (double)NAN;
        for (size_t j = 0; j < D; j++)
            u[i * D + j] = (i < 10 ? 0.05 : 0.9) + 0.002 * (double)i;
    }
    sl_tpe_suggest(&tpe, SIZE, out);
    for (size_t i = 0; i < SIZE; i++)
        assert_true(out[i * D] > 0.15 && out[i * D] < 0.85);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_rounds_are_better),
        cmocka_unit_test(the_same_again),
        cmocka_unit_test(a_larger_round_begins_alike),
        cmocka_unit_test(what_failed_is_not_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
