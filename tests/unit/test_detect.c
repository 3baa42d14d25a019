/* SPDX-License-Identifier: MIT */
/* The calibrate and detect stages on a step in memory. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_step.h"
#include "modules/learn/detection.h"

extern const struct sl_module calibrate_sigma, calibrate_quantile, calibrate_conformal,
    calibrate_pot, calibrate_max_f1, calibrate_fpr_at_tpr, detect_threshold,
    detect_benjamini_hochberg;

static void
join(struct sl_step *step, size_t i, const char *port, struct sl_scores scores)
{
    step->joined[i].port = port;
    step->joined[i].scores = scores;
}

static double
number(const struct sl_bundle *bundle, const char *name)
{
    const struct sl_item *item = sl_bundle_find(bundle, name);

    assert_non_null(item);
    return sl_tensor_at(&item->tensor, 0);
}

static const uint32_t ids[] = {4, 9, 2, 7, 0, 5, 1, 8, 3, 6};

static void
test_sigma(void **state)
{
    static const double at[] = {2.385, -0.77, 13.02, 4.5, 0.125};
    static const double k = 2.5;
    struct sl_step step;
    struct sl_error err;

    (void)state;
    fake_step_init(&step, "calibrate", 1, NULL);
    join(&step, 0, "scores",
         (struct sl_scores){.n = 5, .at = at, .ids = ids, .split = "v"});
    assert_int_equal(calibrate_sigma.run(&step, &k, &err), SL_OK);
    assert_true(fabs(number(&step.metrics, "mean") - 3.852) < 1e-14);
    assert_true(fabs(number(&step.metrics, "std") - 5.519910098905597) < 1e-14);
    assert_true(fabs(number(&step.outputs, "threshold") - 17.651775247263993) < 1e-13);
    assert_true(number(&step.metrics, "threshold") == number(&step.outputs, "threshold"));
    fake_step_release(&step);
}

static void
test_sigma_refuses(void **state)
{
    static const double bad[] = {0.5, 0.25, (double)INFINITY, (double)NAN};
    static const struct {
        size_t n;
        const char *want;
    } cases[] = {
        {1, "split 'validation' has 1 row, at least 2 are needed"},
        {0, "split 'validation' has 0 rows, at least 2 are needed"},
        {4, "score 'reconstruction' of row 2 of the data, in split 'validation', is inf, "
            "not finite"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_step step;
        struct sl_error err;
        double k = 3.0;

        fake_step_init(&step, "calibrate", 1, NULL);
        join(&step, 0, "scores",
             (struct sl_scores){.n = cases[i].n,
                                .at = bad,
                                .ids = ids,
                                .split = "validation",
                                .score = "reconstruction"});
        assert_int_equal(calibrate_sigma.run(&step, &k, &err), SL_ERR_NUMERIC);
        assert_string_equal(err.text, cases[i].want);
        assert_int_equal(step.outputs.n + step.metrics.n, 0);
        fake_step_release(&step);
    }
}

/* Ten images of 2 x 1 pixels: row r is (r, r + 0.5). The model answers with its doubles. */
static const float pixels[10][2] = {{0, 0.5f}, {1, 1.5f}, {2, 2.5f}, {3, 3.5f},
                                    {4, 4.5f}, {5, 5.5f}, {6, 6.5f}, {7, 7.5f},
                                    {8, 8.5f}, {9, 9.5f}};

static enum sl_status
reconstruct(const struct sl_model *model, struct sl_step *step,
            const struct sl_rows *wanted, float *out, struct sl_error *err)
{
    (void)model, (void)step, (void)err;
    for (size_t i = 0; i < wanted->n; i++)
        for (size_t j = 0; j < 2; j++)
            out[2 * i + j] = 2.0f * pixels[wanted->ids[i]][j];
    return SL_OK;
}

static const struct sl_model_class class = {.reconstruct = reconstruct};
static const struct sl_module autoencoder = {.model = &class};
static const struct sl_model model = {.module = &autoencoder, .d = 2};
static const struct sl_dataset images = {
    .n = 10, .d = 2, .type = SL_F32, .x = pixels, .scale = 1.0, .height = 2, .width = 1};

static const double normal_at[] = {0.1, 0.9, 0.3, 0.2, 0.5, 0.4, 0.3, 0.7, 0.6, 0.5};
static const double anomalous_at[] = {0.8, 0.4, 1.5};

static void
fill(struct sl_step *step)
{
    struct sl_scores scores = {.n = 10,
                               .at = normal_at,
                               .ids = ids,
                               .split = "test",
                               .score = "s",
                               .model = &model,
                               .data = &images};

    fake_step_init(step, "detect", 1, NULL);
    join(step, 0, "normal", scores);
    scores.n = 3;
    scores.at = anomalous_at;
    join(step, 1, "anomalous", scores);
    assert_int_equal(sl_output_scalar(step, "threshold", 0.6, NULL), SL_OK);
}

static void
assert_rows(const struct sl_step *step, const char *name, const uint32_t *want, size_t n)
{
    const struct sl_item *item = sl_bundle_find(&step->tensors, name);

    assert_non_null(item);
    assert_int_equal(item->tensor.type, SL_U32);
    assert_int_equal(sl_tensor_count(&item->tensor), n);
    assert_memory_equal(item->tensor.data, want, n * sizeof *want);
}

static void
test_detect(void **state)
{
    const struct sl_detection_config all = {.bootstrap = 0};
    struct sl_step step;
    struct sl_error err;
    const struct sl_item *item;

    (void)state;
    fill(&step);
    assert_int_equal(detect_threshold.run(&step, &all, &err), SL_OK);
    assert_int_equal(step.metrics.n, 14);
    assert_true(number(&step.metrics, "threshold") == 0.6);
    assert_true(number(&step.metrics, "type_1_error") == 0.2);
    /* 9 of 10 normal rows lie below 0.8; 4 and one half below 0.4; all below 1.5. */
    assert_true(fabs(number(&step.metrics, "auroc") - (9 + 4.5 + 10) / 30.0) < 1e-15);
    item = sl_bundle_find(&step.tensors, "scores_normal");
    assert_memory_equal(item->tensor.data, normal_at, sizeof normal_at);
    assert_rows(&step, "rows_normal", ids, 10);
    assert_rows(&step, "rows_anomalous", ids, 3);
    item = sl_bundle_find(&step.tensors, "roc");
    assert_int_equal(item->tensor.shape[1], 2);
    fake_step_release(&step);
}

/* The median is 0.45: 0.5 (place 4), 0.4 (5) and 0.5 (9) are equally near, as far as
 * decimal fractions can be; the highest are 0.9, 0.7, 0.6. */
static void
test_examples(void **state)
{
    static const double worst[] = {0.9, 0.7, 0.6, 0.5, 0.5, 0.4, 0.3, 0.3};
    static const size_t worst_places[] = {1, 7, 8, 4, 9, 5, 2, 6};
    const struct sl_detection_config all = {.bootstrap = 0};
    struct sl_step step;
    struct sl_error err;
    const struct sl_tensor *t, *points;
    const float *image;

    (void)state;
    fill(&step);
    assert_int_equal(detect_threshold.run(&step, &all, &err), SL_OK);
    t = &sl_bundle_find(&step.tensors, "examples_normal")->tensor;
    points = &sl_bundle_find(&step.tensors, "example_scores_normal")->tensor;
    assert_int_equal(t->rank, 5);
    assert_memory_equal(t->shape, ((size_t[]){2, 8, 2, 2, 1}), sizeof t->shape);
    for (size_t i = 0; i < 3; i++)
        assert_true(fabs(sl_tensor_at(points, i) - 0.45) < 0.0501);
    for (size_t i = 0; i < 8; i++) {
        assert_true(sl_tensor_at(points, 8 + i) == worst[i]);
        image = (const float *)t->data + 4 * (8 + i);
        assert_true(image[0] == pixels[ids[worst_places[i]]][0]);
        assert_true(image[1] == image[0] + 0.5f);
        assert_true(image[2] == 2 * image[0] && image[3] == 2 * image[1]);
    }
    t = &sl_bundle_find(&step.tensors, "examples_anomalous")->tensor;
    assert_int_equal(t->shape[1], 3);
    fake_step_release(&step);
}

static void
test_no_examples(void **state)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_METRIC, "type_1_error");
    const struct sl_choice chosen[] = {{.row = row}};
    const struct sl_detection_config one = {.metrics = {1, chosen}};
    struct sl_step step;
    struct sl_error err;

    (void)state;
    fill(&step);
    step.joined[0].scores.model = step.joined[1].scores.model = NULL;
    step.joined[1].scores.n = 0;
    assert_int_equal(detect_threshold.run(&step, &one, &err), SL_OK);
    assert_int_equal(step.tensors.n, 4);
    assert_int_equal(step.metrics.n, 2);
    assert_true(number(&step.metrics, "type_1_error") == 0.2);
    fake_step_release(&step);
}

static void
test_detect_refuses(void **state)
{
    static const double bad[] = {0.8, (double)NAN, 1.5};
    const struct sl_detection_config all = {.bootstrap = 0};
    struct sl_step step;
    struct sl_error err;

    (void)state;
    fill(&step);
    step.joined[1].scores.at = bad;
    step.joined[1].scores.split = "kmnist";
    assert_int_equal(detect_threshold.run(&step, &all, &err), SL_ERR_NUMERIC);
    assert_string_equal(err.text,
                        "score 's' of row 9 of the data, in split 'kmnist', is nan, not "
                        "finite");
    fake_step_release(&step);
}

/* ---- intervals and reasons ----------------------------------------------------------- */

static const struct sl_item *
metric(const struct sl_step *step, const char *name)
{
    const struct sl_item *item = sl_bundle_find(&step->metrics, name);

    assert_non_null(item);
    return item;
}

static void
test_intervals(void **state)
{
    struct sl_detection_config config = {.bootstrap = 200};
    struct sl_step step;
    struct sl_error err;

    (void)state;
    fill(&step);
    assert_int_equal(detect_threshold.run(&step, &config, &err), SL_OK);
    assert_string_equal(metric(&step, "auroc")->interval->method, "DeLong");
    assert_string_equal(metric(&step, "type_1_error")->interval->method, "Wilson");
    assert_string_equal(metric(&step, "auprc")->interval->method, "bootstrap");
    assert_true(metric(&step, "auprc")->interval->low < number(&step.metrics, "auprc"));
    assert_null(metric(&step, "prevalence")->interval);
    assert_true(isnan(number(&step.metrics, "brier")));
    assert_string_equal(metric(&step, "brier")->undefined,
                        "the calibration gives no p-values");
    fake_step_release(&step);
}

static void
test_undefined(void **state)
{
    struct sl_detection_config config = {.bootstrap = 200};
    struct sl_step step;
    struct sl_error err;

    (void)state;
    fill(&step);
    step.joined[1].scores.n = 0;
    assert_int_equal(detect_threshold.run(&step, &config, &err), SL_OK);
    assert_true(isnan(number(&step.metrics, "auroc")));
    assert_string_equal(metric(&step, "auroc")->undefined, "there are no anomalous rows");
    assert_null(metric(&step, "auroc")->interval);
    assert_true(number(&step.metrics, "type_1_error") == 0.2);
    fake_step_release(&step);
}

/* The same rows in one split, told apart by labels: the same metrics. */
static void
test_labelled(void **state)
{
    static const int32_t labels[13] = {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 1, 0, 7};
    static const uint32_t all_ids[] = {0, 11, 1, 2, 10, 3, 4, 5, 6, 7, 8, 12, 9};
    static const double at[] = {0.1, 0.4, 0.9, 0.3, 0.8, 0.2, 0.5,
                                0.4, 0.3, 0.7, 0.6, 1.5, 0.5};
    static const uint32_t normal_ids[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const uint32_t anomalous_ids[] = {11, 10, 12};
    static const int64_t normal[] = {3, 4};
    struct sl_dataset data = images;
    struct sl_detection_config config = {.bootstrap = 200, .normal_labels = {2, normal}};
    struct sl_step apart, labelled;
    struct sl_error err;

    (void)state;
    data.labels = labels;
    fill(&apart);
    apart.joined[0].scores.model = apart.joined[1].scores.model = NULL;
    assert_int_equal(detect_threshold.run(&apart, &config, &err), SL_OK);
    fake_step_init(&labelled, "detect", 1, NULL);
    join(&labelled, 0, "labelled",
         (struct sl_scores){
             .n = 13, .at = at, .ids = all_ids, .split = "test", .data = &data});
    assert_int_equal(sl_output_scalar(&labelled, "threshold", 0.6, NULL), SL_OK);
    assert_int_equal(detect_threshold.run(&labelled, &config, &err), SL_OK);
    assert_int_equal(apart.metrics.n, labelled.metrics.n);
    for (size_t i = 0; i < apart.metrics.n; i++) {
        double a = sl_tensor_at(&apart.metrics.items[i].tensor, 0);
        double b = sl_tensor_at(&labelled.metrics.items[i].tensor, 0);
        assert_true(a == b || (isnan(a) && isnan(b)));
    }
    assert_rows(&labelled, "rows_normal", normal_ids, 10);
    assert_rows(&labelled, "rows_anomalous", anomalous_ids, 3);
    data.labels = NULL;
    assert_int_equal(detect_threshold.run(&labelled, &config, &err), SL_ERR_SHAPE);
    assert_string_equal(err.text, "the rows of split 'test' have no labels that tell "
                                  "normal from anomalous ones");
    fake_step_release(&apart);
    fake_step_release(&labelled);
}

static void
test_detect_checks(void **state)
{
    static const char *const splits[] = {"test"};
    struct sl_schema schema = {.split_count = 1, .splits = splits};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    schema.labels = SL_LABELS_NONE;
    assert_string_equal(
        fake_check(&detect_threshold, "{}", &schema, &arena),
        "1:1 this stage needs 'normal:' and 'anomalous:', the splits its "
        "rows come from, or 'split:', one whose labels tell them apart\n");
    sl_arena_release(&arena);
}

/* ---- calibrations --------------------------------------------------------------------- */

/* Scores 0.01, 0.02, ... of n normal rows, and of m anomalous ones from 0.5 above the
 * normal rows' median on. */
enum { MOST = 400 };
struct rows {
    double normal[MOST], anomalous[MOST];
    uint32_t ids[MOST];
};

static void
fill_rows(struct sl_step *step, struct rows *rows, size_t n, size_t m)
{
    for (size_t i = 0; i < MOST; i++) {
        rows->normal[i] = 0.01 * (double)(i + 1);
        rows->anomalous[i] = 0.01 * (double)n / 2 + 0.005 + 0.01 * (double)i;
        rows->ids[i] = (uint32_t)i;
    }
    fake_step_init(step, "calibrate", 1, NULL);
    join(step, 0, "scores",
         (struct sl_scores){
             .n = n, .at = rows->normal, .ids = rows->ids, .split = "validation"});
    if (m)
        join(step, 1, "anomalous",
             (struct sl_scores){
                 .n = m, .at = rows->anomalous, .ids = rows->ids, .split = "bad"});
}

static void
near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12))
        fail_msg("%.17g, not %.17g", got, want);
}

/* q = 0.95 of 100 rows is the 95th, above which 6 of 101 are to be expected. */
static void
test_quantile(void **state)
{
    double q = 0.95;
    struct sl_step step;
    struct sl_error err;
    struct rows rows;

    (void)state;
    fill_rows(&step, &rows, 100, 0);
    assert_int_equal(calibrate_quantile.run(&step, &q, &err), SL_OK);
    near(number(&step.outputs, "threshold"), 0.95);
    near(number(&step.metrics, "expected_false_alarms"), 6.0 / 101.0);
    assert_non_null(metric(&step, "expected_false_alarms")->interval);
    assert_int_equal(sl_bundle_find(&step.outputs, "calibration")->tensor.shape[0], 100);
    fake_step_release(&step);
}

/* A row above the threshold is one whose p-value is at most the level, and no other. */
static void
test_conformal(void **state)
{
    static const double levels[] = {0.05, 0.051, 0.1, 1.0 / 3.0, 0.999};
    struct sl_step step;
    struct sl_error err;
    struct rows rows;

    (void)state;
    for (size_t k = 0; k < sizeof levels / sizeof *levels; k++) {
        struct sl_calibration c = {19, rows.normal, NULL};
        double threshold;

        fill_rows(&step, &rows, 19, 0);
        assert_int_equal(calibrate_conformal.run(&step, &levels[k], &err), SL_OK);
        threshold = number(&step.outputs, "threshold");
        assert_true(number(&step.metrics, "expected_false_alarms") <= levels[k] + 1e-12);
        for (double score = 0.0; score < 0.3; score += 0.005)
            assert_int_equal(score > threshold,
                             sl_p_value(&c, score) <= levels[k] * (1 + 1e-12));
        fake_step_release(&step);
    }
    double level = 0.05;
    fill_rows(&step, &rows, 18, 0);
    assert_int_equal(calibrate_conformal.run(&step, &level, &err), SL_ERR_NUMERIC);
    assert_string_equal(err.text,
                        "split 'validation' has 18 rows, so no p-value is below "
                        "0.0526316; a level of 0.05 takes at least 19");
    fake_step_release(&step);
}

/* 100 normal rows 0.01..1, 60 anomalous ones 0.505, 0.515, ..., 1.095. */
static void
test_with_anomalies(void **state)
{
    struct {
        double tpr;
        struct sl_int_list normal_labels;
    } tpr = {.tpr = 0.75};
    struct sl_int_list none = {0};
    struct sl_step step;
    struct sl_error err;
    struct rows rows;

    (void)state;
    fill_rows(&step, &rows, 100, 60);
    assert_int_equal(calibrate_fpr_at_tpr.run(&step, &tpr, &err), SL_OK);
    /* 45 of 60 are found from 0.655 on: half way to 0.65 below; 35 normal rows above. */
    near(number(&step.outputs, "threshold"), 0.6525);
    near(number(&step.metrics, "expected_false_alarms"), 0.35);
    near(number(&step.metrics, "tpr"), 0.75);
    fake_step_release(&step);

    fill_rows(&step, &rows, 100, 60);
    assert_int_equal(calibrate_max_f1.run(&step, &none, &err), SL_OK);
    /* All 60 and 50 normal rows: 120 / 170. Fewer: (60 - k) of each more lost. */
    near(number(&step.metrics, "f1"), 120.0 / 170.0);
    near(number(&step.outputs, "threshold"), 0.5025);
    fake_step_release(&step);

    fill_rows(&step, &rows, 100, 0);
    assert_int_equal(calibrate_max_f1.run(&step, &none, &err), SL_ERR_SHAPE);
    assert_string_equal(err.text,
                        "the rows of split 'validation' have no labels that tell "
                        "normal from anomalous ones");
    fake_step_release(&step);
}

/* Exponential scores: the share 1e-3 lies at ln 1000, within the error of 40 rows. */
static void
test_pot(void **state)
{
    struct {
        double false_alarms, tail;
    } config = {1e-3, 0.1};
    struct sl_step step;
    struct sl_error err;
    struct rows rows;

    (void)state;
    fill_rows(&step, &rows, MOST, 0);
    for (size_t i = 0; i < MOST; i++)
        rows.normal[i] = -log(1.0 - ((double)i + 0.5) / MOST);
    assert_int_equal(calibrate_pot.run(&step, &config, &err), SL_OK);
    assert_true(fabs(number(&step.outputs, "threshold") - log(1000)) < 0.5);
    near(number(&step.metrics, "expected_false_alarms"), 1e-3);
    near(number(&step.metrics, "tail_rows"), 40.0);
    assert_int_equal(sl_bundle_find(&step.outputs, "tail")->tensor.shape[0], 4);
    fake_step_release(&step);

    fill_rows(&step, &rows, 60, 0);
    assert_int_equal(calibrate_pot.run(&step, &config, &err), SL_ERR_NUMERIC);
    assert_string_equal(err.text,
                        "6 calibration scores lie in the tail, at least 10 are needed; "
                        "raise 'tail', or calibrate on more rows");
    fake_step_release(&step);
}

static void
test_calibration_checks(void **state)
{
    struct sl_schema schema = {.labels = SL_LABELS_NONE};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    assert_string_equal(
        fake_check(&calibrate_max_f1, "{split: v}", &schema, &arena),
        "1:9 this calibration needs anomalous rows, and the data has no labels; name a "
        "split of them with 'anomalous:'\n");
    assert_string_equal(fake_check(&calibrate_pot, "{false_alarms: 0.2}", NULL, &arena),
                        "1:16 'false_alarms' is 0.2 and 'tail' 0.1; it asks for a share "
                        "within the tail, so it has to be less\n");
    sl_arena_release(&arena);
}

/* ---- the false discovery rate ----------------------------------------------------------- */

/* p-values of ten rows against 99 calibration rows; what is flagged is what the procedure
 * says, in the run and for new rows alike. */
static void
test_benjamini_hochberg(void **state)
{
    struct {
        struct sl_detection_config detection;
        double level;
    } config = {.level = 0.25};
    static double calibration[99];
    struct sl_tensor known = sl_tensor_vector(SL_F64, calibration, 99);
    struct sl_step step;
    struct sl_error err;
    double scores[13], p[13];
    bool flagged[13];
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < 99; i++)
        calibration[i] = 0.01 * (double)i;
    fill(&step);
    assert_int_equal(sl_output_tensor(&step, "calibration", &known, &err), SL_OK);
    assert_int_equal(detect_benjamini_hochberg.run(&step, &config, &err), SL_OK);
    memcpy(scores, normal_at, sizeof normal_at);
    memcpy(scores + 10, anomalous_at, sizeof anomalous_at);
    struct sl_decisions d = {13, scores, p, flagged};
    assert_int_equal(detect_benjamini_hochberg.decide(&config, &step.outputs, &d, &err),
                     SL_OK);
    /* 1.5 has p = 1/100 <= 0.25 / 13; then 0.9: 10/100 > 2 * 0.25 / 13. */
    for (size_t i = 0; i < 13; i++) {
        n += flagged[i];
        assert_int_equal(flagged[i], scores[i] > number(&step.metrics, "threshold"));
    }
    assert_int_equal(n, 1);
    near(number(&step.metrics, "flagged"), 1.0);
    assert_true(flagged[12] && p[12] == 0.01);
    fake_step_release(&step);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sigma),
        cmocka_unit_test(test_sigma_refuses),
        cmocka_unit_test(test_detect),
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_no_examples),
        cmocka_unit_test(test_detect_refuses),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_undefined),
        cmocka_unit_test(test_labelled),
        cmocka_unit_test(test_detect_checks),
        cmocka_unit_test(test_quantile),
        cmocka_unit_test(test_conformal),
        cmocka_unit_test(test_with_anomalies),
        cmocka_unit_test(test_pot),
        cmocka_unit_test(test_calibration_checks),
        cmocka_unit_test(test_benjamini_hochberg),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
