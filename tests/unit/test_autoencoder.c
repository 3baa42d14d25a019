/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "runner/config/yaml.h"
#include "tests/unit/bars.h"

extern const struct sl_module train_autoencoder;

#define SMALL "encoder: [20, 4], epochs: 12, " BARS_LOOP

static void
training_makes_images_resemble_their_rows(void **state)
{
    static struct fixture f;
    const double *epochs;

    (void)state;
    fixture_init(&f, &train_autoencoder);
    if (train(&f, "{" SMALL "}"))
        fail_msg("%s", f.err.text);
    epochs = fake_series(&f.step, "loss_epoch")->tensor.data;
    assert_true(epochs[11] < 0.5 * epochs[0]);
    assert_true(fake_metric(&f.step, "parameters") ==
                20 * 36 + 20 + 4 * 20 + 4 + 20 * 4 + 20 + 36 * 20 + 36);
    assert_int_equal(f.step.parameters.n, 12);
    assert_string_equal(f.step.parameters.items[0].name, "encoder.0.weight");
    assert_string_equal(f.step.parameters.items[7].name, "decoder.1.bias");
    fixture_release(&f);
}

static void
scores_are_what_reconstructions_miss(void **state)
{
    static struct fixture f;
    static double scores[300];
    static float images[300 * D];
    struct sl_rows rows = {&f.data, NULL, 300};
    double mean = 0;

    (void)state;
    fixture_init(&f, &train_autoencoder);
    rows.ids = f.splits[1].rows;
    if (train(&f, "{" SMALL "}"))
        fail_msg("%s", f.err.text);
    score(&f, &f.splits[1], scores);
    assert_int_equal(
        train_autoencoder.model->reconstruct(&f.model, &f.step, &rows, images, &f.err),
        SL_OK);
    for (size_t i = 0; i < 300; i++) {
        double want = 0;
        for (size_t j = 0; j < D; j++) {
            double x = (double)((float)f.x[rows.ids[i] * D + j] / 255.0f);
            want += pow(x - (double)images[i * D + j], 2) / D;
        }
        assert_true(fabs(scores[i] - want) < 1e-15);
        mean += scores[i] / 300;
    }
    assert_true(fabs(mean - fake_metric(&f.step, "loss_test")) < 1e-15);
    fixture_release(&f);
}

static void
seeds_decide(void **state)
{
    static struct fixture a, b;

    (void)state;
    fixture_init(&a, &train_autoencoder);
    fixture_init(&b, &train_autoencoder);
    b.step.seed = 5;
    assert_int_equal(train(&a, "{" SMALL "}"), SL_OK);
    assert_int_equal(train(&b, "{" SMALL "}"), SL_OK);
    assert_memory_not_equal(a.step.parameters.items[0].tensor.data,
                            b.step.parameters.items[0].tensor.data, 36 * sizeof(float));
    fixture_release(&a);
    fixture_release(&b);
}

static void
float32_learns_what_float64_learns(void **state)
{
    static struct fixture a, b;
    const double *loss32, *loss64;

    (void)state;
    fixture_init(&a, &train_autoencoder);
    fixture_init(&b, &train_autoencoder);
    assert_int_equal(train(&a, "{encoder: [20, 4], epochs: 2}"), SL_OK);
    assert_int_equal(train(&b, "{encoder: [20, 4], epochs: 2, precision: float64}"),
                     SL_OK);
    assert_int_equal(b.step.parameters.items[0].tensor.type, SL_F64);
    loss32 = fake_series(&a.step, "loss")->tensor.data;
    loss64 = fake_series(&b.step, "loss")->tensor.data;
    for (size_t i = 0; i < 24; i++) {
        assert_true(fabs(loss32[i] - loss64[i]) < 1e-5 * loss64[i]);
        assert_true(loss32[i] != loss64[i]);
    }
    fixture_release(&a);
    fixture_release(&b);
}

static void
a_decoder_of_its_own(void **state)
{
    static struct fixture f;
    const struct sl_item *item;

    (void)state;
    fixture_init(&f, &train_autoencoder);
    assert_int_equal(train(&f, "{encoder: [9, 3], decoder: [11, 13], epochs: 1}"), SL_OK);
    assert_int_equal(f.step.parameters.n, 2 * 5 + 4);
    item = sl_bundle_find(&f.step.parameters, "decoder.1.weight");
    assert_int_equal(item->tensor.shape[0], 13);
    assert_int_equal(item->tensor.shape[1], 11);
    item = sl_bundle_find(&f.step.parameters, "decoder.2.weight");
    assert_int_equal(item->tensor.shape[0], D);
    fixture_release(&f);
}

static void
parameters_of_another_model_are_refused(void **state)
{
    static struct fixture f;

    (void)state;
    fixture_init(&f, &train_autoencoder);
    assert_int_equal(train(&f, "{encoder: [9, 3], epochs: 1}"), SL_OK);
    f.model.d = D + 1;
    assert_int_equal(train_autoencoder.model->open(&f.model, &f.arena, &f.err),
                     SL_ERR_SHAPE);
    assert_non_null(strstr(f.err.text, "'encoder.0.weight'"));
    fixture_release(&f);
}

/* ---- check -------------------------------------------------------------------------- */

/* Every loss falls, and the score is what the loss says of what the network gives back. */
static void
losses_are_what_scores_are(void **state)
{
    const char *const yaml[] = {
        "{" SMALL ", loss: mae}",
        "{" SMALL ", loss: {huber: {delta: 0.1}}}",
        "{" SMALL ", loss: binary-cross-entropy}",
        "{" SMALL ", loss: binary-cross-entropy, precision: float64}",
    };

    (void)state;
    for (size_t k = 0; k < sizeof yaml / sizeof *yaml; k++) {
        static struct fixture f;
        static float images[300 * D];
        static double scores[300], parts[300 * D];
        struct sl_rows rows;
        const double *epochs;
        fixture_init(&f, &train_autoencoder);
        if (train(&f, yaml[k]))
            fail_msg("%s: %s", yaml[k], f.err.text);
        epochs = fake_series(&f.step, "loss_epoch")->tensor.data;
        assert_true(epochs[11] < 0.8 * epochs[0]);
        rows = (struct sl_rows){&f.data, f.splits[1].rows, 300};
        score(&f, &f.splits[1], scores);
        assert_int_equal(train_autoencoder.model->reconstruct(&f.model, &f.step, &rows,
                                                              images, &f.err),
                         SL_OK);
        assert_int_equal(
            train_autoencoder.model->explain(&f.model, &f.step, &rows, 0, parts, &f.err),
            SL_OK);
        for (size_t i = 0; i < 300; i++) {
            double want = 0, sum = 0;
            for (size_t j = 0; j < D; j++) {
                double t = f.x[rows.ids[i] * D + j] / 255.0;
                double y = (double)images[i * D + j], e = fabs(y - t);
                if (k == 0)
                    want += e / D;
                else if (k == 1)
                    want += (e <= 0.1 ? e * e / 2 : 0.1 * (e - 0.05)) / D;
                else
                    want -= (t * log(y) + (1 - t) * log1p(-y)) / D;
                sum += parts[i * D + j];
            }
            assert_true(fabs(scores[i] - want) < 1e-5 * want);
            assert_true(fabs(scores[i] - sum) < 1e-12);
        }
        fixture_release(&f);
    }
}

/* In training, and of what is scored later. */
static void
values_that_are_no_chances_are_refused(void **state)
{
    static struct fixture f;
    double out[300];
    struct sl_rows rows = {&f.data, NULL, 300};

    (void)state;
    fixture_init(&f, &train_autoencoder);
    f.data.scale = 100;
    assert_int_equal(train(&f, "{" SMALL ", loss: binary-cross-entropy}"), SL_ERR_SHAPE);
    assert_string_equal(f.err.text,
                        "row 0 of split 'train' has the value 1.2 in 'column 2'; the "
                        "loss is of values from 0 to 1, where preprocessing by 'min-max' "
                        "with 'clip' keeps them; mse, mae and huber are of any");
    f.data.scale = 255;
    assert_int_equal(train(&f, "{" SMALL ", loss: binary-cross-entropy}"), SL_OK);
    f.data.scale = 100;
    rows.ids = f.splits[1].rows;
    assert_int_equal(
        train_autoencoder.model->score(&f.model, &f.step, &rows, 0, out, &f.err),
        SL_ERR_SHAPE);
    assert_non_null(strstr(f.err.text, "the loss is of values from 0 to 1"));
    fixture_release(&f);
}

static void
mistakes_are_told_before_anything_runs(void **state)
{
    const struct {
        const char *yaml;
        enum sl_severity severity;
        unsigned line;
        const char *want; /* NULL: nothing is wrong */
    } cases[] = {
        {"encoder: [9, 3]\n", SL_NOTE, 0, NULL},
        {"encoder: []\n", SL_ERROR, 0, "'encoder' is empty"},
        {"epochs: 3\nencoder: [9, 37]\n", SL_WARNING, 2, "the code has 37 columns"},
        {"encoder: [9, 3]\ntied: true\ndecoder: [9]\n", SL_NOTE, 0, NULL},
        {"encoder: [9, 3]\ntied: true\ndecoder: [8]\n", SL_ERROR, 3,
         "a tied decoder has the encoder's widths in reverse"},
        {"encoder: [9, 3]\ntied: true\ndecoder: [9, 9]\n", SL_ERROR, 3,
         "leave 'decoder' out"},
        {"encoder: [9, 3]\nsparse: {kl: 0.1}\n", SL_ERROR, 2, "'activation: sigmoid'"},
        {"encoder: [9, 3]\nsparse: {kl: 0.1}\nactivation: sigmoid\n", SL_NOTE, 0, NULL},
        {"encoder: [3]\ndropout: 0.1\n", SL_WARNING, 2, "there is no hidden layer"},
        {"encoder: [3]\ndecoder: [9]\ndropout: 0.1\n", SL_NOTE, 0, NULL},
        {"encoder: [9, 3]\nloss: binary-cross-entropy\n", SL_NOTE, 0, NULL},
        {"encoder: [9, 3]\nloss: binary-cross-entropy\noutput: tanh\n", SL_ERROR, 3,
         "loss 'binary-cross-entropy' takes the chances that a sigmoid gives; 'output: "
         "tanh' does not go with it"},
        {"encoder: [9, 3]\nbatch_size: 1201\n", SL_ERROR, 2,
         "batch_size 1201 is more than the 1200 rows"},
    };
    const char *const splits[] = {"test", "train"};
    const size_t rows[] = {300, 1200};
    struct sl_schema schema = {.d = D, .split_count = 2, .splits = splits, .rows = rows};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_arena arena;
        struct sl_report report;
        struct sl_check check = {.report = &report,
                                 .registry = &sl_builtin,
                                 .schema = &schema,
                                 .mark = {"test", 1, 1}};
        struct sl_node *node;
        const void *config;
        sl_arena_init(&arena);
        sl_report_init(&report, &arena);
        config = fake_config(&train_autoencoder.entry, cases[i].yaml, &arena);
        sl_yaml_parse("test", cases[i].yaml, strlen(cases[i].yaml), &arena, &report,
                      &node);
        check.arena = &arena;
        check.node = node;
        train_autoencoder.check(config, &check);
        assert_int_equal(report.n, cases[i].want ? 1 : 0);
        if (cases[i].want) {
            assert_non_null(strstr(report.problems[0].text, cases[i].want));
            assert_int_equal(report.problems[0].severity, cases[i].severity);
            if (cases[i].line)
                assert_int_equal(report.problems[0].mark.line, cases[i].line);
        }
        sl_arena_release(&arena);
    }
}

/* Over the rows they are of, squared distances with the divisor n average to the rank, and
 * standardised scores to 0; that holds however many columns the code has. */
static void
codes_are_scored_by_their_own_spread(void **state)
{
    static const char *const ways[] = {
        "{" SMALL ", activation: tanh, precision: float64}",
        "{" SMALL "}",
        "{encoder: [20, 60], epochs: 2, batch_size: 50}",
    };
    static double parts[3][1200];

    (void)state;
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        static struct fixture f;
        const struct sl_item *axes;
        double squares = 0, sum = 0, rank;

        fixture_init(&f, &train_autoencoder);
        if (train(&f, ways[w]))
            fail_msg("%s", f.err.text);
        for (size_t kind = 0; kind < 3; kind++)
            score_kind(&f, &f.splits[0], kind, parts[kind]);
        axes = sl_bundle_find(&f.step.parameters, "latent.axes");
        assert_non_null(axes);
        rank = (double)axes->tensor.shape[0];
        for (size_t i = 0; i < 1200; i++) {
            squares += parts[1][i] * parts[1][i] / 1200;
            sum += parts[2][i] / 1200;
        }
        assert_true(fabs(squares - rank) < 1e-6 * rank);
        assert_true(fabs(sum) < 1e-9);
        /* the sum rises with either part */
        for (size_t i = 1; i < 1200; i++)
            if (parts[0][i] > parts[0][0] && parts[1][i] > parts[1][0])
                assert_true(parts[2][i] > parts[2][0]);
        fixture_release(&f);
    }
}

static void
a_model_without_codes_scores_by_reconstruction_alone(void **state)
{
    static struct fixture f;
    static double scores[300];
    struct sl_rows rows;

    (void)state;
    fixture_init(&f, &train_autoencoder);
    if (train(&f, "{" SMALL "}"))
        fail_msg("%s", f.err.text);
    f.step.parameters.n = 8;
    assert_int_equal(train_autoencoder.model->open(&f.model, &f.arena, &f.err), SL_OK);
    score(&f, &f.splits[1], scores);
    rows = (struct sl_rows){&f.data, f.splits[1].rows, 300};
    assert_int_equal(
        train_autoencoder.model->score(&f.model, &f.step, &rows, 1, scores, &f.err),
        SL_ERR_SHAPE);
    fixture_release(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_makes_images_resemble_their_rows),
        cmocka_unit_test(scores_are_what_reconstructions_miss),
        cmocka_unit_test(seeds_decide),
        cmocka_unit_test(float32_learns_what_float64_learns),
        cmocka_unit_test(a_decoder_of_its_own),
        cmocka_unit_test(codes_are_scored_by_their_own_spread),
        cmocka_unit_test(a_model_without_codes_scores_by_reconstruction_alone),
        cmocka_unit_test(parameters_of_another_model_are_refused),
        cmocka_unit_test(losses_are_what_scores_are),
        cmocka_unit_test(values_that_are_no_chances_are_refused),
        cmocka_unit_test(mistakes_are_told_before_anything_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
