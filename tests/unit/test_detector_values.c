/* SPDX-License-Identifier: MIT */
/* Detectors on eight rows: scores from first principles, and those of scikit-learn 1.2.1 to
 * the digits that it prints. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/detector.h"

static const double x[8][2] = {{0.5, 2.385}, {1.25, -0.75}, {-2.0, 0.375},
                               {3.5, 1.0},   {0.25, 0.125}, {-1.5, -2.25},
                               {2.0, 2.75},  {-0.625, 1.5}};
static const double asked[3][2] = {{0.0, 0.5}, {5.0, -3.0}, {1.0, 1.0}};

struct value {
    const char *module, *yaml;
    size_t kind;
    double want[3];
};

static const struct value values[] = {
    /* NearestNeighbors: columns of kneighbors, their mean and median */
    {"nearest-neighbours",
     "k: 3",
     0,
     {1.7677669529663689, 5.68578270777208, 1.7001838135919305}},
    {"nearest-neighbours",
     "k: 1",
     0,
     {0.45069390943299864, 4.272001872658765, 1.1524430571616109}},
    {"nearest-neighbours", "{k: 3, metric: manhattan}", 0, {2.125, 7.25, 2.0}},
    {"nearest-neighbours",
     "{k: 3, metric: manhattan, distance: mean}",
     0,
     {4.375 / 3, 18.75 / 3, (1.625 + 1.885 + 2) / 3}},
    {"nearest-neighbours",
     "{k: 3, metric: manhattan, distance: median}",
     0,
     {1.625, 6.0, 1.885}},
    {"nearest-neighbours",
     "{k: 2, metric: manhattan, distance: median}",
     0,
     {1.125, 5.75, 1.755}},
    /* LocalOutlierFactor, novelty */
    {"local-outlier-factor",
     "k: 3",
     0,
     {0.9104977893504173, 1.7323158802096668, 0.8797139979408307}},
    /* EmpiricalCovariance, ShrunkCovariance */
    {"mahalanobis",
     "{}",
     0,
     {0.24728950478004763, 4.6806623850809785, 0.3529304728624602}},
    {"mahalanobis",
     "shrinkage: 0.25",
     0,
     {0.2502619628456337, 4.308704696731046, 0.36576843287925176}},
    /* PCA(1): what inverse_transform leaves out, and |code| over its deviation */
    {"pca",
     "components: 1",
     0,
     {1.1001994093555401e-02, 1.6186481639340560e+01, 2.7657496360212292e-03}},
    {"pca",
     "components: 1",
     1,
     {0.20191385231712514, 0.6543529338938582, 0.32524997966803215}},
    /* GaussianMixture(1), reg_covar 1e-6 */
    {"gaussian-mixture",
     "components: 1",
     0,
     {2.7397757035165093, 13.663492695814522, 2.7714796070423136}},
    {"gaussian-mixture",
     "{components: 1, covariance: tied}",
     0,
     {2.7397757035165093, 13.663492695814522, 2.7714796070423136}},
    {"gaussian-mixture",
     "{components: 1, covariance: diagonal}",
     0,
     {2.840148492244023, 9.191444335945622, 2.8897044823335793}},
    {"gaussian-mixture",
     "{components: 1, covariance: spherical}",
     0,
     {2.8481739527120897, 9.278823758127317, 2.89814116128849}},
    /* ECOD by hand: shares of nine; column 1 is skewed to the right, 2 to the left. With F
     * and G in ninths of the two columns,
     * row 1: F 4 and 5, G 6 and 5: left is the largest, ln(9/4) + ln(9/5)
     * row 2: F 9 and 1, G 1 and 9: by skewness ln 9 twice
     * row 3: F 6 and 6, G 4 and 5: right is the largest, ln(9/4) + ln(9/5) */
    {"ecod", "{}", 0, {1.3987168811184478, 4.394449154672439, 1.3987168811184478}},
};

static void
scores_are_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const struct value *v = &values[i];
        struct detector detector;
        double scores[3];

        detector_fit(&detector, v->module, v->yaml,
                     (struct detector_rows){8, 2, x, SL_F64});
        detector_score(&detector, (struct detector_rows){3, 2, asked, SL_F64}, v->kind,
                       scores);
        for (size_t j = 0; j < 3; j++)
            if (!(fabs(scores[j] - v->want[j]) <= 1e-12 * (1 + fabs(v->want[j]))))
                fail_msg("%s {%s}: score %zu is %.17g, not %.17g", v->module, v->yaml, j,
                         scores[j], v->want[j]);
        detector_release(&detector);
    }
}

/* Two clusters so far apart that any start comes to the same; GaussianMixture(2, tol=1e-12)
 * says the same. */
static void
mixtures_converge_to_what_they_should(void **state)
{
    static const double rows[9][2] = {{0.0, 0.1},  {0.3, -0.2},  {-0.4, 0.25},
                                      {0.15, 0.6}, {-0.1, -0.5}, {10.0, 5.0},
                                      {10.4, 5.3}, {9.7, 4.6},   {10.2, 4.4}};
    static const double at[3][2] = {{0, 0}, {5, 2.5}, {10, 5}};
    static const struct {
        const char *covariance;
        double want[3];
    } cases[] = {
        {"full",
         {2.0788864197149537e-02, 1.9745007678115846e+02, 4.2172137913007324e-01}},
        {"diagonal",
         {2.1758210680586365e-02, 2.1498325638472409e+02, 4.1166959068651499e-01}},
        {"spherical",
         {1.2816125382028620e-01, 1.5688040963198316e+02, 4.8038975233884595e-01}},
        {"tied",
         {1.2299939861164400e-02, 2.0973040728345984e+02, 4.1987416147235990e-01}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct detector detector;
        double scores[3];
        char yaml[120];

        snprintf(yaml, sizeof yaml,
                 "{components: 2, tolerance: 1e-12, iterations: 1000, covariance: %s}",
                 cases[i].covariance);
        detector_fit(&detector, "gaussian-mixture", yaml,
                     (struct detector_rows){9, 2, rows, SL_F64});
        assert_true(fake_metric(&detector.step, "converged") == 1);
        detector_score(&detector, (struct detector_rows){3, 2, at, SL_F64}, 0, scores);
        for (size_t j = 0; j < 3; j++)
            if (fabs(scores[j] - cases[i].want[j]) > 1e-7 * (1 + fabs(cases[i].want[j])))
                fail_msg("%s: score %zu is %.17g, not %.17g", cases[i].covariance, j,
                         scores[j], cases[i].want[j]);
        detector_release(&detector);
    }
}

/* The likelihood of EM never falls (Dempster, Laird and Rubin 1977), and more starts are no
 * worse. */
static void
likelihood_never_falls(void **state)
{
    enum { N = 600, D = 3 };
    static double rows[N][D];
    static const char *const kinds[] = {"full", "diagonal", "spherical", "tied"};
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 3, "test", "rows");
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            rows[i][j] = sl_stream_normal(&stream) + (double)((i * (j + 1)) % 4) * 1.5;
    for (size_t k = 0; k < 4; k++) {
        double one, five;
        char yaml[120];

        for (int starts = 1; starts <= 5; starts += 4) {
            struct detector detector;
            const struct sl_item *course;

            snprintf(yaml, sizeof yaml,
                     "{components: 4, covariance: %s, regularisation: 0, restarts: %d}",
                     kinds[k], starts);
            detector_fit(&detector, "gaussian-mixture", yaml,
                         (struct detector_rows){N, D, rows, SL_F64});
            course = fake_series(&detector.step, "log_likelihood");
            assert_true(course->tensor.shape[0] > 1);
            for (size_t i = 1; i < course->tensor.shape[0]; i++)
                assert_true(sl_tensor_at(&course->tensor, i) >=
                            sl_tensor_at(&course->tensor, i - 1) - 1e-12);
            *(starts == 1 ? &one : &five) = fake_metric(&detector.step, "log_likelihood");
            detector_release(&detector);
        }
        assert_true(five >= one);
    }
}

/* Points that are drawn have the mean and the covariance of the mixture, whatever draws
 * them. */
static void
a_mixture_draws_what_it_is(void **state)
{
    enum { N = 40000 };
    static double drawn[N][2];
    static const char *const kinds[] = {"full", "diagonal", "spherical", "tied"};

    (void)state;
    for (size_t k = 0; k < 4; k++) {
        struct detector detector;
        struct sl_stream stream;
        struct sl_error err = {0};
        double mean[2] = {0}, cross = 0, want = 0;
        char yaml[80];

        snprintf(yaml, sizeof yaml, "{components: 1, covariance: %s}", kinds[k]);
        detector_fit(&detector, "gaussian-mixture", yaml,
                     (struct detector_rows){8, 2, x, SL_F64});
        sl_stream_init(&stream, 9, "test", "draw");
        assert_int_equal(detector.model.module->model->draw(&detector.model, NULL,
                                                            &stream, N, drawn[0], &err),
                         SL_OK);
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < 2; j++)
                mean[j] += drawn[i][j] / N;
        for (size_t i = 0; i < N; i++)
            cross += (drawn[i][0] - mean[0]) * (drawn[i][1] - mean[1]) / N;
        for (size_t i = 0; i < 8; i++)
            want += (x[i][0] - 0.421875) * (x[i][1] - 0.641875) / 8;
        want = k == 0 || k == 3 ? want : 0;
        assert_true(fabs(mean[0] - 0.421875) < 0.04);
        assert_true(fabs(mean[1] - 0.641875) < 0.04);
        assert_true(fabs(cross - want) < 0.06);
        detector_release(&detector);
    }
}

/* Four in ten rows lie elsewhere; the robust distance knows which, the plain one doesn't. */
static void
robust_distance_bears_outliers(void **state)
{
    enum { N = 1000, SMALL = 200, D = 3 };
    static double rows[N][D], plain[N], robust[N];
    static const size_t sizes[] = {SMALL, N};
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 4, "test", "rows");
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            rows[i][j] = sl_stream_normal(&stream) + (i % 10 < 4 ? 9 : 0);
    for (size_t s = 0; s < 2; s++) {
        struct detector_rows all = {sizes[s], D, rows, SL_F64};
        struct detector a, b;
        double least = DBL_MAX, most = 0;

        detector_fit(&a, "mahalanobis", "{}", all);
        detector_fit(&b, "mahalanobis", "estimator: mcd", all);
        detector_score(&a, all, 0, plain);
        detector_score(&b, all, 0, robust);
        for (size_t i = 0; i < all.n; i++) {
            assert_true(plain[i] < 5);
            least = i % 10 < 4 && robust[i] < least ? robust[i] : least;
            most = i % 10 >= 4 && robust[i] > most ? robust[i] : most;
        }
        if (least < 1.5 * most)
            fail_msg("outliers from %g, the others up to %g", least, most);
        /* of normal rows: about 97.5 % of six in ten */
        assert_true(fabs(fake_metric(&b.step, "support") / (double)all.n - 0.585) < 0.02);
        detector_release(&a);
        detector_release(&b);
    }
}

/* At the normal distribution it is consistent: squared distances average to d. */
static void
robust_covariance_is_consistent(void **state)
{
    enum { N = 4000, D = 4 };
    static double rows[N][D], scores[N];
    static const char *const ways[] = {
        "{estimator: mcd, mcd: {starts: 100}}",
        "{estimator: mcd, mcd: {starts: 100, reweight: false}}",
    };
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 6, "test", "rows");
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            rows[i][j] = sl_stream_normal(&stream);
    for (size_t w = 0; w < 2; w++) {
        struct detector_rows all = {N, D, rows, SL_F64};
        struct detector detector;
        double mean = 0;

        detector_fit(&detector, "mahalanobis", ways[w], all);
        detector_score(&detector, all, 0, scores);
        for (size_t i = 0; i < N; i++)
            mean += scores[i] * scores[i] / N;
        assert_true(fabs(mean / D - 1) < 0.06);
        detector_release(&detector);
    }
}

static void
a_degenerate_covariance_names_its_column(void **state)
{
    static const double rows[5][3] = {
        {1, 7, 2}, {2.385, 7, 0}, {-1, 7, 4}, {0.5, 7, 1}, {3, 7, -2}};
    struct detector_rows all = {5, 3, rows, SL_F64};
    struct detector detector;
    struct sl_error err = {0};

    (void)state;
    assert_int_equal(detector_try(&detector, detector_module("mahalanobis"),
                                  "degenerate: error", all, NULL, &err),
                     SL_ERR_NUMERIC);
    assert_string_equal(err.text,
                        "the covariance has rank 2 of 3: column 2 is constant or a "
                        "combination of others; give 'shrinkage' or take it away");
    detector_release(&detector);
    assert_int_equal(detector_try(&detector, detector_module("gaussian-mixture"),
                                  "{components: 1, regularisation: 0, covariance: "
                                  "diagonal}",
                                  all, NULL, &err),
                     SL_ERR_NUMERIC);
    assert_string_equal(err.text, "column 2 has the variance 0 in component 1; raise "
                                  "'regularisation'");
    detector_release(&detector);
}

static void
what_asks_for_too_many_rows_is_told_at_its_line(void **state)
{
    static const size_t counts[] = {10};
    static const char *const names[] = {"train"};
    const struct sl_schema schema = {
        .d = 2, .split_count = 1, .splits = names, .rows = counts};
    static const struct {
        const char *module, *yaml, *said;
    } cases[] = {
        {"nearest-neighbours", "k: 10", ""},
        {"nearest-neighbours", "k: 11",
         "1:4 this 'k' needs at least 11 rows, split 'train' has 10\n"},
        {"local-outlier-factor", "k: 10",
         "1:4 this 'k' needs at least 11 rows, split 'train' has 10\n"},
        {"gaussian-mixture", "components: 11",
         "1:13 this 'components' needs at least 11 rows, split 'train' has 10\n"},
        {"pca", "components: 2.5",
         "1:13 'components' is a whole number, or a share below 1\n"},
        {"pca", "components: 3", "1:13 there are 2 columns, and so no 3 axes\n"},
    };
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(
            fake_check(detector_module(cases[i].module), cases[i].yaml, &schema, &arena),
            cases[i].said);
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_known),
        cmocka_unit_test(mixtures_converge_to_what_they_should),
        cmocka_unit_test(likelihood_never_falls),
        cmocka_unit_test(a_mixture_draws_what_it_is),
        cmocka_unit_test(robust_distance_bears_outliers),
        cmocka_unit_test(robust_covariance_is_consistent),
        cmocka_unit_test(a_degenerate_covariance_names_its_column),
        cmocka_unit_test(what_asks_for_too_many_rows_is_told_at_its_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
