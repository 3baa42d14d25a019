/* SPDX-License-Identifier: MIT */
#ifndef SL_TESTS_BARS_H
#define SL_TESTS_BARS_H

#include "tests/unit/fake_step.h"

/* Images of 6 x 6 with a bright bar whose place and light differ: the training's, and behind them
 * those of the split "test". */
enum { ROWS = 1500, SIDE = 6, D = SIDE * SIDE, TRAIN = 1200, TEST = ROWS - TRAIN };

struct fixture {
    uint8_t x[ROWS * D];
    uint32_t ids[ROWS];
    struct sl_split splits[2];
    struct sl_dataset data;
    struct sl_step step;
    struct sl_arena arena;
    struct sl_model model;
    struct sl_error err;
};

void fixture_init(struct fixture *f, const struct sl_module *module);
void fixture_release(struct fixture *f);

/* Trains the module's model and opens it. */
enum sl_status train(struct fixture *f, const char *yaml);

/* out: of each row of the split; fails the test where there is none. */
void score_kind(struct fixture *f, const struct sl_split *split, size_t kind,
                double *out);
void score(struct fixture *f, const struct sl_split *split, double *out);

/* For a training of a second's part. */
#define BARS_LOOP "batch_size: 50, monitor: [test], optimizer: {adam: {lr: 0.01}}"

#endif
