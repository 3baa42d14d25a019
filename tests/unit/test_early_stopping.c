/* SPDX-License-Identifier: MIT */
/* Which epoch is kept, and when a training ends, by losses one can follow by eye. */
#include "modules/learn/early_stopping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/mean_learner.h"

enum { MOST = 9 };

static const struct {
    int64_t patience;
    double min_delta, losses[MOST];
    uint64_t best, stops; /* 0: not within these losses */
} cases[] = {
    {2, 0, {5.25, 4.5, 4.25, 4.375, 4.5, 4}, 3, 5},
    {3, 0, {5.25, 4.5, 4.25, 4.375, 4.5, 4, 3.5, 3, 2}, 9, 0},
    {1, 0, {1.5, 1.5}, 1, 2},           /* as low is not lower */
    {2, 0, {-3, -4, -5, -4, -3}, 3, 5}, /* likelihoods may be negative */
    /* It falls by less than min_delta: that is no reason to go on, but the lower loss is
     * kept all the same. */
    {3, 0.5, {9, 8.75, 8.625, 8.5625}, 4, 4},
    {3, 0.5, {9, 8.75, 8.25, 8.5, 8.125, 8}, 6, 6},
    {9, 0, {1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 0},
};

static void
the_least_is_kept_and_patience_ends_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_early_stopping_config config = {"validation", cases[i].patience,
                                                  cases[i].min_delta};
        struct sl_early_stopping s = {0};
        uint64_t stopped = 0;

        for (size_t e = 0; e < MOST && cases[i].losses[e] != 0 && !stopped; e++) {
            bool best = sl_early_stopping_see(&s, &config, cases[i].losses[e]);
            assert_true(best == (s.best == e + 1));
            if (sl_early_stopping_is_due(&s, &config))
                stopped = e + 1;
        }
        assert_int_equal(s.best, cases[i].best);
        assert_int_equal(stopped, cases[i].stops);
    }
}

static void
without_a_split_nothing_ends(void **state)
{
    struct sl_early_stopping_config config = {NULL, 1, 0};
    struct sl_early_stopping s = {0};

    (void)state;
    for (size_t e = 0; e < 5; e++)
        sl_early_stopping_see(&s, &config, (double)e);
    assert_false(sl_early_stopping_is_due(&s, &config));
}

/* ---- of a training -------------------------------------------------------------------- */

/* The validation rows lie on the way of theta to the training rows' mean, so that their
 * loss falls and then rises. */
#define FAST "batch_size: 5, optimizer: {adam: {lr: 0.5}}"
#define STOPS FAST ", early_stopping: {monitor: validation, patience: 3}"

/* Trains once, from the checkpoint if there is one. */
static void *
train_once(struct fixture *f, struct sl_step *step, struct fake_checkpoint *checkpoint,
           const char *yaml)
{
    struct sl_error err = {0};
    void *theta;

    fixture_init(f, false);
    fake_step_init(step, "train", 9, &f->data);
    step->checkpoint = checkpoint;
    if (fit(f, step, yaml, &theta, &err))
        fail_msg("%s", err.text);
    return theta;
}

static void
the_best_epoch_is_kept(void **state)
{
    static struct fixture f;
    struct sl_step stopped, plain;
    char yaml[200];
    const double *losses;
    void *want, *got;
    size_t best, epochs;

    (void)state;
    got = train_once(&f, &stopped, NULL, "{epochs: 20, " STOPS "}");
    best = (size_t)fake_metric(&stopped, "best_epoch");
    epochs = (size_t)fake_metric(&stopped, "epochs");
    assert_true(best > 1 && epochs == best + 3 && epochs < 20);
    assert_true(fake_metric(&stopped, "stopped_early") == 1);
    assert_int_equal(f.batches, epochs * BATCHES);
    assert_true(fake_metric(&stopped, "iterations") == (double)(epochs * BATCHES));
    assert_int_equal(sl_tensor_count(&fake_series(&stopped, "loss")->tensor),
                     epochs * BATCHES);
    assert_int_equal(sl_tensor_count(&fake_series(&stopped, "loss_epoch")->tensor),
                     epochs);
    losses = fake_series(&stopped, "loss_validation")->tensor.data;
    for (size_t e = 0; e < epochs; e++)
        assert_true(losses[e] > losses[best - 1] || e == best - 1);
    assert_true(fake_metric(&stopped, "loss_validation") == losses[best - 1]);
    /* a training that had ended there */
    snprintf(yaml, sizeof yaml, "{epochs: %zu, monitor: [validation], " FAST "}", best);
    want = train_once(&f, &plain, NULL, yaml);
    assert_memory_equal(want, got, COLUMNS * sizeof(float));
    assert_true(fake_metric(&plain, "loss") == fake_metric(&stopped, "loss"));
    assert_true(fake_metric(&plain, "loss_validation") == losses[best - 1]);
    fake_step_release(&stopped);
    fake_step_release(&plain);
}

static void
interrupted_it_stops_at_the_same_epoch(void **state)
{
    static struct fixture f;
    struct sl_error err = {0};
    struct sl_step whole;
    void *want, *got;
    unsigned batches;

    (void)state;
    want = train_once(&f, &whole, NULL, "{epochs: 20, " STOPS "}");
    batches = (unsigned)f.batches;
    for (unsigned stop = 1; stop < batches; stop++) {
        struct fake_checkpoint checkpoint = {.saves = 0};
        struct sl_step first, second;
        fixture_init(&f, false);
        fake_step_init(&first, "train", 9, &f.data);
        first.checkpoint = &checkpoint;
        first.stop_after = stop;
        assert_int_equal(fit(&f, &first, "{epochs: 20, " STOPS "}", &got, &err),
                         SL_ERR_CANCELLED);
        got = train_once(&f, &second, &checkpoint, "{epochs: 20, " STOPS "}");
        assert_int_equal(f.batches, batches - stop);
        assert_same_result(&whole, want, &second, got, sizeof(float));
        assert_true(fake_metric(&second, "best_epoch") ==
                    fake_metric(&whole, "best_epoch"));
        fake_step_release(&first);
        fake_step_release(&second);
        fake_checkpoint_release(&checkpoint);
    }
    fake_step_release(&whole);
}

/* A horizon, still: fewer epochs than it takes to stop go on from there, and what has
 * stopped stays as it is. */
static void
more_epochs_change_nothing_that_has_stopped(void **state)
{
    static struct fixture f;
    struct fake_checkpoint checkpoint = {.saves = 0};
    struct sl_step whole, two, twenty, thirty;
    void *want, *got;
    size_t batches;

    (void)state;
    want = train_once(&f, &whole, NULL, "{epochs: 20, " STOPS "}");
    batches = f.batches;
    train_once(&f, &two, &checkpoint, "{epochs: 2, " STOPS "}");
    assert_true(fake_metric(&two, "stopped_early") == 0);
    assert_true(fake_metric(&two, "epochs") == 2);
    got = train_once(&f, &twenty, &checkpoint, "{epochs: 20, " STOPS "}");
    assert_int_equal(f.batches, batches - 2 * BATCHES);
    assert_same_result(&whole, want, &twenty, got, sizeof(float));
    got = train_once(&f, &thirty, &checkpoint, "{epochs: 30, " STOPS "}");
    assert_int_equal(f.batches, 0);
    assert_same_result(&whole, want, &thirty, got, sizeof(float));
    assert_true(fake_metric(&thirty, "stopped_early") == 1);
    fake_step_release(&whole);
    fake_step_release(&two);
    fake_step_release(&twenty);
    fake_step_release(&thirty);
    fake_checkpoint_release(&checkpoint);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_is_kept_and_patience_ends_it),
        cmocka_unit_test(without_a_split_nothing_ends),
        cmocka_unit_test(the_best_epoch_is_kept),
        cmocka_unit_test(interrupted_it_stops_at_the_same_epoch),
        cmocka_unit_test(more_epochs_change_nothing_that_has_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
