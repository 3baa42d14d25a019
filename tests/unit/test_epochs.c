/* SPDX-License-Identifier: MIT */
/* The rows of each epoch, drawn ahead, against an order that is drawn here and now. */
#include "modules/learn/epochs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fake_step.h"

enum { EPOCHS = 9, BATCH = 700 };

/* A split of every other row, the last first. */
struct rows {
    size_t n;
    double *x;
    uint32_t *ids;
    struct sl_split split;
    struct sl_dataset data;
};

static void
rows_init(struct rows *r, size_t n, size_t d)
{
    *r = (struct rows){.n = n,
                       .x = calloc(2 * n * d, sizeof(double)),
                       .ids = calloc(n, sizeof(uint32_t))};
    assert_true(r->x && r->ids);
    for (size_t i = 0; i < 2 * n * d; i++)
        r->x[i] = 0.25 * (double)i - 3;
    for (size_t i = 0; i < n; i++)
        r->ids[i] = (uint32_t)(2 * (n - i) - 1);
    r->split = (struct sl_split){"train", n, r->ids};
    r->data = (struct sl_dataset){.n = 2 * n,
                                  .d = d,
                                  .type = SL_F64,
                                  .x = r->x,
                                  .scale = 1,
                                  .split_count = 1,
                                  .splits = &r->split};
}

static void
rows_release(struct rows *r)
{
    free(r->x);
    free(r->ids);
}

static void
expect_epoch(const struct sl_epochs *e, const struct rows *r, uint64_t epoch)
{
    struct sl_stream all = sl_step_stream(e->step, "shuffle");
    struct sl_stream stream = sl_stream_at(&all, epoch);
    uint32_t *ids = malloc(r->n * sizeof *ids);
    size_t d = r->data.d;

    assert_non_null(ids);
    memcpy(ids, r->ids, r->n * sizeof *ids);
    for (size_t i = 0; e->order && i < r->n; i++)
        ids[i] = r->ids[e->order[epoch * r->n + i]];
    if (!e->order && e->shuffle)
        sl_stream_shuffle(&stream, ids, r->n);
    for (size_t first = 0; first < r->n; first += BATCH) {
        size_t n = r->n - first < BATCH ? r->n - first : BATCH;
        const void *x = sl_epochs_rows(e, epoch, first, n);
        for (size_t i = 0; i < n * d; i++) {
            double want = r->x[ids[first + i / d] * d + i % d];
            assert_true(e->f64 ? ((const double *)x)[i] == want
                               : ((const float *)x)[i] == (float)want);
        }
    }
    free(ids);
}

/* Epochs from `from` on, as a training goes through them; the last is left out, so that
 * somebody may be at it at the end. */
static void
go_through(struct sl_epochs e, const struct rows *r, unsigned threads, uint64_t from)
{
    struct sl_error err = {0};
    struct sl_step step;

    fake_step_init(&step, "train", 4, &r->data);
    assert_int_equal(sl_pool_new(&step.pool, threads, &err), SL_OK);
    e.step = &step;
    e.data = &r->data;
    e.split = &r->split;
    e.epochs = EPOCHS;
    e.batch_size = BATCH;
    assert_int_equal(sl_epochs_open(&e, &err), SL_OK);
    for (uint64_t epoch = from; epoch + 1 < EPOCHS; epoch++) {
        sl_epochs_turn_to(&e, epoch);
        expect_epoch(&e, r, epoch);
    }
    sl_epochs_close(&e);
    sl_pool_free(step.pool);
    fake_step_release(&step);
}

static void
go_through_all(const struct rows *r, const int32_t *order)
{
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        for (uint64_t from = 0; from < EPOCHS; from += 4) {
            go_through((struct sl_epochs){.shuffle = true}, r, threads, from);
            go_through((struct sl_epochs){.shuffle = true, .f64 = true}, r, threads,
                       from);
            go_through((struct sl_epochs){.shuffle = false}, r, threads, from);
            go_through((struct sl_epochs){.order = order}, r, threads, from);
        }
    }
}

/* One that fits several times into what is drawn at a time, one that does once, and one that
 * is gathered a batch at a time. */
static void
orders_do_not_depend_on_who_draws_them(void **state)
{
    static const struct {
        size_t n, d;
    } shapes[] = {{3001, 3}, {40000, 1}, {45000, 2}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        size_t n = shapes[i].n;
        int32_t *order = malloc(EPOCHS * n * sizeof *order);
        struct rows r;

        assert_non_null(order);
        for (size_t k = 0; k < EPOCHS * n; k++)
            order[k] = (int32_t)((k * 7 + k / n) % n);
        rows_init(&r, n, shapes[i].d);
        go_through_all(&r, order);
        rows_release(&r);
        free(order);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_do_not_depend_on_who_draws_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
