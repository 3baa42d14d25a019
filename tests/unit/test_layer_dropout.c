/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fake_step.h"
#include "modules/learn/layer.h"

enum { ROWS = 300, COLUMNS = 701 };

struct fixture {
    struct sl_arena arena;
    struct sl_layer layer;
    float x[ROWS * COLUMNS], y[ROWS * COLUMNS], kept[ROWS * COLUMNS];
};

static void
fixture_init(struct fixture *f, const char *yaml)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_LAYER, "dropout");
    struct sl_error err = {0};

    sl_arena_init(&f->arena);
    f->layer = (struct sl_layer){
        .class = (const struct sl_layer_class *)row->as[0],
        .config = fake_config(row->as[0], yaml, &f->arena),
        .in = COLUMNS,
    };
    assert_int_equal(f->layer.class->shape(&f->layer, &err), SL_OK);
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        f->x[i] = 1 + (float)(i % 7);
}

/* iteration: the stream's substream, as of a network of this layer alone */
static void
forward(struct fixture *f, size_t n, uint64_t iteration, bool training)
{
    struct sl_pass pass = {
        .n = n, .training = training, .x = f->x, .y = f->y, .kept = f->kept};

    sl_stream_init(&pass.stream, 7, "train", "layers");
    pass.stream = sl_stream_at(&pass.stream, iteration);
    f->layer.class->forward(&f->layer, &pass);
}

static void
the_rest_is_scaled_so_that_the_mean_stays(void **state)
{
    static struct fixture f;
    double dropped = 0, n = ROWS * COLUMNS, rate = 0.3, mean = 0, was = 0;

    (void)state;
    fixture_init(&f, "rate: 0.3");
    forward(&f, ROWS, 0, true);
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        dropped += f.y[i] == 0;
        mean += (double)f.y[i] / n;
        was += (double)f.x[i] / n;
        assert_true(f.y[i] == 0 ||
                    fabs((double)f.y[i] - (double)f.x[i] / 0.7) < 1e-6 * (double)f.x[i]);
    }
    assert_true(fabs(dropped / n - rate) < 4.5 * sqrt(rate * (1 - rate) / n));
    assert_true(fabs(mean - was) < 0.02 * was);
    sl_arena_release(&f.arena);
}

static bool
same_places(const float *a, const float *b, size_t n)
{
    size_t differ = 0;

    for (size_t i = 0; i < n; i++)
        differ += (a[i] == 0) != (b[i] == 0);
    return differ < n / 4;
}

/* By the batch and the row's place in it, whatever rows are behind it. */
static void
what_is_dropped_is_drawn_by_batch_and_row(void **state)
{
    static struct fixture f;
    static float first[ROWS * COLUMNS];

    (void)state;
    fixture_init(&f, "rate: 0.5");
    forward(&f, ROWS, 4, true);
    memcpy(first, f.y, sizeof first);
    forward(&f, 3, 4, true);
    assert_memory_equal(first, f.y, 3 * COLUMNS * sizeof *first);
    forward(&f, ROWS, 5, true);
    assert_false(same_places(first, f.y, COLUMNS));
    for (size_t i = 1; i < 20; i++)
        assert_false(same_places(first, first + i * COLUMNS, COLUMNS));
    sl_arena_release(&f.arena);
}

static void
after_training_nothing_is(void **state)
{
    static struct fixture f;

    (void)state;
    fixture_init(&f, "rate: 0.5");
    forward(&f, ROWS, 0, false);
    assert_memory_equal(f.x, f.y, sizeof f.x);
    sl_arena_release(&f.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rest_is_scaled_so_that_the_mean_stays),
        cmocka_unit_test(what_is_dropped_is_drawn_by_batch_and_row),
        cmocka_unit_test(after_training_nothing_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
