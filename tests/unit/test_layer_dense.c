/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fake_step.h"
#include "modules/learn/layer.h"

static void
make(struct sl_layer *layer, struct sl_arena *arena, bool f64, size_t in,
     const char *yaml)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_LAYER, "dense");
    struct sl_error err = {0};

    assert_non_null(row);
    *layer = (struct sl_layer){
        .class = (const struct sl_layer_class *)row->as[f64],
        .config = fake_config(row->as[f64], yaml, arena),
        .in = in,
    };
    assert_int_equal(layer->class->shape(layer, &err), SL_OK);
}

static void
product_and_bias(void **state)
{
    /* W (2 x 3), b (2) */
    const double theta[] = {1, -2, 0.5, 0.25, 3, -1, 0.125, -4};
    const double x[] = {2, 1, 4, -1, 0.5, 8};
    const double want[] = {2 - 2 + 2 + 0.125, 0.5 + 3 - 4 - 4.0, -1 - 1 + 4 + 0.125,
                           -0.25 + 1.5 - 8 - 4};
    double y[4] = {9, 9, 9, 9};
    struct sl_pass pass = {.n = 2, .x = x, .y = y, .theta = theta};
    struct sl_layer layer;
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    make(&layer, &arena, true, 3, "units: 2");
    layer.class->forward(&layer, &pass);
    for (size_t i = 0; i < 4; i++)
        assert_true(fabs(y[i] - want[i]) < 1e-14);
    sl_arena_release(&arena);
}

/* Uniform in +-1/sqrt(in): within, up to the edge, and with the moments of one. */
static void
initial_weights_fill_their_range(void **state)
{
    const size_t in = 784;
    const double bound = 1 / 28.0;
    double low = 1, high = -1, sum = 0, squares = 0, n;
    struct sl_stream stream;
    struct sl_layer layer;
    struct sl_arena arena;
    float *theta;

    (void)state;
    sl_arena_init(&arena);
    make(&layer, &arena, false, in, "units: 100");
    n = (double)layer.parameters;
    assert_int_equal(layer.parameters, 784 * 100 + 100);
    theta = sl_arena_array(&arena, layer.parameters, sizeof *theta);
    sl_stream_init(&stream, 1, "train", "weights");
    layer.class->init(&layer, &stream, theta);
    for (size_t i = 0; i < layer.parameters; i++) {
        double w = (double)theta[i];
        low = fmin(low, w);
        high = fmax(high, w);
        sum += w;
        squares += w * w;
    }
    assert_true(low >= -bound && low < -0.999 * bound);
    assert_true(high <= bound && high > 0.999 * bound);
    /* Four standard errors of the mean and of the mean square. */
    assert_true(fabs(sum / n) < 4 * bound / sqrt(3 * n));
    assert_true(fabs(squares / n - bound * bound / 3) <
                4 * bound * bound * sqrt(4 / 45.0 / n));
    sl_arena_release(&arena);
}

/* The float32 start is the float64 one, rounded. */
static void
precisions_start_alike(void **state)
{
    struct sl_layer a, b;
    struct sl_stream s;
    struct sl_arena arena;
    float theta32[7 * 5 + 5];
    double theta64[7 * 5 + 5];

    (void)state;
    sl_arena_init(&arena);
    make(&a, &arena, false, 7, "units: 5");
    make(&b, &arena, true, 7, "units: 5");
    sl_stream_init(&s, 77, "train", "weights");
    a.class->init(&a, &s, theta32);
    sl_stream_init(&s, 77, "train", "weights");
    b.class->init(&b, &s, theta64);
    for (size_t i = 0; i < 40; i++)
        assert_true(theta32[i] == (float)theta64[i]);
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(product_and_bias),
        cmocka_unit_test(initial_weights_fill_their_range),
        cmocka_unit_test(precisions_start_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
