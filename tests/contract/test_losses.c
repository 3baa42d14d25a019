/* SPDX-License-Identifier: MIT */
/*
 * What every loss of the registry has to keep: its gradient by central differences in
 * float64, float32 beside float64, and rows that know nothing of their neighbours.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/loss.h"
#include "tests/unit/fake_step.h"

enum { ROWS = 5, MOST = 1031 };

/* y and target in (0, 1), as the images and outputs of a sigmoid are. */
struct batch {
    float y32[ROWS * MOST], target32[ROWS * MOST], dy32[ROWS * MOST];
    double y64[ROWS * MOST], target64[ROWS * MOST], dy64[ROWS * MOST];
    double rows[ROWS];
};

static struct batch batch;

static void
fill(size_t d)
{
    struct sl_stream stream;

    sl_stream_init(&stream, 8128, "test_losses", "values");
    for (size_t i = 0; i < ROWS * d; i++) {
        batch.y32[i] = (float)(0.02 + 0.96 * sl_stream_uniform(&stream));
        batch.target32[i] = (float)(0.02 + 0.96 * sl_stream_uniform(&stream));
        batch.y64[i] = (double)batch.y32[i];
        batch.target64[i] = (double)batch.target32[i];
        batch.dy32[i] = -31.5f;
        batch.dy64[i] = -31.5;
    }
}

static struct sl_comparison
comparison(bool f64, size_t d)
{
    return (struct sl_comparison){
        .n = ROWS,
        .d = d,
        .y = f64 ? (void *)batch.y64 : batch.y32,
        .target = f64 ? (void *)batch.target64 : batch.target32,
        .dy = f64 ? (void *)batch.dy64 : batch.dy32,
        .rows = batch.rows,
    };
}

static void
compare(const struct sl_row *row, bool f64, const struct sl_comparison *c)
{
    const struct sl_loss_class *class = (const struct sl_loss_class *)row->as[f64];
    struct sl_arena arena;

    sl_arena_init(&arena);
    class->compare(fake_config(&class->entry, "", &arena), c);
    sl_arena_release(&arena);
}

static double
mean_loss(const struct sl_row *row, size_t d)
{
    struct sl_comparison c = comparison(true, d);
    double sum = 0;

    c.dy = NULL;
    compare(row, true, &c);
    for (size_t i = 0; i < ROWS; i++)
        sum += batch.rows[i];
    return sum / ROWS;
}

static void
check_gradient(const struct sl_row *row)
{
    const double step = 1e-5;
    const size_t d = 19;
    struct sl_comparison c = comparison(true, d);

    fill(d);
    compare(row, true, &c);
    for (size_t i = 0; i < ROWS * d; i++) {
        double at = batch.y64[i], above, below, want;
        batch.y64[i] = at + step;
        above = mean_loss(row, d);
        batch.y64[i] = at - step;
        below = mean_loss(row, d);
        batch.y64[i] = at;
        want = (above - below) / (2 * step);
        if (!(fabs(batch.dy64[i] - want) <= 1e-7 * fmax(1, fabs(want))))
            fail_msg("%s: gradient %zu is %.12g, by differences %.12g", row->as[0]->name,
                     i, batch.dy64[i], want);
    }
}

static void
check_precisions(const struct sl_row *row)
{
    const size_t d = MOST;
    struct sl_comparison c32 = comparison(false, d), c64 = comparison(true, d);
    double rows[ROWS];

    fill(d);
    compare(row, false, &c32);
    memcpy(rows, batch.rows, sizeof rows);
    compare(row, true, &c64);
    for (size_t i = 0; i < ROWS; i++)
        assert_true(fabs(rows[i] - batch.rows[i]) <= 1e-6 * fabs(batch.rows[i]));
    for (size_t i = 0; i < ROWS * d; i++)
        assert_true(fabs((double)batch.dy32[i] - batch.dy64[i]) <=
                    2e-6 * fabs(batch.dy64[i]) + 2e-7 / (ROWS * (double)d));
}

/* Widths around the number of lanes that a sum may run in. */
static void
check_rows(const struct sl_row *row)
{
    const size_t widths[] = {1, 3, 15, 16, 17, 37, 784, MOST};

    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        size_t d = widths[w];
        struct sl_comparison c = comparison(false, d);
        double together[ROWS], alone;
        fill(d);
        c.dy = NULL;
        compare(row, false, &c);
        memcpy(together, batch.rows, sizeof together);
        for (size_t i = 0; i < ROWS; i++) {
            struct sl_comparison one = {
                .n = 1,
                .d = d,
                .y = batch.y32 + i * d,
                .target = batch.target32 + i * d,
                .rows = &alone,
            };
            compare(row, false, &one);
            assert_memory_equal(&alone, &together[i], sizeof alone);
        }
    }
}

static void
each_loss(void (*check)(const struct sl_row *row))
{
    size_t checked = 0;

    for (size_t i = 0; i < sl_builtin.n; i++) {
        if (sl_builtin.rows[i].table != SL_LOSS)
            continue;
        check(&sl_builtin.rows[i]);
        checked++;
    }
    assert_true(checked >= 1);
}

static void
gradients_are_those_of_central_differences(void **state)
{
    (void)state;
    each_loss(check_gradient);
}

static void
float32_is_near_float64(void **state)
{
    (void)state;
    each_loss(check_precisions);
}

static void
a_row_depends_on_itself_alone(void **state)
{
    (void)state;
    each_loss(check_rows);
}

static void
mse_is_the_mean_of_squares(void **state)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_LOSS, "mse");
    const double y[] = {0.25, 1.5, -2.0, 4.0, 0.0, 1.0};
    const double target[] = {0.75, 1.0, -3.5, 4.0, 2.0, 0.5};
    const double want[] = {(0.25 + 0.25 + 2.25) / 3, (0 + 4 + 0.25) / 3};
    double rows[2], dy[6];
    struct sl_comparison c = {
        .n = 2, .d = 3, .y = y, .target = target, .rows = rows, .dy = dy};

    (void)state;
    compare(row, true, &c);
    for (size_t i = 0; i < 2; i++)
        assert_true(fabs(rows[i] - want[i]) < 1e-15);
    for (size_t i = 0; i < 6; i++)
        assert_true(fabs(dy[i] - 2 * (y[i] - target[i]) / 6) < 1e-15);
}

struct one {
    const char *loss, *yaml;
    double y, target, want, slope;
};

/* A row of one column, in either precision. */
static void
check_one(const struct one *c, bool f64)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_LOSS, c->loss);
    const struct sl_loss_class *class = (const struct sl_loss_class *)row->as[f64];
    float y32 = (float)c->y, target32 = (float)c->target, dy32 = 0;
    double y = c->y, target = c->target, dy = 0, loss, tolerance = f64 ? 1e-14 : 2e-6;
    struct sl_comparison comparison = {.n = 1,
                                       .d = 1,
                                       .y = f64 ? (void *)&y : &y32,
                                       .target = f64 ? (void *)&target : &target32,
                                       .rows = &loss,
                                       .dy = f64 ? (void *)&dy : &dy32};
    struct sl_arena arena;

    sl_arena_init(&arena);
    class->compare(fake_config(&class->entry, c->yaml, &arena), &comparison);
    sl_arena_release(&arena);
    dy = f64 ? dy : (double)dy32;
    if (!(fabs(loss - c->want) <= tolerance * fabs(c->want)) ||
        !(fabs(dy - c->slope) <= tolerance * fabs(c->slope)))
        fail_msg("%s of %g by %g is %.17g, slope %.17g; not %.17g, %.17g", c->loss, c->y,
                 c->target, loss, dy, c->want, c->slope);
}

static void
values_and_slopes_are_those_of_the_formulas(void **state)
{
    static const struct one cases[] = {
        {"mae", "", 0.25, 1.5, 1.25, -1},
        {"mae", "", -2, -3.5, 1.5, 1},
        {"mae", "", 2.5, 2.5, 0, 0},
        {"huber", "", 0.25, 0.75, 0.125, -0.5},
        {"huber", "", 4, 0.5, 3, 1},
        {"huber", "delta: 0.25", 0.5, 1.5, 0.21875, -0.25},
        {"huber", "delta: 0.25", 0.75, 0.5, 0.03125, 0.25},
        {"huber", "delta: 100", 1.5, -2.5, 8, 4},
        {"binary-cross-entropy", "", 0.0, 0.25, 0.69314718055994529, 0.25},
        {"binary-cross-entropy", "", 1.75, 1, 0.16022415043808724, -0.14804719803168942},
        {"binary-cross-entropy", "", -2.5, 0.125, 0.39138973429254964,
         -0.049141819978756454},
        {"binary-cross-entropy", "", 2.385, 0, 2.473092357134353, 0.91567630357852547},
        {"binary-cross-entropy", "", 1e4, 0, 1e4, 1},
        {"binary-cross-entropy", "", -1e4, 1, 1e4, -1},
        {"binary-cross-entropy", "", 1e4, 0.75, 2500, 0.25},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int f64 = 0; f64 < 2; f64++)
            check_one(&cases[i], f64);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_those_of_central_differences),
        cmocka_unit_test(float32_is_near_float64),
        cmocka_unit_test(a_row_depends_on_itself_alone),
        cmocka_unit_test(mse_is_the_mean_of_squares),
        cmocka_unit_test(values_and_slopes_are_those_of_the_formulas),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
