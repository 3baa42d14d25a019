/* SPDX-License-Identifier: MIT */
#include "modules/learn/clip.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/arena.h"
#include "runner/base/rng.h"

static void
sizes_and_what_is_left_are_those_of_hand(void **state)
{
    const struct {
        enum sl_clip_by by;
        double limit, size, want[3];
    } cases[] = {
        {SL_CLIP_BY_NORM, 13.5, 13, {3, -4, 12}},
        {SL_CLIP_BY_NORM, 13, 13, {3, -4, 12}},
        {SL_CLIP_BY_NORM, 6.5, 13, {1.5, -2, 6}},
        {SL_CLIP_BY_VALUE, 12, 12, {3, -4, 12}},
        {SL_CLIP_BY_VALUE, 3.5, 12, {3, -3.5, 3.5}},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double g[3] = {3, -4, 12}, part;
        float g32[3] = {3, -4, 12};
        const struct sl_clipping clipping = {cases[c].by, cases[c].limit, &part, NULL};
        assert_true(sl_clip_f64(&clipping, 3, g) == cases[c].size);
        assert_true(sl_clip_f32(&clipping, 3, g32) == cases[c].size);
        for (size_t i = 0; i < 3; i++) {
            assert_true(fabs(g[i] - cases[c].want[i]) < 1e-15);
            assert_true((double)g32[i] == cases[c].want[i]);
        }
    }
}

static void
what_is_not_finite_is_told_and_left(void **state)
{
    const float bad[] = {NAN, INFINITY, -INFINITY};

    (void)state;
    for (size_t b = 0; b < 3; b++) {
        for (int by = 0; by < 2; by++) {
            float g[40] = {[3] = 7, [17] = bad[b], [39] = 9}, before[40];
            double part;
            const struct sl_clipping clipping = {(enum sl_clip_by)by, 1, &part, NULL};
            memcpy(before, g, sizeof g);
            assert_false(isfinite(sl_clip_f32(&clipping, 40, g)));
            assert_memory_equal(before, g, sizeof g);
        }
    }
}

/* Float32 whose squares leave its range. */
static void
the_norm_does_not_overflow(void **state)
{
    float g[2] = {3e30f, 4e30f};
    double part;
    const struct sl_clipping clipping = {SL_CLIP_BY_NORM, 5, &part, NULL};

    (void)state;
    assert_true(fabs(sl_clip_f32(&clipping, 2, g) / 5e30 - 1) < 1e-6);
    assert_true(fabsf(g[0] - 3) < 1e-6f && fabsf(g[1] - 4) < 1e-6f);
}

static void
threads_change_no_byte(void **state)
{
    enum { N = 3 * SL_SLICE + 77 };
    static float one[N], four[N];
    double parts[SL_CLIP_PARTS(N)];
    struct sl_error err = {0};
    struct sl_stream stream;
    struct sl_pool *pool;

    (void)state;
    assert_int_equal(sl_pool_new(&pool, 4, &err), SL_OK);
    for (int by = 0; by < 2; by++) {
        struct sl_clipping clipping = {(enum sl_clip_by)by, 0.75, parts, NULL};
        double size;
        sl_stream_init(&stream, 28, "test_clip", "gradient");
        for (size_t i = 0; i < N; i++)
            one[i] = four[i] = (float)sl_stream_normal(&stream);
        size = sl_clip_f32(&clipping, N, one);
        clipping.pool = pool;
        assert_true(sl_clip_f32(&clipping, N, four) == size && size > 0.75);
        assert_memory_equal(one, four, sizeof one);
    }
    sl_pool_free(pool);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_what_is_left_are_those_of_hand),
        cmocka_unit_test(what_is_not_finite_is_told_and_left),
        cmocka_unit_test(the_norm_does_not_overflow),
        cmocka_unit_test(threads_change_no_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
