/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/binarise.h"

static void
above_a_half_is_one(void **state)
{
    const double x[] = {0, 0.25, 0.5, nextafter(0.5, 1), 0.75, 1};
    const double want[] = {0, 0, 0, 1, 1, 1};
    float x32[] = {0.0f, 0.25f, 0.5f, nextafterf(0.5f, 1), 0.75f, 1.0f}, out32[6];
    double out[6];

    (void)state;
    sl_binarise_threshold_f64(6, x, out);
    sl_binarise_threshold_f32(6, x32, out32);
    for (size_t i = 0; i < 6; i++) {
        assert_true(out[i] == want[i]);
        assert_true((double)out32[i] == want[i]);
    }
}

enum { D = 11, ROWS = 20000 };

static void
fill(double *x, float *x32)
{
    const double chances[D] = {0, 1, 0.3, 0.71, 0, 0, 0, 0, 0.05, 1, 0.5};

    for (size_t j = 0; j < D; j++) {
        x[j] = chances[j];
        x32[j] = (float)chances[j];
    }
}

/* Each share within 5 standard errors of its chance; both precisions draw the same. */
static void
shares_are_the_chances(void **state)
{
    struct sl_stream stream;
    double x[D], out[D], ones[D] = {0};
    float x32[D], out32[D];

    (void)state;
    sl_stream_init(&stream, 3, "test_binarise", "pixels");
    fill(x, x32);
    for (uint64_t i = 0; i < ROWS; i++) {
        sl_binarise_draw_f64(&stream, i, D, x, out);
        sl_binarise_draw_f32(&stream, i, D, x32, out32);
        for (size_t j = 0; j < D; j++) {
            assert_true(out[j] == 0 || out[j] == 1);
            assert_true(out[j] == (double)out32[j]);
            ones[j] += out[j];
        }
    }
    for (size_t j = 0; j < D; j++)
        assert_true(fabs(ones[j] / ROWS - x[j]) <= 5 * sqrt(x[j] * (1 - x[j]) / ROWS));
}

/* Value j is decided by word j of the substream, whether or not those before it are. */
static void
words_have_their_places(void **state)
{
    struct sl_stream stream, own;
    double x[D], out[D];
    float unused[D];

    (void)state;
    sl_stream_init(&stream, 3, "test_binarise", "pixels");
    fill(x, unused);
    for (uint64_t i = 0; i < 500; i++) {
        own = sl_stream_at(&stream, i);
        sl_binarise_draw_f64(&stream, i, D, x, out);
        for (size_t j = 0; j < D; j++)
            assert_true(out[j] == (sl_stream_u32(&own) < x[j] * 0x1p32 ? 1 : 0));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(above_a_half_is_one),
        cmocka_unit_test(shares_are_the_chances),
        cmocka_unit_test(words_have_their_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
