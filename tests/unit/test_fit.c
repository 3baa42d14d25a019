/* SPDX-License-Identifier: MIT */
/* The minibatch loop with a learner whose loss one can work out by hand: theta is to be
 * the mean of the rows, the loss of a row its mean squared distance from theta. */
#include "modules/learn/fit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/fake_step.h"

/* Column 0 of a row is its id. */
enum { ROWS = 30, COLUMNS = 3, TRAIN = 23, BATCH = 5, BATCHES = 5 };

struct fixture {
    float x[ROWS][COLUMNS];
    uint32_t train[TRAIN], validation[4];
    struct sl_split splits[3];
    struct sl_dataset data;
    bool f64;
    unsigned seen[2000], rows; /* ids in the order in which batches brought them */
    size_t sizes[500], batches;
    uint64_t nan_at;     /* iteration + 1; 0: never */
    struct sl_span span; /* of the parameters that decay */
    struct sl_learner learner;
};

static double
get(const struct fixture *f, const void *array, size_t i)
{
    return f->f64 ? ((const double *)array)[i] : (double)((const float *)array)[i];
}

static void
set(const struct fixture *f, void *array, size_t i, double value)
{
    if (f->f64)
        ((double *)array)[i] = value;
    else
        ((float *)array)[i] = (float)value;
}

static void
init(void *context, void *theta)
{
    for (size_t j = 0; j < COLUMNS; j++)
        set(context, theta, j, 0.125 * (double)j - 0.3);
}

static double
gradient(void *context, const struct sl_fit_batch *batch, const void *theta, void *dtheta)
{
    struct fixture *f = context;
    double sum = 0, slope[COLUMNS] = {0};

    for (size_t i = 0; i < batch->n; i++) {
        f->seen[f->rows++] = (unsigned)get(f, batch->x, i * COLUMNS);
        for (size_t j = 0; j < COLUMNS; j++) {
            double e = get(f, theta, j) - get(f, batch->x, i * COLUMNS + j);
            sum += e * e / COLUMNS;
            slope[j] += 2 * e / COLUMNS / (double)batch->n;
        }
    }
    for (size_t j = 0; j < COLUMNS; j++)
        set(f, dtheta, j, slope[j]);
    f->sizes[f->batches++] = batch->n;
    return batch->iteration + 1 == f->nan_at ? (double)NAN : sum / (double)batch->n;
}

static enum sl_status
losses(void *context, const struct sl_rows *rows, const void *theta, double *out,
       struct sl_error *err)
{
    const struct fixture *f = context;

    (void)err;
    for (size_t i = 0; i < rows->n; i++) {
        out[i] = 0;
        for (size_t j = 0; j < COLUMNS; j++) {
            double e = get(f, theta, j) - (double)f->x[rows->ids[i]][j];
            out[i] += e * e / COLUMNS;
        }
    }
    return SL_OK;
}

/* Training rows are the odd ids and the last ones, so that places are not ids. */
static void
fixture_init(struct fixture *f, bool f64)
{
    *f = (struct fixture){.f64 = f64, .span = {1, 1}};
    for (size_t i = 0; i < ROWS; i++) {
        f->x[i][0] = (float)i;
        for (size_t j = 1; j < COLUMNS; j++)
            f->x[i][j] = sinf((float)(i * COLUMNS + j));
    }
    for (size_t i = 0; i < TRAIN; i++)
        f->train[i] = (uint32_t)(i * 7 % ROWS);
    for (size_t i = 0; i < 4; i++)
        f->validation[i] = (uint32_t)(3 * i + 2);
    f->splits[0] = (struct sl_split){"train", TRAIN, f->train};
    f->splits[1] = (struct sl_split){"validation", 4, f->validation};
    f->splits[2] = (struct sl_split){"none", 0, NULL};
    f->data = (struct sl_dataset){.n = ROWS,
                                  .d = COLUMNS,
                                  .type = SL_F32,
                                  .x = f->x,
                                  .scale = 1,
                                  .split_count = 3,
                                  .splits = f->splits};
    f->learner = (struct sl_learner){.context = f,
                                     .parameters = COLUMNS,
                                     .init = init,
                                     .gradient = gradient,
                                     .losses = losses,
                                     .decayed = {1, 1, &f->span}};
}

static const struct sl_entry fit_entry = {
    .name = "fit", .fields = sl_fit_fields, .config_size = sizeof(struct sl_fit_config)};

static enum sl_status
fit(struct fixture *f, struct sl_step *step, const char *yaml, void **theta,
    struct sl_error *err)
{
    const struct sl_fit_config *config = fake_config(&fit_entry, yaml, &step->arena);

    f->f64 = config->precision == SL_FLOAT64_PRECISION;
    return sl_fit(step, config, &f->data, &f->learner, theta, err);
}

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
    losses(&f, &all, theta, rows, &err);
    assert_true(fabs(fake_metric(&step, "loss_validation") -
                     (rows[0] + rows[1] + rows[2] + rows[3]) / 4) < 1e-14);
    fake_step_release(&step);
}

/* ---- stopping and going on ---------------------------------------------------------- */

/* Theta and every series, as bytes. */
static void
assert_same_result(const struct sl_step *a, const void *theta_a, const struct sl_step *b,
                   const void *theta_b, size_t real)
{
    assert_memory_equal(theta_a, theta_b, COLUMNS * real);
    assert_int_equal(a->series.n, b->series.n);
    for (size_t i = 0; i < a->series.n; i++) {
        const struct sl_tensor *s = &a->series.items[i].tensor;
        const struct sl_tensor *t = &b->series.items[i].tensor;
        assert_int_equal(sl_tensor_bytes(s), sl_tensor_bytes(t));
        assert_memory_equal(s->data, t->data, sl_tensor_bytes(s));
    }
}

static void
stopped_anywhere_it_ends_the_same(void **state)
{
    const char *const yaml[] = {
        "{epochs: 3, monitor: [validation], " SETTINGS "}",
        "{epochs: 3, monitor: [validation], precision: float64, " SETTINGS "}",
        "{epochs: 3, batch_size: 5, optimizer: {adamw: {weight_decay: 0.1}}}",
        "{epochs: 3, batch_size: 5, precision: float64,"
        " optimizer: {sgd: {nesterov: true, weight_decay: 0.1}}}",
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
