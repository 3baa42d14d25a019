/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "modules/learn/chi_square.h"
#include "modules/learn/forest.h"
#include "tests/unit/detector.h"

static void
average_paths_are_known(void **state)
{
    (void)state;
    assert_true(sl_forest_average(1) == 0);
    assert_true(sl_forest_average(2) == 1);
    /* 2 (ln 2 + 0.5772156649) - 4/3 */
    assert_true(fabs(sl_forest_average(3) - 1.2073923576) < 1e-9);
    assert_true(fabs(sl_forest_average(256) - 10.2447709) < 1e-6);
    assert_int_equal(sl_forest_depth(2), 1);
    assert_int_equal(sl_forest_depth(256), 8);
    assert_int_equal(sl_forest_depth(257), 9);
}

enum { N = 300, D = 4, ROWS = 100 };

static void
fill(double x[N][D])
{
    struct sl_stream stream;

    sl_stream_init(&stream, 2, "test", "rows");
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            x[i][j] = j == 2 ? 1 : sl_stream_normal(&stream);
}

/* A tree is full; no cut is in the constant column; no path is longer than it may be. */
static void
trees_are_sound(void **state)
{
    static double x[N][D], lengths[N];
    static struct sl_forest_node nodes[2 * ROWS];
    uint32_t order[N], columns[D];
    struct sl_forest_plan plan = {N, D, ROWS, x[0]};
    struct sl_stream stream;

    (void)state;
    fill(x);
    for (uint64_t seed = 0; seed < 20; seed++) {
        size_t n, leaves = 0;

        sl_stream_init(&stream, seed, "test", "tree");
        n = sl_forest_grow(&plan, &stream, order, columns, nodes);
        assert_true(n % 2 == 1 && n < 2 * ROWS);
        for (size_t i = 0; i < n; i++) {
            bool leaf = (size_t)nodes[i].left == i;

            leaves += leaf;
            assert_true(leaf == isinf(nodes[i].threshold));
            assert_true(leaf || (nodes[i].column != 2 && (size_t)nodes[i].left > i &&
                                 (size_t)nodes[i].left + 1 < n));
        }
        assert_int_equal(leaves, n / 2 + 1);
        for (size_t i = 0; i < N; i++)
            lengths[i] = 0;
        sl_forest_descend(nodes, sl_forest_depth(ROWS), N, D, x[0], lengths);
        for (size_t i = 0; i < N; i++)
            assert_true(lengths[i] >= 1 && lengths[i] <= 7 + sl_forest_average(ROWS));
    }
}

/* Rows without anything to cut stay together: one leaf, the length of what they would
 * need. */
static void
equal_rows_are_one_leaf(void **state)
{
    static const double x[8][1] = {{2.385}};
    static double same[8];
    struct sl_forest_node nodes[16];
    uint32_t order[8], columns[1];
    struct sl_forest_plan plan = {8, 1, 8, same};
    struct sl_stream stream;

    (void)state;
    for (size_t i = 0; i < 8; i++)
        same[i] = x[0][0];
    sl_stream_init(&stream, 1, "test", "tree");
    assert_int_equal(sl_forest_grow(&plan, &stream, order, columns, nodes), 1);
    assert_true(nodes[0].length == sl_forest_average(8));
}

/* A row that is isolated by every first cut has a path of 1 in every tree. */
static void
two_rows_score_one_half(void **state)
{
    static const double x[2][1] = {{0}, {1}};
    struct detector_rows rows = {2, 1, x, SL_F64};
    struct detector detector;
    double scores[2];

    (void)state;
    detector_fit(&detector, "isolation-forest", "trees: 9", rows);
    detector_score(&detector, rows, 0, scores);
    assert_true(scores[0] == 0.5 && scores[1] == 0.5);
    detector_release(&detector);
}

/* scipy.stats.chi2 1.10.1. */
static void
chi_square_is_known(void **state)
{
    static const struct {
        double k, median, cut, cdf_half, cdf_k, cdf_twice;
    } cases[] = {
        {1, 0.454936423119572, 5.023886187314888, 0.5204998778130466, 0.6826894921370859,
         0.8427007929497151},
        {2, 1.386294361119891, 7.377758908227871, 0.3934693402873665, 0.6321205588285577,
         0.8646647167633873},
        {5, 4.351460191095526, 12.832501994030027, 0.22350492887667728, 0.584119813004492,
         0.9247647538534878},
        {30, 29.336031516661585, 46.97924224367115, 0.010260427912342602,
         0.5343462910559904, 0.9990793176038514},
        {784, 783.3334342082679, 863.4872103939845, 5.260020111638585e-35,
         0.5067166373081332, 1.0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double k = cases[i].k;

        assert_true(fabs(sl_chi_square_quantile(0.5, k) / cases[i].median - 1) < 1e-11);
        assert_true(fabs(sl_chi_square_quantile(0.975, k) / cases[i].cut - 1) < 1e-11);
        assert_true(fabs(sl_chi_square_cdf(k / 2, k) / cases[i].cdf_half - 1) < 1e-11);
        assert_true(fabs(sl_chi_square_cdf(k, k) / cases[i].cdf_k - 1) < 1e-11);
        assert_true(fabs(sl_chi_square_cdf(2 * k, k) / cases[i].cdf_twice - 1) < 1e-11);
    }
    assert_true(fabs(sl_chi_square_quantile(1e-6, 5) / 0.012896160206497087 - 1) < 1e-11);
    assert_true(sl_chi_square_cdf(0, 3) == 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(average_paths_are_known),
        cmocka_unit_test(trees_are_sound),
        cmocka_unit_test(equal_rows_are_one_leaf),
        cmocka_unit_test(two_rows_score_one_half),
        cmocka_unit_test(chi_square_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
