/* SPDX-License-Identifier: MIT */
/* The stages `sigma` and `threshold` on a step of the test's own: this file stands in for
 * the engine's side of stage.h. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/metric.h"
#include "runner/pipeline/stage.h"
#include "tests/unit/scalar.h"

extern const struct sl_module calibrate_sigma, detect_threshold;
extern const struct sl_metric_class metric_auroc, metric_type_1_error;

static const struct sl_row rows[] = {
    {SL_METRIC, {&metric_auroc.entry, NULL}},
    {SL_METRIC, {&metric_type_1_error.entry, NULL}},
};
static const struct sl_registry registry = {rows, 2};

struct sl_step {
    struct sl_arena arena;
    struct sl_bundle outputs, metrics, tensors;
    const char *ports[2];
    struct sl_scores scores[2];
    double threshold;
};

struct sl_arena *
sl_step_arena(struct sl_step *step)
{
    return &step->arena;
}

const struct sl_registry *
sl_step_registry(const struct sl_step *step)
{
    (void)step;
    return &registry;
}

const struct sl_scores *
sl_input_scores(struct sl_step *step, const char *port)
{
    for (size_t i = 0; i < 2; i++)
        if (step->ports[i] && strcmp(step->ports[i], port) == 0)
            return &step->scores[i];
    fail_msg("no port '%s'", port);
    return NULL;
}

double
sl_input_scalar(struct sl_step *step, const char *port)
{
    assert_string_equal(port, "threshold");
    return step->threshold;
}

enum sl_status
sl_output_scalar(struct sl_step *step, const char *port, double value,
                 struct sl_error *err)
{
    (void)err;
    bundle_scalar(&step->outputs, port, value);
    return SL_OK;
}

void
sl_metric(struct sl_step *step, const char *name, double value)
{
    bundle_scalar(&step->metrics, name, value);
}

enum sl_status
sl_record(struct sl_step *step, const char *name, const struct sl_tensor *tensor,
          struct sl_error *err)
{
    struct sl_item item = {.name = name, .tensor = *tensor};

    return sl_bundle_add(&step->tensors, &item, err);
}

static void
step_init(struct sl_step *step)
{
    memset(step, 0, sizeof *step);
    sl_arena_init(&step->arena);
    sl_bundle_init(&step->outputs, &step->arena);
    sl_bundle_init(&step->metrics, &step->arena);
    sl_bundle_init(&step->tensors, &step->arena);
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
    step_init(&step);
    step.ports[0] = "scores";
    step.scores[0] = (struct sl_scores){.n = 5, .at = at, .ids = ids, .split = "v"};
    assert_int_equal(calibrate_sigma.run(&step, &k, &err), SL_OK);
    assert_true(fabs(number(&step.metrics, "mean") - 3.852) < 1e-14);
    assert_true(fabs(number(&step.metrics, "std") - 5.519910098905597) < 1e-14);
    assert_true(fabs(number(&step.outputs, "threshold") - 17.651775247263993) < 1e-13);
    assert_true(number(&step.metrics, "threshold") == number(&step.outputs, "threshold"));
    sl_arena_release(&step.arena);
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
        {4, "score 'reconstruction' of row 2 of split 'validation' is inf, not finite"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_step step;
        struct sl_error err;
        double k = 3.0;

        step_init(&step);
        step.ports[0] = "scores";
        step.scores[0] = (struct sl_scores){.n = cases[i].n,
                                            .at = bad,
                                            .ids = ids,
                                            .split = "validation",
                                            .score = "reconstruction"};
        assert_int_equal(calibrate_sigma.run(&step, &k, &err), SL_ERR_NUMERIC);
        assert_string_equal(err.text, cases[i].want);
        assert_int_equal(step.outputs.n + step.metrics.n, 0);
        sl_arena_release(&step.arena);
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
    step_init(step);
    step->ports[0] = "normal";
    step->ports[1] = "anomalous";
    step->scores[0] = (struct sl_scores){.n = 10,
                                         .at = normal_at,
                                         .ids = ids,
                                         .split = "test",
                                         .score = "s",
                                         .model = &model,
                                         .data = &images};
    step->scores[1] = step->scores[0];
    step->scores[1].n = 3;
    step->scores[1].at = anomalous_at;
    step->threshold = 0.6;
}

static void
test_detect(void **state)
{
    const struct sl_choice_list all = {0};
    struct sl_step step;
    struct sl_error err;
    const struct sl_item *item;

    (void)state;
    fill(&step);
    assert_int_equal(detect_threshold.run(&step, &all, &err), SL_OK);
    assert_int_equal(step.metrics.n, 3);
    assert_true(number(&step.metrics, "threshold") == 0.6);
    assert_true(number(&step.metrics, "type_1_error") == 0.2);
    /* 9 of 10 normal rows lie below 0.8; 4 and one half below 0.4; all below 1.5. */
    assert_true(fabs(number(&step.metrics, "auroc") - (9 + 4.5 + 10) / 30.0) < 1e-15);
    item = sl_bundle_find(&step.tensors, "scores_normal");
    assert_memory_equal(item->tensor.data, normal_at, sizeof normal_at);
    item = sl_bundle_find(&step.tensors, "roc");
    assert_int_equal(item->tensor.shape[1], 2);
    sl_arena_release(&step.arena);
}

/* The median is 0.45: 0.5 (place 4), 0.4 (5) and 0.5 (9) are equally near, as far as
 * decimal fractions can be; the highest are 0.9, 0.7, 0.6. */
static void
test_examples(void **state)
{
    static const double worst[] = {0.9, 0.7, 0.6, 0.5, 0.5, 0.4, 0.3, 0.3};
    static const size_t worst_places[] = {1, 7, 8, 4, 9, 5, 2, 6};
    const struct sl_choice_list all = {0};
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
    sl_arena_release(&step.arena);
}

static void
test_no_examples(void **state)
{
    const struct sl_choice chosen[] = {{.row = &rows[1]}};
    const struct sl_choice_list one = {1, chosen};
    struct sl_step step;
    struct sl_error err;

    (void)state;
    fill(&step);
    step.scores[0].model = step.scores[1].model = NULL;
    step.scores[1].n = 0;
    assert_int_equal(detect_threshold.run(&step, &one, &err), SL_OK);
    assert_int_equal(step.tensors.n, 2);
    assert_int_equal(step.metrics.n, 2);
    assert_true(number(&step.metrics, "type_1_error") == 0.2);
    sl_arena_release(&step.arena);
}

static void
test_detect_refuses(void **state)
{
    static const double bad[] = {0.8, (double)NAN, 1.5};
    const struct sl_choice_list all = {0};
    struct sl_step step;
    struct sl_error err;

    (void)state;
    fill(&step);
    step.scores[1].at = bad;
    step.scores[1].split = "kmnist";
    assert_int_equal(detect_threshold.run(&step, &all, &err), SL_ERR_NUMERIC);
    assert_string_equal(err.text,
                        "score 's' of row 1 of split 'kmnist' is nan, not finite");
    sl_arena_release(&step.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sigma),       cmocka_unit_test(test_sigma_refuses),
        cmocka_unit_test(test_detect),      cmocka_unit_test(test_examples),
        cmocka_unit_test(test_no_examples), cmocka_unit_test(test_detect_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
