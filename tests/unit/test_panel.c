/* SPDX-License-Identifier: MIT */
/* Panels, scatter and k-means against sums written down plainly. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/kmeans.h"
#include "modules/learn/panel.h"
#include "modules/learn/scatter.h"

enum { N = 700, D = 11, K = 6 };

static double x[N][D], w[K][D], center[D];

static int
set_up(void **state)
{
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 8, "test", "panel");
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            x[i][j] = sl_stream_normal(&stream) + (double)(i % 3) * 20;
    for (size_t r = 0; r < K; r++)
        for (size_t j = 0; j < D; j++)
            w[r][j] = j > r ? 0 : sl_stream_normal(&stream);
    for (size_t j = 0; j < D; j++)
        center[j] = sl_stream_normal(&stream);
    return 0;
}

/* Sums over columns in order, each lane by itself: equal to the bit. */
static void
lanes_hold_what_scalars_give(void **state)
{
    double panel[D * SL_PANEL], y[K * SL_PANEL], sums[SL_PANEL], apart[SL_PANEL];

    (void)state;
    for (size_t lanes = 1; lanes <= SL_PANEL; lanes++)
        for (int lower = 0; lower < 2; lower++) {
            sl_panel_fill(lanes, D, x[0], center, panel);
            sl_panel_map(K, D, w[0], lower, panel, y);
            sl_panel_squares(K, y, NULL, sums);
            sl_panel_apart(D, panel, center, apart);
            for (size_t i = 0; i < lanes; i++) {
                double squares = 0, far = 0;

                for (size_t r = 0; r < K; r++) {
                    double sum = 0;

                    for (size_t j = 0; j < D; j++)
                        sum += w[r][j] * (x[i][j] - center[j]);
                    assert_true(y[r * SL_PANEL + i] == sum);
                    squares += sum * sum;
                }
                assert_true(sums[i] == squares);
                for (size_t j = 0; j < D; j++) {
                    double t = x[i][j] - center[j] - center[j];
                    far += t * t;
                }
                assert_true(apart[i] == far);
            }
        }
}

static void
what_is_mapped_can_be_taken_away(void **state)
{
    double panel[D * SL_PANEL], y[K * SL_PANEL], over[K];

    (void)state;
    sl_panel_fill(3, D, x[5], NULL, panel);
    sl_panel_map(K, D, w[0], false, panel, y);
    sl_panel_subtract(K, D, w[0], y, panel);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < D; j++) {
            double want = x[5 + i][j];

            for (size_t r = 0; r < K; r++)
                want -= w[r][j] * y[r * SL_PANEL + i];
            assert_true(panel[j * SL_PANEL + i] == want);
        }
    for (size_t r = 0; r < K; r++)
        over[r] = 2.385 + (double)r;
    sl_panel_squares(K, y, over, panel);
    for (size_t i = 0; i < 3; i++) {
        double want = 0;

        for (size_t r = 0; r < K; r++)
            want += y[r * SL_PANEL + i] * y[r * SL_PANEL + i] / over[r];
        assert_true(panel[i] == want);
    }
}

static void
scatter_is_that_of_weighted_rows(void **state)
{
    static double weights[N], centred[SL_SCATTER_ROWS * D];
    double mean[D], scatter[D * D], want[D * D] = {0}, sum = 0, middle[D] = {0};

    (void)state;
    for (size_t i = 0; i < N; i++) {
        weights[i] = (double)(i % 4);
        sum += weights[i];
        for (size_t j = 0; j < D; j++)
            middle[j] += weights[i] * x[i][j];
    }
    sl_scatter_mean(N, D, x[0], weights, mean);
    sl_scatter_about(NULL, N, D, x[0], weights, mean, centred, scatter);
    for (size_t i = 0; i < N; i++)
        for (size_t e = 0; e < D * D; e++)
            want[e] +=
                weights[i] * (x[i][e / D] - mean[e / D]) * (x[i][e % D] - mean[e % D]);
    for (size_t j = 0; j < D; j++)
        assert_true(fabs(mean[j] - middle[j] / sum) < 1e-12);
    for (size_t e = 0; e < D * D; e++) {
        assert_true(fabs(scatter[e] - want[e]) < 1e-9 * N);
        assert_true(scatter[e] == scatter[e % D * D + e / D]);
    }
}

/* Of rows that are gathered block by block: the same bits as of all at once. */
static void
scatter_of_gathered_rows_is_the_same(void **state)
{
    static double ordered[N][D], block[SL_SCATTER_ROWS * D];
    static uint32_t ids[N];
    struct sl_dataset data = {.n = N, .d = D, .type = SL_F64, .x = x, .scale = 1};
    struct sl_rows rows = {&data, ids, N};
    double means[2][D], scatters[2][D * D];

    (void)state;
    for (size_t i = 0; i < N; i++)
        ids[i] = (uint32_t)(i * 37 % N);
    sl_rows_gather_f64(&data, ids, N, ordered[0]);
    sl_scatter_mean(N, D, ordered[0], NULL, means[0]);
    sl_scatter_about(NULL, N, D, ordered[0], NULL, means[0], block, scatters[0]);
    sl_scatter_mean_of(&rows, block, means[1]);
    sl_scatter_about_of(NULL, &rows, means[1], block, scatters[1]);
    assert_memory_equal(means[0], means[1], sizeof means[0]);
    assert_memory_equal(scatters[0], scatters[1], sizeof scatters[0]);
}

/* Three clusters far apart: their means, whatever the start. */
static void
centres_are_means(void **state)
{
    static uint32_t labels[N];
    double centres[3][D];
    struct sl_kmeans means = {N, D, 3, 100, x[0], centres[0], labels};
    struct sl_error err;

    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct sl_stream stream;

        sl_stream_init(&stream, seed, "test", "start");
        assert_int_equal(sl_kmeans_run(&means, NULL, &stream, &err), SL_OK);
        for (size_t i = 3; i < N; i++)
            assert_int_equal(labels[i], labels[i % 3]);
        assert_true(labels[0] != labels[1] && labels[1] != labels[2]);
        for (size_t c = 0; c < 3; c++)
            for (size_t j = 0; j < D; j++)
                assert_true(fabs(centres[labels[c]][j] - (double)c * 20) < 0.5);
    }
}

/* More centres than there are distinct rows: some stay without rows. */
static void
equal_rows_have_one_centre(void **state)
{
    static double same[50][2];
    static uint32_t labels[50];
    double centres[4][2];
    struct sl_kmeans means = {50, 2, 4, 100, same[0], centres[0], labels};
    struct sl_stream stream;
    struct sl_error err;

    (void)state;
    sl_stream_init(&stream, 1, "test", "start");
    assert_int_equal(sl_kmeans_run(&means, NULL, &stream, &err), SL_OK);
    for (size_t i = 0; i < 50; i++)
        assert_int_equal(labels[i], 0);
    for (size_t c = 0; c < 4; c++)
        assert_true(centres[c][0] == 0 && centres[c][1] == 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lanes_hold_what_scalars_give),
        cmocka_unit_test(what_is_mapped_can_be_taken_away),
        cmocka_unit_test(scatter_is_that_of_weighted_rows),
        cmocka_unit_test(scatter_of_gathered_rows_is_the_same),
        cmocka_unit_test(centres_are_means),
        cmocka_unit_test(equal_rows_have_one_centre),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
