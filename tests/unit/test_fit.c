/* SPDX-License-Identifier: MIT */
#include "modules/learn/fit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/mean_learner.h"

#define SETTINGS "batch_size: 5, optimizer: {adam: {lr: 0.05}}"

/* ---- the order of the rows ---------------------------------------------------------- */

static void
run_seen(struct fixture *f, uint64_t seed, const char *yaml)
{
    struct sl_error err = {0};
    struct sl_step step;
    void *theta;

    fixture_init(f, false);
    fake_step_init(&step, "train", seed, &f->data);
    if (fit(f, &step, yaml, &theta, &err))
        fail_msg("%s", err.text);
    assert_true(step.done == step.total && step.total == f->rows);
    fake_step_release(&step);
}

static void
each_epoch_takes_every_row_once_in_a_new_order(void **state)
{
    static struct fixture f, other;

    (void)state;
    run_seen(&f, 5, "{epochs: 4, " SETTINGS "}");
    assert_int_equal(f.rows, 4 * TRAIN);
    for (size_t e = 0; e < 4; e++) {
        unsigned count[ROWS] = {0};
        for (size_t i = 0; i < TRAIN; i++)
            count[f.seen[e * TRAIN + i]]++;
        for (size_t i = 0; i < TRAIN; i++)
            assert_int_equal(count[f.train[i]], 1);
        for (size_t before = 0; before < e; before++)
            assert_memory_not_equal(f.seen + e * TRAIN, f.seen + before * TRAIN,
                                    TRAIN * sizeof *f.seen);
    }
    run_seen(&other, 5, "{epochs: 4, " SETTINGS "}");
    assert_memory_equal(f.seen, other.seen, f.rows * sizeof *f.seen);
    run_seen(&other, 6, "{epochs: 4, " SETTINGS "}");
    assert_memory_not_equal(f.seen, other.seen, TRAIN * sizeof *f.seen);
}

/* Over many epochs each row comes first about as often as any other. */
static void
orders_favour_no_row(void **state)
{
    enum { EPOCHS = 80 };
    static struct fixture f;
    double place[ROWS] = {0}, expected = (TRAIN - 1) / 2.0;
    double error = sqrt((TRAIN * TRAIN - 1) / 12.0 / EPOCHS);

    (void)state;
    run_seen(&f, 11, "{epochs: 80, batch_size: 23}");
    for (size_t i = 0; i < f.rows; i++)
        place[f.seen[i]] += (double)(i % TRAIN) / EPOCHS;
    for (size_t i = 0; i < TRAIN; i++)
        assert_true(fabs(place[f.train[i]] - expected) < 4.5 * error);
}

static void
batches_are_cut_in_order_and_the_last_is_short(void **state)
{
    static struct fixture f;
    const size_t want[] = {5, 5, 5, 5, 3, 5, 5, 5, 5, 3};

    (void)state;
    run_seen(&f, 5, "{epochs: 2, shuffle: false, " SETTINGS "}");
    assert_int_equal(f.batches, 10);
    assert_memory_equal(f.sizes, want, sizeof want);
    for (size_t i = 0; i < f.rows; i++)
        assert_int_equal(f.seen[i], f.train[i % TRAIN]);
}

/* ---- what is recorded --------------------------------------------------------------- */

static void
losses_are_means_over_rows(void **state)
{
    static struct fixture f;
    struct sl_error err = {0};
    const struct sl_item *loss, *epochs, *validation;
    const double *at;
    struct sl_step step;
    double rows[4], sum = 0;
    struct sl_rows all = {&f.data, f.validation, 4};
    void *theta;

    (void)state;
    fixture_init(&f, false);
    fake_step_init(&step, "train", 3, &f.data);
    assert_int_equal(
        fit(&f, &step, "{epochs: 3, monitor: [validation], " SETTINGS "}", &theta, &err),
        SL_OK);
    loss = fake_series(&step, "loss");
    epochs = fake_series(&step, "loss_epoch");
    validation = fake_series(&step, "loss_validation");
    assert_int_equal(sl_tensor_count(&loss->tensor), 3 * BATCHES);
    assert_int_equal(sl_tensor_count(&epochs->tensor), 3);
    assert_int_equal(sl_tensor_count(&validation->tensor), 3);
    assert_string_equal(loss->axis, "iteration");
    assert_string_equal(validation->axis, "epoch");
    at = (const double *)loss->tensor.data + 2 * BATCHES;
    for (size_t b = 0; b < BATCHES; b++)
        sum += at[b] * (b + 1 < BATCHES ? 5 : 3);
    assert_true(fabs(fake_metric(&step, "loss") - sum / TRAIN) < 1e-14);
    assert_true(fake_metric(&step, "loss") == ((double *)epochs->tensor.data)[2]);
    assert_true(fake_metric(&step, "loss_last_batch") == at[BATCHES - 1]);
    assert_true(fake_metric(&step, "iterations") == 3 * BATCHES);
    f.learner.losses(&f, NULL, &all, theta, rows);
    assert_true(fabs(fake_metric(&step, "loss_validation") -
                     (rows[0] + rows[1] + rows[2] + rows[3]) / 4) < 1e-14);
    fake_step_release(&step);
}

#define WATCHED "monitor: [validation, train], " SETTINGS "}"

static enum sl_status
watch(struct fixture *f, struct sl_step *step, const char *yaml, unsigned threads,
      void **theta, struct sl_error *err)
{
    enum sl_status status;

    fake_step_init(step, "train", 9, &f->data);
    assert_int_equal(sl_pool_new(&step->pool, threads, err), SL_OK);
    status = fit(f, step, yaml, theta, err);
    sl_pool_free(step->pool);
    step->pool = NULL;
    return status;
}

/* Between the epochs, or some epochs at a time by whoever has nothing to do. */
static void
monitored_losses_do_not_depend_on_when_they_are_computed(void **state)
{
    const char *yaml = "{epochs: 21, " WATCHED;
    static struct fixture f;
    struct sl_error err = {0};
    struct sl_step at_once, later;
    void *want, *got;

    (void)state;
    fixture_init(&f, false);
    assert_int_equal(watch(&f, &at_once, yaml, 1, &want, &err), SL_OK);
    f.learner.apart = true;
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        f.rows = f.batches = 0;
        assert_int_equal(watch(&f, &later, yaml, threads, &got, &err), SL_OK);
        assert_same_result(&at_once, want, &later, got, sizeof(float));
        fake_step_release(&later);
    }
    fake_step_release(&at_once);
}

/* The same is told, though by then a later batch, or the losses of a later epoch, may have
 * gone wrong. */
static void
the_first_epoch_that_goes_wrong_is_told(void **state)
{
    static const struct {
        const char *yaml;
        uint64_t nan_at;
    } cases[] = {
        {"{epochs: 21, " WATCHED, 13 * BATCHES},
        {"{epochs: 21, " WATCHED, 0},
        {"{epochs: 40, " WATCHED, 0}, /* blocks of epochs behind it are looked at */
    };
    static struct fixture f;
    struct sl_error err = {0};
    struct sl_step step;
    void *theta;

    (void)state;
    for (size_t i = 0; i < 4 * sizeof cases / sizeof *cases; i++) {
        fixture_init(&f, false);
        f.most = 2;
        f.nan_at = cases[i / 4].nan_at;
        f.learner.apart = i % 2;
        assert_int_equal(
            watch(&f, &step, cases[i / 4].yaml, i % 4 < 2 ? 1 : 4, &theta, &err),
            SL_ERR_NUMERIC);
        assert_string_equal(err.text,
                            "loss of split 'validation' is not finite after epoch 10");
        fake_step_release(&step);
    }
}

/* ---- stopping and going on ---------------------------------------------------------- */

static void
stopped_anywhere_it_ends_the_same(void **state)
{
    const char *const yaml[] = {
        "{epochs: 3, monitor: [validation], " SETTINGS "}",
        "{epochs: 3, monitor: [validation], precision: float64, " SETTINGS "}",
        "{epochs: 3, batch_size: 5, optimizer: {adamw: {weight_decay: 0.1}}}",
        "{epochs: 3, batch_size: 5, precision: float64,"
        " optimizer: {sgd: {nesterov: true, weight_decay: 0.1}}}",
        "{epochs: 3, warmup: 0.8, schedule: cosine, clip: 0.7, " SETTINGS "}",
        "{epochs: 3, warmup: 1, schedule: {step: {every: 2}}, clip: 0.2, clip_by: "
        "value, " SETTINGS "}",
    };

    (void)state;
    for (unsigned k = 0; k < sizeof yaml / sizeof *yaml; k++) {
        static struct fixture f;
        struct sl_error err = {0};
        struct sl_step whole;
        void *want, *got;
        fixture_init(&f, false);
        fake_step_init(&whole, "train", 9, &f.data);
        assert_int_equal(fit(&f, &whole, yaml[k], &want, &err), SL_OK);
        for (unsigned stop = 1; stop < 3 * BATCHES; stop++) {
            struct fake_checkpoint checkpoint = {.saves = 0};
            struct sl_step first, second;
            fake_step_init(&first, "train", 9, &f.data);
            first.checkpoint = &checkpoint;
            first.stop_after = stop;
            assert_int_equal(fit(&f, &first, yaml[k], &got, &err), SL_ERR_CANCELLED);
            assert_int_equal(checkpoint.epoch * BATCHES + checkpoint.batch, stop);
            fake_step_init(&second, "train", 9, &f.data);
            second.checkpoint = &checkpoint;
            f.rows = f.batches = 0;
            assert_int_equal(fit(&f, &second, yaml[k], &got, &err), SL_OK);
            assert_int_equal(f.batches, 3 * BATCHES - stop);
            assert_same_result(&whole, want, &second, got, f.f64 ? 8 : 4);
            f.rows = f.batches = 0;
            fake_step_release(&first);
            fake_step_release(&second);
            fake_checkpoint_release(&checkpoint);
        }
        fake_step_release(&whole);
    }
}

/* epochs is a horizon: more of them go on from those that are there. */
static void
more_epochs_go_on_from_those_that_are_there(void **state)
{
    static struct fixture f;
    struct fake_checkpoint checkpoint = {.saves = 0};
    struct sl_error err = {0};
    struct sl_step whole, two, five;
    void *want, *got;

    (void)state;
    fixture_init(&f, false);
    fake_step_init(&whole, "train", 9, &f.data);
    fake_step_init(&two, "train", 9, &f.data);
    fake_step_init(&five, "train", 9, &f.data);
    two.checkpoint = five.checkpoint = &checkpoint;
    assert_int_equal(fit(&f, &whole, "{epochs: 5, " SETTINGS "}", &want, &err), SL_OK);
    assert_int_equal(fit(&f, &two, "{epochs: 2, " SETTINGS "}", &got, &err), SL_OK);
    assert_int_equal(checkpoint.epoch, 2);
    f.rows = f.batches = 0;
    assert_int_equal(fit(&f, &five, "{epochs: 5, " SETTINGS "}", &got, &err), SL_OK);
    assert_int_equal(f.batches, 3 * BATCHES);
    assert_same_result(&whole, want, &five, got, sizeof(float));
    fake_step_release(&whole);
    fake_step_release(&two);
    fake_step_release(&five);
    fake_checkpoint_release(&checkpoint);
}

/* ---- files from elsewhere ----------------------------------------------------------- */

static void
write_idx(const char *path, int type, const uint32_t *shape, int rank,
          const uint32_t *words, size_t n)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    fputc(0, file);
    fputc(0, file);
    fputc(type, file);
    fputc(rank, file);
    for (int i = 0; i < rank + (int)n; i++) {
        uint32_t w = i < rank ? shape[i] : words[i - rank];
        for (int shift = 24; shift >= 0; shift -= 8)
            fputc((int)(w >> shift & 0xff), file);
    }
    assert_int_equal(fclose(file), 0);
}

/* Rows backwards in the first epoch, rotated in the second; theta at 3.5, -1.25, 0.0625. */
struct files {
    char folder[64], start[96], order[96];
};

static void
files_init(struct files *files)
{
    const uint32_t theta[] = {0x40600000, 0xbfa00000, 0x3d800000};
    uint32_t order[2 * TRAIN];

    strcpy(files->folder, "/tmp/sluice-test-fit-XXXXXX");
    assert_non_null(mkdtemp(files->folder));
    snprintf(files->start, sizeof files->start, "%s/start.idx", files->folder);
    snprintf(files->order, sizeof files->order, "%s/order.idx", files->folder);
    for (uint32_t i = 0; i < TRAIN; i++) {
        order[i] = TRAIN - 1 - i;
        order[TRAIN + i] = (i + 4) % TRAIN;
    }
    write_idx(files->start, 0x0d, (const uint32_t[]){3}, 1, theta, 3);
    write_idx(files->order, 0x0c, (const uint32_t[]){2, TRAIN}, 2, order, 2 * TRAIN);
}

static void
files_release(struct files *files)
{
    remove(files->start);
    remove(files->order);
    rmdir(files->folder);
}

static enum sl_status
fit_with_files(struct fixture *f, struct sl_step *step, const struct files *files,
               const char *settings, struct sl_error *err)
{
    char yaml[400];
    void *theta;

    fixture_init(f, false);
    fake_step_init(step, "train", 2, &f->data);
    snprintf(yaml, sizeof yaml, "{start: %s, order: %s, %s}", files->start, files->order,
             settings);
    return fit(f, step, yaml, &theta, err);
}

static void
start_and_order_come_from_files(void **state)
{
    static struct fixture f;
    struct sl_error err = {0};
    struct files files;
    struct sl_step step;
    double want = 0, got;

    (void)state;
    files_init(&files);
    if (fit_with_files(&f, &step, &files, "epochs: 2, batch_size: 5", &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < TRAIN; i++) {
        assert_int_equal(f.seen[i], f.train[TRAIN - 1 - i]);
        assert_int_equal(f.seen[TRAIN + i], f.train[(i + 4) % TRAIN]);
    }
    for (size_t i = 0; i < BATCH; i++) {
        const float *x = f.x[f.train[TRAIN - 1 - i]];
        want += pow(3.5 - (double)x[0], 2) + pow(-1.25 - (double)x[1], 2) +
                pow(0.0625 - (double)x[2], 2);
    }
    got = *(double *)fake_series(&step, "loss")->tensor.data;
    assert_true(fabs(got - want / BATCH / COLUMNS) < 1e-12 * want);
    fake_step_release(&step);
    files_release(&files);
}

static void
files_that_do_not_fit_are_refused(void **state)
{
    const uint32_t four[] = {0, 0, 0, 0}, outside[] = {TRAIN};
    uint32_t order[TRAIN] = {0};
    static struct fixture f;
    struct sl_error err = {0};
    struct files files;
    struct sl_step step;

    (void)state;
    files_init(&files);
    assert_int_equal(fit_with_files(&f, &step, &files, "epochs: 3", &err), SL_ERR_SHAPE);
    assert_non_null(strstr(err.text, "batch_size 100"));
    fake_step_release(&step);

    assert_int_equal(fit_with_files(&f, &step, &files, "epochs: 3, batch_size: 2", &err),
                     SL_ERR_SHAPE);
    assert_non_null(strstr(err.text, "is for 2 epochs of 23 rows; 3 epochs"));
    fake_step_release(&step);

    write_idx(files.start, 0x0d, (const uint32_t[]){4}, 1, four, 4);
    assert_int_equal(fit_with_files(&f, &step, &files, "epochs: 2, batch_size: 2", &err),
                     SL_ERR_SHAPE);
    assert_non_null(strstr(err.text, "holds 4 numbers, the model has 3 parameters"));
    fake_step_release(&step);

    order[TRAIN - 2] = outside[0];
    write_idx(files.order, 0x0c, (const uint32_t[]){1, TRAIN}, 2, order, TRAIN);
    assert_int_equal(fit_with_files(&f, &step, &files, "epochs: 1, batch_size: 2", &err),
                     SL_ERR_SHAPE);
    assert_non_null(strstr(err.text, "names row 23, outside 0 to 22"));
    fake_step_release(&step);
    files_release(&files);
}

/* ---- what goes wrong ---------------------------------------------------------------- */

static void
nan_says_where(void **state)
{
    static struct fixture f;
    struct sl_error err = {0};
    struct sl_step step;
    void *theta;

    (void)state;
    fixture_init(&f, false);
    f.nan_at = 17;
    fake_step_init(&step, "train", 1, &f.data);
    assert_int_equal(fit(&f, &step, "{epochs: 9, " SETTINGS "}", &theta, &err),
                     SL_ERR_NUMERIC);
    assert_string_equal(err.text, "loss is nan at iteration 17 (epoch 4, batch 2)");
    fake_step_release(&step);
}

static void
what_does_not_fit_is_told_before_training(void **state)
{
    const struct {
        const char *yaml, *want;
    } cases[] = {
        {"{batch_size: 24}", "batch_size 24 is more than the 23 rows of split 'train'"},
        {"{batch_size: 5, monitor: [none]}", "monitored split 'none' has no rows"},
        {"{batch_size: 5, monitor: [tset]}", "monitored split 'tset' has no rows"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct fixture f;
        struct sl_error err = {0};
        struct sl_step step;
        void *theta;
        fixture_init(&f, false);
        fake_step_init(&step, "train", 1, &f.data);
        assert_int_equal(fit(&f, &step, cases[i].yaml, &theta, &err), SL_ERR_SHAPE);
        assert_string_equal(err.text, cases[i].want);
        assert_int_equal(f.batches, 0);
        fake_step_release(&step);
    }
}

static void
a_split_without_rows_is_told(void **state)
{
    static struct fixture f;
    struct sl_error err = {0};
    struct sl_step step;
    void *theta;

    (void)state;
    fixture_init(&f, false);
    f.splits[0].n = 0;
    fake_step_init(&step, "train", 1, &f.data);
    assert_int_equal(fit(&f, &step, "{batch_size: 1}", &theta, &err), SL_ERR_SHAPE);
    assert_string_equal(err.text, "split 'train' has no rows");
    fake_step_release(&step);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_epoch_takes_every_row_once_in_a_new_order),
        cmocka_unit_test(orders_favour_no_row),
        cmocka_unit_test(batches_are_cut_in_order_and_the_last_is_short),
        cmocka_unit_test(losses_are_means_over_rows),
        cmocka_unit_test(monitored_losses_do_not_depend_on_when_they_are_computed),
        cmocka_unit_test(the_first_epoch_that_goes_wrong_is_told),
        cmocka_unit_test(stopped_anywhere_it_ends_the_same),
        cmocka_unit_test(more_epochs_go_on_from_those_that_are_there),
        cmocka_unit_test(start_and_order_come_from_files),
        cmocka_unit_test(files_that_do_not_fit_are_refused),
        cmocka_unit_test(nan_says_where),
        cmocka_unit_test(what_does_not_fit_is_told_before_training),
        cmocka_unit_test(a_split_without_rows_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
