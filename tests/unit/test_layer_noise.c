/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/layer.h"
#include "modules/learn/noise.h"

enum { ROWS = 300, COLUMNS = 701, ALL = ROWS * COLUMNS };

struct fixture {
    struct sl_noise_config config;
    struct sl_layer layer;
    double x[ALL], y[ALL], kept[ALL];
};

static void
fixture_init(struct fixture *f, double gaussian, double masking)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_LAYER, "noise");
    struct sl_error err = {0};

    f->config = (struct sl_noise_config){gaussian, masking};
    f->layer = (struct sl_layer){
        .class = (const struct sl_layer_class *)row->as[1],
        .config = &f->config,
        .in = COLUMNS,
    };
    assert_int_equal(f->layer.class->shape(&f->layer, &err), SL_OK);
    for (size_t i = 0; i < ALL; i++)
        f->x[i] = 1 + (double)(i % 7);
}

static void
forward(struct fixture *f, size_t n, uint64_t iteration, bool training)
{
    struct sl_pass pass = {
        .n = n, .training = training, .x = f->x, .y = f->y, .kept = f->kept};

    sl_stream_init(&pass.stream, 7, "train", "layers");
    pass.stream = sl_stream_at(&pass.stream, iteration);
    f->layer.class->forward(&f->layer, &pass);
}

/* The first four moments of a Gaussian, each within 4.5 of its standard errors, and no
 * tie between the two of a pair. */
static void
gaussian_noise_has_its_moments(void **state)
{
    static struct fixture f;
    double m[5] = {0}, pairs = 0, n = ALL;

    (void)state;
    fixture_init(&f, 0.5, 0);
    forward(&f, ROWS, 3, true);
    for (size_t i = 0; i < ALL; i++) {
        double e = (f.y[i] - f.x[i]) / 0.5;
        for (int k = 1; k < 5; k++)
            m[k] += pow(e, k) / n;
        if (i % COLUMNS + 1 < COLUMNS)
            pairs += e * (f.y[i + 1] - f.x[i + 1]) / 0.5 / n;
    }
    assert_true(fabs(m[1]) < 4.5 / sqrt(n));
    assert_true(fabs(m[2] - 1) < 4.5 * sqrt(2 / n));
    assert_true(fabs(m[3]) < 4.5 * sqrt(15 / n));
    assert_true(fabs(m[4] - 3) < 4.5 * sqrt(96 / n));
    assert_true(fabs(pairs) < 4.5 / sqrt(n));
}

static void
masked_values_are_0_and_others_as_they_were(void **state)
{
    static struct fixture f;
    double masked = 0, n = ALL;

    (void)state;
    fixture_init(&f, 0, 0.25);
    forward(&f, ROWS, 3, true);
    for (size_t i = 0; i < ALL; i++) {
        masked += f.y[i] == 0;
        assert_true(f.y[i] == (f.kept[i] == 0 ? 0 : f.x[i]));
    }
    assert_true(fabs(masked / n - 0.25) < 4.5 * sqrt(0.25 * 0.75 / n));
}

static void
noise_is_drawn_by_batch_and_row(void **state)
{
    static struct fixture f;
    static double first[ALL];
    size_t same = 0;

    (void)state;
    fixture_init(&f, 0.5, 0.25);
    forward(&f, ROWS, 4, true);
    memcpy(first, f.y, sizeof first);
    forward(&f, 3, 4, true);
    assert_memory_equal(first, f.y, 3 * COLUMNS * sizeof *first);
    forward(&f, ROWS, 5, true);
    for (size_t i = 0; i < ALL; i++)
        same += first[i] == f.y[i] && f.y[i] != 0;
    assert_int_equal(same, 0);
}

static void
after_training_there_is_none(void **state)
{
    static struct fixture f;

    (void)state;
    fixture_init(&f, 0.5, 0.25);
    forward(&f, ROWS, 0, false);
    assert_memory_equal(f.x, f.y, sizeof f.x);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaussian_noise_has_its_moments),
        cmocka_unit_test(masked_values_are_0_and_others_as_they_were),
        cmocka_unit_test(noise_is_drawn_by_batch_and_row),
        cmocka_unit_test(after_training_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
