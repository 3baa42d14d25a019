/* SPDX-License-Identifier: MIT */
/* What an autoencoder may have besides its layers, and that none of it moves a bit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runner/parallel/pool.h"
#include "tests/unit/bars.h"

extern const struct sl_module train_autoencoder;

#define SMALL "encoder: [20, 4], epochs: 12, " BARS_LOOP

static void
assert_same_parameters(const struct sl_bundle *a, const struct sl_bundle *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++)
        assert_memory_equal(a->items[i].tensor.data, b->items[i].tensor.data,
                            sl_tensor_bytes(&a->items[i].tensor));
}

/* Settings that take layers or ways of training that others don't. */
static const char *const options[] = {
    "shuffle: true",
    "dropout: 0.25, normalisation: batch",
    "normalisation: layer",
    "tied: true",
    "denoise: {gaussian: 0.1, masking: 0.2}",
    "activation: sigmoid, sparse: {l1: 1e-4, kl: 0.01, target: 0.1}",
};
enum { OPTIONS = sizeof options / sizeof *options };

/* Batches and widths large enough for products and element-wise work to be cut. */
static void
check_threads(const char *option)
{
    static struct fixture one, four;
    static double scores[2][1200];
    char yaml[200];
    struct sl_pool *pool;

    snprintf(yaml, sizeof yaml, "{encoder: [400, 8], epochs: 2, batch_size: 500, %s}",
             option);
    fixture_init(&one, &train_autoencoder);
    fixture_init(&four, &train_autoencoder);
    assert_int_equal(sl_pool_new(&pool, 4, &four.err), SL_OK);
    four.step.pool = pool;
    assert_int_equal(train(&one, yaml), SL_OK);
    assert_int_equal(train(&four, yaml), SL_OK);
    assert_same_parameters(&one.step.parameters, &four.step.parameters);
    score(&one, &one.splits[0], scores[0]);
    score(&four, &four.splits[0], scores[1]);
    assert_memory_equal(scores[0], scores[1], sizeof scores[0]);
    sl_pool_free(pool);
    fixture_release(&one);
    fixture_release(&four);
}

static void
threads_change_no_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < OPTIONS; i++)
        check_threads(options[i]);
}

static void
check_stop(const char *option)
{
    static struct fixture whole, first, second;
    struct fake_checkpoint checkpoint = {.saves = 0};
    char yaml[300];

    snprintf(yaml, sizeof yaml, "{" SMALL ", %s}", option);
    fixture_init(&whole, &train_autoencoder);
    fixture_init(&first, &train_autoencoder);
    fixture_init(&second, &train_autoencoder);
    first.step.checkpoint = second.step.checkpoint = &checkpoint;
    first.step.stop_after = 100;
    assert_int_equal(train(&whole, yaml), SL_OK);
    assert_int_equal(train(&first, yaml), SL_ERR_CANCELLED);
    assert_int_equal(train(&second, yaml), SL_OK);
    assert_int_equal(second.step.told, 12 * 24 - 100);
    assert_same_parameters(&whole.step.parameters, &second.step.parameters);
    fixture_release(&whole);
    fixture_release(&first);
    fixture_release(&second);
    fake_checkpoint_release(&checkpoint);
}

static void
stopped_it_ends_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < OPTIONS; i++)
        check_stop(options[i]);
}

/* With whom a row is scored moves its score by rounding alone. */
static void
scores_do_not_depend_on_the_company(void **state)
{
    static double together[300], alone;

    (void)state;
    for (size_t i = 0; i < OPTIONS; i++) {
        static struct fixture f;
        char yaml[300];

        snprintf(yaml, sizeof yaml, "{" SMALL ", %s}", options[i]);
        fixture_init(&f, &train_autoencoder);
        if (train(&f, yaml))
            fail_msg("%s", f.err.text);
        score(&f, &f.splits[1], together);
        for (uint32_t k = 0; k < 300; k += 7) {
            struct sl_split one = {"one", 1, f.splits[1].rows + k};
            score(&f, &one, &alone);
            assert_true(fabs(alone - together[k]) < 1e-5 * together[k]);
        }
        fixture_release(&f);
    }
}

static void
hidden_layers_have_names_for_what_is_behind_them(void **state)
{
    static struct fixture f;

    (void)state;
    fixture_init(&f, &train_autoencoder);
    assert_int_equal(
        train(&f, "{encoder: [20, 4], epochs: 1, dropout: 0.1, normalisation: batch}"),
        SL_OK);
    assert_non_null(sl_bundle_find(&f.step.parameters,
                                   "encoder.0.batch-normalisation.running_variance"));
    assert_non_null(
        sl_bundle_find(&f.step.parameters, "decoder.0.batch-normalisation.weight"));
    assert_null(
        sl_bundle_find(&f.step.parameters, "encoder.1.batch-normalisation.weight"));
    assert_null(
        sl_bundle_find(&f.step.parameters, "decoder.1.batch-normalisation.weight"));
    fixture_release(&f);
}

static void
a_tied_decoder_has_biases_alone(void **state)
{
    static struct fixture f;

    (void)state;
    fixture_init(&f, &train_autoencoder);
    if (train(&f, "{" SMALL ", tied: true, decoder: [20]}"))
        fail_msg("%s", f.err.text);
    assert_true(fake_metric(&f.step, "parameters") ==
                20 * 36 + 20 + 4 * 20 + 4 + 20 + 36);
    assert_null(sl_bundle_find(&f.step.parameters, "decoder.0.weight"));
    assert_non_null(sl_bundle_find(&f.step.parameters, "decoder.1.bias"));
    fixture_release(&f);
}

/* How far what is made of masked rows is from the rows themselves. */
static double
missed_of_masked(struct fixture *f)
{
    static float images[300 * D];
    struct sl_rows rows = {&f->data, f->splits[1].rows, 300};
    struct sl_dataset masked = f->data;
    static uint8_t x[ROWS * D];
    double sum = 0;

    memcpy(x, f->x, sizeof x);
    for (size_t i = 0; i < ROWS * D; i++)
        x[i] = i * 7919 % 10 < 3 ? 0 : x[i];
    masked.x = x;
    rows.data = &masked;
    if (train_autoencoder.model->reconstruct(&f->model, &f->step, &rows, images, &f->err))
        fail_msg("%s", f->err.text);
    for (size_t i = 0; i < 300; i++)
        for (size_t j = 0; j < D; j++)
            sum += pow(f->x[rows.ids[i] * D + j] / 255.0 - (double)images[i * D + j], 2);
    return sum / (300 * D);
}

static void
noise_is_undone_by_who_has_learned_it(void **state)
{
    static struct fixture plain, denoising;
    double missed[2];

    (void)state;
    fixture_init(&plain, &train_autoencoder);
    fixture_init(&denoising, &train_autoencoder);
    assert_int_equal(train(&plain, "{" SMALL "}"), SL_OK);
    assert_int_equal(train(&denoising, "{" SMALL ", denoise: {masking: 0.3}}"), SL_OK);
    missed[0] = missed_of_masked(&plain);
    missed[1] = missed_of_masked(&denoising);
    assert_true(missed[1] < 0.8 * missed[0]);
    fixture_release(&plain);
    fixture_release(&denoising);
}

/* The training loss has the penalty in it, that of a monitored split has not. */
static void
sparse_codes_are_near_zero(void **state)
{
    static struct fixture plain, sparse;
    const struct sl_item *mean[2];
    double sums[2] = {0};

    (void)state;
    fixture_init(&plain, &train_autoencoder);
    fixture_init(&sparse, &train_autoencoder);
    assert_int_equal(train(&plain, "{" SMALL ", activation: sigmoid}"), SL_OK);
    assert_int_equal(
        train(&sparse, "{" SMALL ", activation: sigmoid, sparse: {l1: 0.01}}"), SL_OK);
    mean[0] = sl_bundle_find(&plain.step.parameters, "latent.mean");
    mean[1] = sl_bundle_find(&sparse.step.parameters, "latent.mean");
    for (size_t k = 0; k < 2; k++)
        for (size_t j = 0; j < 4; j++)
            sums[k] += sl_tensor_at(&mean[k]->tensor, j);
    assert_true(sums[1] < 0.5 * sums[0]);
    assert_true(fabs(fake_metric(&sparse.step, "loss") - 0.01 * sums[1] -
                     fake_metric(&sparse.step, "loss_test")) < 2e-3);
    fixture_release(&plain);
    fixture_release(&sparse);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_change_no_byte),
        cmocka_unit_test(stopped_it_ends_the_same),
        cmocka_unit_test(scores_do_not_depend_on_the_company),
        cmocka_unit_test(hidden_layers_have_names_for_what_is_behind_them),
        cmocka_unit_test(a_tied_decoder_has_biases_alone),
        cmocka_unit_test(noise_is_undone_by_who_has_learned_it),
        cmocka_unit_test(sparse_codes_are_near_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
