/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/variational_record.h"
#include "runner/config/yaml.h"
#include "runner/parallel/pool.h"
#include "tests/unit/bars.h"

extern const struct sl_module train_variational_autoencoder;

#define SMALL "encoder: [20], latent: 3, epochs: 8, " BARS_LOOP

static void
must_train(struct fixture *f, const char *yaml)
{
    fixture_init(f, &train_variational_autoencoder);
    if (train(f, yaml))
        fail_msg("%s: %s", yaml, f->err.text);
}

/* The score `name` of some rows. */
static void
score_named(struct fixture *f, const char *name, const uint32_t *ids, size_t n,
            double *out)
{
    const struct sl_split split = {"some", n, ids};
    size_t kind = 0;

    while (strcmp(f->model.module->model->scores[kind].name, name) != 0)
        kind++;
    score_kind(f, &split, kind, out);
}

static void
training_raises_the_bound(void **state)
{
    static struct fixture f;
    const double *epochs;

    (void)state;
    must_train(&f, "{" SMALL ", binarise: stochastic}");
    epochs = fake_series(&f.step, "loss_epoch")->tensor.data;
    assert_true(epochs[7] < 0.9 * epochs[0]);
    epochs = fake_series(&f.step, "loss_test")->tensor.data;
    assert_true(epochs[7] < 0.95 * epochs[0]);
    assert_int_equal(f.step.parameters.n, 8);
    assert_string_equal(f.step.parameters.items[0].name, "encoder.0.weight");
    assert_string_equal(f.step.parameters.items[7].name, "decoder.1.bias");
    assert_true(fake_metric(&f.step, "parameters") ==
                20 * D + 20 + 6 * 20 + 6 + 20 * 3 + 20 + D * 20 + D);
    fixture_release(&f);
}

/* Where it trained and where it scores, a row draws the same. */
static void
scores_are_the_monitored_losses(void **state)
{
    static struct fixture f;
    static double bound[TEST], missed[TEST], divergence[TEST];
    double sums[3] = {0};

    (void)state;
    must_train(&f, "{" SMALL ", binarise: stochastic, samples: 3}");
    score_named(&f, "negative-bound", f.ids + TRAIN, TEST, bound);
    score_named(&f, "reconstruction", f.ids + TRAIN, TEST, missed);
    score_named(&f, "divergence", f.ids + TRAIN, TEST, divergence);
    for (size_t i = 0; i < TEST; i++) {
        assert_true(fabs(bound[i] - missed[i] - divergence[i]) < 1e-13 * bound[i]);
        assert_true(divergence[i] > 0);
        sums[0] += bound[i] / TEST;
        sums[1] += missed[i] / TEST;
        sums[2] += divergence[i] / TEST;
    }
    assert_true(fabs(sums[0] - fake_metric(&f.step, "loss_test")) < 1e-12);
    assert_true(fabs(sums[1] - fake_metric(&f.step, "reconstruction_test")) < 1e-12);
    assert_true(fabs(sums[2] - fake_metric(&f.step, "divergence_test")) < 1e-12);
    fixture_release(&f);
}

/* The loss weighs the divergence, the score doesn't. */
static void
beta_is_of_the_loss_alone(void **state)
{
    static struct fixture f;
    static double bound[TEST];
    double mean = 0;

    (void)state;
    must_train(&f, "{" SMALL ", beta: 4}");
    score_named(&f, "negative-bound", f.ids + TRAIN, TEST, bound);
    for (size_t i = 0; i < TEST; i++)
        mean += bound[i] / TEST;
    assert_true(fabs(mean + 3 * fake_metric(&f.step, "divergence_test") -
                     fake_metric(&f.step, "loss_test")) < 1e-12);
    fixture_release(&f);
}

/* In float32 the sums of a product move with a row's place; its draws do not, nor with its
 * number in the data. */
static void
a_score_knows_no_neighbours(void **state)
{
    static struct fixture f;
    static double here[TEST], there[TEST];
    static uint32_t backwards[TEST];

    (void)state;
    must_train(&f, "{encoder: [20], latent: 3, binarise: stochastic, epochs: 1}");
    for (size_t i = 0; i < TEST; i++)
        backwards[i] = f.ids[ROWS - 1 - i];
    score_named(&f, "negative-bound", f.ids + TRAIN, TEST, here);
    score_named(&f, "negative-bound", backwards, TEST, there);
    for (size_t i = 0; i < TEST; i++)
        assert_true(fabs(here[i] - there[TEST - 1 - i]) < 1e-5 * here[i]);
    score_named(&f, "negative-bound", f.ids + TRAIN + 7, 1, there);
    assert_true(fabs(here[7] - there[0]) < 1e-5 * here[7]);
    memcpy(f.x, f.x + (TRAIN + 7) * D, D);
    score_named(&f, "negative-bound", f.ids, 1, there);
    assert_true(fabs(here[7] - there[0]) < 1e-5 * here[7]);
    f.x[0] ^= 64;
    score_named(&f, "negative-bound", f.ids, 1, there);
    assert_true(fabs(here[7] - there[0]) > 1e-5 * here[7]);
    fixture_release(&f);
}

/* ---- bits --------------------------------------------------------------------------- */

static void
assert_same_bundle(const struct sl_bundle *a, const struct sl_bundle *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++)
        assert_memory_equal(a->items[i].tensor.data, b->items[i].tensor.data,
                            sl_tensor_bytes(&a->items[i].tensor));
}

static void
assert_same(const struct fixture *a, const struct fixture *b)
{
    assert_same_bundle(&a->step.parameters, &b->step.parameters);
    assert_same_bundle(&a->step.series, &b->step.series);
    assert_same_bundle(&a->step.tensors, &b->step.tensors);
    assert_same_bundle(&a->step.metrics, &b->step.metrics);
}

/* Batches and widths large enough for products and rows to be cut. */
static void
threads_change_no_byte(void **state)
{
    static struct fixture one, four;
    static double scores[2][TRAIN];
    const char *yaml = "{encoder: [500], latent: 8, epochs: 2, batch_size: 700, "
                       "monitor: [train, test], binarise: stochastic, covariance: full, "
                       "dropout: 0.2, normalisation: batch}";
    struct sl_pool *pool;

    (void)state;
    fixture_init(&four, &train_variational_autoencoder);
    assert_int_equal(sl_pool_new(&pool, 4, &four.err), SL_OK);
    four.step.pool = pool;
    must_train(&one, yaml);
    assert_int_equal(train(&four, yaml), SL_OK);
    assert_same(&one, &four);
    score_named(&one, "negative-bound", one.ids, TRAIN, scores[0]);
    score_named(&four, "negative-bound", four.ids, TRAIN, scores[1]);
    assert_memory_equal(scores[0], scores[1], sizeof scores[0]);
    sl_pool_free(pool);
    fixture_release(&one);
    fixture_release(&four);
}

static void
stopped_it_ends_the_same(void **state)
{
    static struct fixture whole, first, second;
    struct fake_checkpoint checkpoint = {.saves = 0};
    const char *yaml = "{" SMALL ", binarise: stochastic, dropout: 0.2, "
                       "normalisation: batch}";

    (void)state;
    must_train(&whole, yaml);
    fixture_init(&first, &train_variational_autoencoder);
    fixture_init(&second, &train_variational_autoencoder);
    first.step.checkpoint = second.step.checkpoint = &checkpoint;
    first.step.stop_after = 100;
    assert_int_equal(train(&first, yaml), SL_ERR_CANCELLED);
    assert_int_equal(train(&second, yaml), SL_OK);
    assert_int_equal(second.step.told, 8 * 24 - 100);
    assert_same(&whole, &second);
    fixture_release(&whole);
    fixture_release(&first);
    fixture_release(&second);
    fake_checkpoint_release(&checkpoint);
}

static void
float32_learns_what_float64_learns(void **state)
{
    static struct fixture a, b;
    const double *loss32, *loss64;

    (void)state;
    must_train(&a, "{encoder: [20], latent: 3, epochs: 2, binarise: stochastic}");
    must_train(&b, "{encoder: [20], latent: 3, epochs: 2, binarise: stochastic, "
                   "precision: float64}");
    loss32 = fake_series(&a.step, "loss")->tensor.data;
    loss64 = fake_series(&b.step, "loss")->tensor.data;
    for (size_t i = 0; i < 24; i++) {
        assert_true(fabs(loss32[i] - loss64[i]) < 1e-4 * loss64[i]);
        assert_true(loss32[i] != loss64[i]);
    }
    fixture_release(&a);
    fixture_release(&b);
}

/* ---- what it makes of latents ------------------------------------------------------- */

/* A draw's pixels are 0 or 1, as often 1 as the reconstructions' mean says; point i is the
 * same however many are drawn. */
static void
draws_are_like_the_data(void **state)
{
    static struct fixture f;
    static double x[TEST * D], few[3 * D];
    struct sl_stream stream;
    double data = 0, drawn = 0;

    (void)state;
    must_train(&f, "{" SMALL ", binarise: stochastic}");
    sl_stream_init(&stream, 4, "sample", "points");
    assert_int_equal(
        f.model.module->model->draw(&f.model, NULL, &stream, TEST, x, &f.err), SL_OK);
    assert_int_equal(f.model.module->model->draw(&f.model, NULL, &stream, 3, few, &f.err),
                     SL_OK);
    assert_memory_equal(x, few, sizeof few);
    for (size_t i = 0; i < TEST * D; i++) {
        assert_true(x[i] == 0 || x[i] == 1);
        drawn += x[i] / (TEST * D);
        data += f.x[TRAIN * D + i] / 255.0 / (TEST * D);
    }
    assert_true(fabs(drawn - data) < 0.1 * data);
    fixture_release(&f);
}

static void
reconstructions_resemble_their_rows(void **state)
{
    static struct fixture f;
    static float images[TEST * D];
    struct sl_rows rows;
    double error = 0, spread = 0;

    (void)state;
    must_train(&f, "{" SMALL "}");
    rows = (struct sl_rows){&f.data, f.ids + TRAIN, TEST};
    assert_int_equal(
        f.model.module->model->reconstruct(&f.model, &f.step, &rows, images, &f.err),
        SL_OK);
    for (size_t j = 0; j < D; j++) {
        double mean = 0;
        for (size_t i = 0; i < TEST; i++)
            mean += f.x[(TRAIN + i) * D + j] / 255.0 / TEST;
        for (size_t i = 0; i < TEST; i++) {
            double x = f.x[(TRAIN + i) * D + j] / 255.0;
            error += pow(x - (double)images[i * D + j], 2);
            spread += pow(x - mean, 2);
        }
    }
    assert_true(error < 0.5 * spread);
    fixture_release(&f);
}

static void
images_are_recorded(void **state)
{
    static struct fixture f;
    const struct {
        const char *latent;
        size_t rows, columns;
    } cases[] = {
        {"latent: 3", SL_WALK_ROWS, SL_WALK_COLUMNS},
        {"latent: 2", SL_WALK_GRID, SL_WALK_GRID},
    };

    (void)state;
    for (size_t c = 0; c < 2; c++) {
        char yaml[100];
        const struct sl_tensor *prior, *walk;
        snprintf(yaml, sizeof yaml, "{encoder: [20], %s, epochs: 1}", cases[c].latent);
        must_train(&f, yaml);
        prior = &sl_bundle_find(&f.step.tensors, "prior_samples")->tensor;
        walk = &sl_bundle_find(&f.step.tensors, "walk")->tensor;
        assert_int_equal(prior->rank, 3);
        assert_int_equal(prior->shape[0], SL_PRIOR_SAMPLES);
        assert_int_equal(prior->shape[2], SIDE);
        assert_int_equal(walk->rank, 4);
        assert_int_equal(walk->shape[0], cases[c].rows);
        assert_int_equal(walk->shape[1], cases[c].columns);
        assert_int_equal(walk->shape[3], SIDE);
        for (size_t i = 0; i < sl_tensor_count(walk); i++)
            assert_true(sl_tensor_at(walk, i) > 0 && sl_tensor_at(walk, i) < 1);
        assert_memory_not_equal(walk->data, (const float *)walk->data + D,
                                D * sizeof(float));
        fixture_release(&f);
    }
}

/* ---- linear ------------------------------------------------------------------------- */

#define LINEAR                                                                           \
    "encoder: [], latent: 4, covariance: full, likelihood: gaussian, noise: 0.3, "       \
    "expectation: closed-form, precision: float64, monitor: [train], epochs: 60, "       \
    "optimizer: {adam: {lr: 0.02}}, schedule: cosine"

static void
ceilings_are_recorded(void **state)
{
    static struct fixture f;
    const struct sl_item *ceilings;
    const double *losses;

    (void)state;
    must_train(&f, "{" LINEAR "}");
    ceilings = fake_series(&f.step, "ceilings");
    assert_int_equal(ceilings->tensor.shape[0], D);
    assert_true(ceilings->at[4] == 4);
    assert_true(fake_metric(&f.step, "ceiling") == sl_tensor_at(&ceilings->tensor, 4));
    assert_true(fabs(fake_metric(&f.step, "bound") + fake_metric(&f.step, "loss_train")) <
                1e-12);
    assert_true(fake_metric(&f.step, "bound") <= fake_metric(&f.step, "likelihood"));
    assert_true(fake_metric(&f.step, "likelihood") < fake_metric(&f.step, "ceiling"));
    assert_true(fabs(fake_metric(&f.step, "ceiling") - fake_metric(&f.step, "bound") -
                     fake_metric(&f.step, "gap")) < 1e-12);
    assert_true(fake_metric(&f.step, "gap_per_dimension") ==
                fake_metric(&f.step, "gap") / D);
    assert_true(fake_metric(&f.step, "gap_per_dimension") < 0.05);
    losses = fake_series(&f.step, "loss_train")->tensor.data;
    for (size_t e = 0; e < 60; e++)
        assert_true(-losses[e] < fake_metric(&f.step, "ceiling") + 1e-6);
    fixture_release(&f);
}

/* Stages of other names and covariances, and one decoder. */
static void
a_seed_makes_stages_share_a_frozen_decoder(void **state)
{
    static struct fixture a, b, c;

    (void)state;
    fixture_init(&b, &train_variational_autoencoder);
    fixture_init(&c, &train_variational_autoencoder);
    b.step.name = "other";
    must_train(&a, "{" LINEAR ", freeze: decoder, decoder_seed: 7}");
    assert_int_equal(train(&b, "{" LINEAR ", freeze: decoder, decoder_seed: 7}"), SL_OK);
    assert_int_equal(train(&c, "{" LINEAR ", freeze: decoder}"), SL_OK);
    assert_true(fake_metric(&a.step, "ceiling") == fake_metric(&b.step, "ceiling"));
    assert_true(fake_metric(&a.step, "ceiling") == fake_metric(&a.step, "likelihood"));
    assert_true(fake_metric(&a.step, "ceiling") != fake_metric(&c.step, "ceiling"));
    assert_true(fake_metric(&a.step, "bound") != fake_metric(&b.step, "bound"));
    assert_true(fake_metric(&a.step, "noise") == 0.3);
    fixture_release(&a);
    fixture_release(&b);
    fixture_release(&c);
}

/* ---- mistakes ----------------------------------------------------------------------- */

static void
values_that_are_no_chances_are_refused(void **state)
{
    static struct fixture f;

    (void)state;
    fixture_init(&f, &train_variational_autoencoder);
    f.data.scale = 100;
    assert_int_equal(train(&f, "{" SMALL "}"), SL_ERR_SHAPE);
    assert_non_null(strstr(f.err.text, "row 0 of split 'train' has the value 1.2"));
    assert_non_null(strstr(f.err.text, "'likelihood: gaussian'"));
    assert_int_equal(train(&f, "{" SMALL ", binarise: threshold}"), SL_OK);
    fixture_release(&f);
    fixture_init(&f, &train_variational_autoencoder);
    f.data.scale = 100;
    assert_int_equal(train(&f, "{" SMALL ", likelihood: gaussian}"), SL_OK);
    fixture_release(&f);
}

static void
parameters_of_another_model_are_refused(void **state)
{
    static struct fixture f;

    (void)state;
    must_train(&f, "{encoder: [9], latent: 3, epochs: 1}");
    f.model.d = D + 1;
    assert_int_equal(f.model.module->model->open(&f.model, &f.arena, &f.err),
                     SL_ERR_SHAPE);
    assert_non_null(strstr(f.err.text, "'encoder.0.weight'"));
    fixture_release(&f);
}

static void
mistakes_are_told_before_anything_runs(void **state)
{
    const struct {
        const char *yaml;
        unsigned line;
        const char *want; /* NULL: nothing is wrong */
    } cases[] = {
        {"encoder: [9]\nlatent: 3\n", 0, NULL},
        {"encoder: []\nlatent: 3\nlikelihood: gaussian\nexpectation: closed-form\n", 0,
         NULL},
        {"encoder: [9]\nlatent: 0\n", 2, "1..100000, got '0'"},
        {"encoder: [9]\nlatent: 3\nbeta: -0.5\n", 3, "-0.5"},
        {"encoder: [9]\nlatent: 3\nnoise: 0\n", 3, "'0'"},
        {"encoder: [9, 0]\nlatent: 3\n", 1, "'0'"},
        {"encoder: [9]\n", 1, "latent"},
        {"encoder: [9]\nlatent: 3\ncovariance: banded\n", 3, "banded"},
        {"encoder: [9]\nlatent: 3\nsamples: 0\n", 3, "'0'"},
        {"encoder: [9]\nlatent: 257\ncovariance: full\n", 2, "257 latents"},
        {"encoder: []\nlatent: 3\nexpectation: closed-form\n", 3, "linear gaussian"},
        {"encoder: [9]\nlatent: 3\nlikelihood: gaussian\nexpectation: closed-form\n", 4,
         "linear gaussian"},
        {"encoder: [9]\nlatent: 3\n\nactivation: {dense: {units: 5}}\n", 4,
         "unknown activation 'dense'"},
        {"encoder: [9]\nlatent: 3\nfreeze: decoder\nnormalisation: batch\n", 4,
         "a decoder that is frozen"},
        {"encoder: [9]\nlatent: 3\nbatch_size: 1201\n", 3, "batch_size 1201"},
    };
    const char *const splits[] = {"test", "train"};
    const size_t rows[] = {TEST, TRAIN};
    struct sl_schema schema = {.d = D, .split_count = 2, .splits = splits, .rows = rows};
    const struct sl_entry *entry = &train_variational_autoencoder.entry;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_arena arena;
        struct sl_report report;
        struct sl_binder binder = {&arena, &report, &sl_builtin};
        struct sl_check check = {.arena = &arena,
                                 .report = &report,
                                 .registry = &sl_builtin,
                                 .schema = &schema,
                                 .mark = {"test", 1, 1}};
        struct sl_node *node = NULL;
        void *config;
        sl_arena_init(&arena);
        sl_report_init(&report, &arena);
        config = sl_arena_alloc(&arena, entry->config_size);
        sl_yaml_parse("test", cases[i].yaml, strlen(cases[i].yaml), &arena, &report,
                      &node);
        sl_fields_bind(&binder, entry->fields, node, check.mark, NULL, config);
        check.node = node;
        if (!report.errors)
            train_variational_autoencoder.check(config, &check);
        assert_int_equal(report.n, cases[i].want ? 1 : 0);
        if (cases[i].want) {
            if (!strstr(report.problems[0].text, cases[i].want))
                fail_msg("%s: %s", cases[i].yaml, report.problems[0].text);
            assert_int_equal(report.problems[0].mark.line, cases[i].line);
        }
        sl_arena_release(&arena);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_raises_the_bound),
        cmocka_unit_test(scores_are_the_monitored_losses),
        cmocka_unit_test(beta_is_of_the_loss_alone),
        cmocka_unit_test(a_score_knows_no_neighbours),
        cmocka_unit_test(threads_change_no_byte),
        cmocka_unit_test(stopped_it_ends_the_same),
        cmocka_unit_test(float32_learns_what_float64_learns),
        cmocka_unit_test(draws_are_like_the_data),
        cmocka_unit_test(reconstructions_resemble_their_rows),
        cmocka_unit_test(images_are_recorded),
        cmocka_unit_test(ceilings_are_recorded),
        cmocka_unit_test(a_seed_makes_stages_share_a_frozen_decoder),
        cmocka_unit_test(values_that_are_no_chances_are_refused),
        cmocka_unit_test(parameters_of_another_model_are_refused),
        cmocka_unit_test(mistakes_are_told_before_anything_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
