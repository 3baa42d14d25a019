/* SPDX-License-Identifier: MIT */
/* Small experiments: with each activation, loss, optimizer, schedule and way of clipping an
 * autoencoder learns a surface of two dimensions in six columns. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "modules/learn/fit.h"
#include "tests/unit/fake_step.h"

extern const struct sl_module train_autoencoder;

enum { ROWS = 600, D = 6, EPOCHS = 30 };
static float x[ROWS][D];
static uint32_t ids[ROWS];

/* Between 0.05 and 0.95, so that a sigmoid can give it and chances can be made of it. */
static void
fill(void)
{
    struct sl_stream stream;

    sl_stream_init(&stream, 5, "test_training_options", "rows");
    for (uint32_t i = 0; i < ROWS; i++) {
        double u = 3 * sl_stream_uniform(&stream), v = 3 * sl_stream_uniform(&stream);
        for (size_t j = 0; j < D; j++)
            x[i][j] = (float)(0.5 + 0.45 * sin(u + (double)j) * cos(v - 0.7 * (double)j));
        ids[i] = i;
    }
}

/* The mean losses of the first epoch and the last. */
static void
train(const char *options, double *first, double *last)
{
    const struct sl_split split = {"train", ROWS, ids};
    const struct sl_dataset data = {.n = ROWS,
                                    .d = D,
                                    .type = SL_F32,
                                    .x = x,
                                    .scale = 1,
                                    .split_count = 1,
                                    .splits = &split};
    const char *yaml;
    const double *epochs;
    struct sl_error err = {0};
    struct sl_step step;

    fake_step_init(&step, "train", 4, &data);
    yaml =
        sl_arena_format(&step.arena, "{encoder: [16, 2], epochs: %d, batch_size: 20, %s}",
                        EPOCHS, options);
    if (train_autoencoder.run(
            &step, fake_config(&train_autoencoder.entry, yaml, &step.arena), &err))
        fail_msg("%s: %s", options, err.text);
    epochs = fake_series(&step, "loss_epoch")->tensor.data;
    *first = epochs[0];
    *last = epochs[EPOCHS - 1];
    fake_step_release(&step);
}

#define ADAM "optimizer: {adam: {lr: 0.01}}"
#define SGD "output: {leaky-relu: {slope: 0.2}}, activation: tanh, optimizer: "

static void
each_option_learns(void **state)
{
    static const struct {
        const char *options;
        double most; /* of the first epoch's loss that may be left */
    } cases[] = {
        {"activation: relu, " ADAM, 0.3},
        {"activation: tanh, " ADAM, 0.3},
        {"activation: sigmoid, " ADAM, 0.3},
        {"activation: leaky-relu, " ADAM, 0.3},
        {"activation: elu, " ADAM, 0.3},
        {"activation: gelu, " ADAM, 0.3},
        {"activation: silu, " ADAM, 0.3},
        {"activation: softplus, " ADAM, 0.3},
        {"activation: tanh, loss: mae, " ADAM, 0.45},
        {"activation: tanh, loss: {huber: {delta: 0.1}}, " ADAM, 0.3},
        {"activation: tanh, loss: binary-cross-entropy, " ADAM, 0.9},
        {"activation: tanh, optimizer: {adamw: {lr: 0.01, weight_decay: 0.1}}", 0.3},
        {SGD "{sgd: {lr: 0.3}}", 0.3},
        {SGD "{sgd: {lr: 0.3, nesterov: true, weight_decay: 1e-5}}", 0.3},
        {SGD "{sgd: {lr: 1, momentum: 0}}", 0.3},
        {"activation: tanh, schedule: {step: {every: 10}}, " ADAM, 0.3},
        {"activation: tanh, schedule: {milestones: {epochs: [15, 25]}}, " ADAM, 0.3},
        {"activation: tanh, schedule: cosine, warmup: 3, " ADAM, 0.3},
        {"activation: tanh, clip: 0.01, " ADAM, 0.3},
        {SGD "{sgd: {lr: 1}}, clip: 0.05", 0.3},
        {SGD "{sgd: {lr: 1}}, clip: 0.01, clip_by: value", 0.3},
    };

    (void)state;
    fill();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double first, last;
        train(cases[i].options, &first, &last);
        if (!(last < cases[i].most * first))
            fail_msg("%s: from %g to %g, %g of it", cases[i].options, first, last,
                     last / first);
    }
}

/* Decay keeps weights small: by what it takes off, not by what it is called. */
static void
decay_costs_what_weights_gain(void **state)
{
    double first, plain, decayed;

    (void)state;
    fill();
    train("activation: tanh, optimizer: {adamw: {lr: 0.01, weight_decay: 0}}", &first,
          &plain);
    train("activation: tanh, optimizer: {adamw: {lr: 0.01, weight_decay: 1}}", &first,
          &decayed);
    assert_true(decayed > 1.5 * plain);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_option_learns),
        cmocka_unit_test(decay_costs_what_weights_gain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
