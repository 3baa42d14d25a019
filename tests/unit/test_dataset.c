/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runner/store/dataset.h"

/* v / 255 as numpy and PyTorch have it. For 7, 113, 200 and 254, as for 126 of the 256
 * values, v * (1 / 255) is another float32. */
static void
bytes_are_divided_truly(void **state)
{
    static const uint8_t x[] = {0, 1, 7, 113, 128, 200, 254, 255};
    static const uint32_t f32_bits[] = {0x00000000, 0x3b808081, 0x3ce0e0e1, 0x3ee2e2e3,
                                        0x3f008081, 0x3f48c8c9, 0x3f7efeff, 0x3f800000};
    static const double f64_want[] = {0.0,
                                      0x1.0101010101010p-8,
                                      0x1.c1c1c1c1c1c1cp-6,
                                      0x1.c5c5c5c5c5c5cp-2,
                                      0x1.0101010101010p-1,
                                      0x1.9191919191919p-1,
                                      0x1.fdfdfdfdfdfe0p-1,
                                      1.0};
    struct sl_dataset data = {.n = 1, .d = 8, .type = SL_U8, .x = x, .scale = 255};
    uint32_t id = 0;
    double f64[8];
    float f32[8];

    (void)state;
    sl_rows_gather_f32(&data, &id, 1, f32);
    sl_rows_gather_f64(&data, &id, 1, f64);
    assert_memory_equal(f32, f32_bits, sizeof f32);
    assert_memory_equal(f64, f64_want, sizeof f64);
}

static void
every_type_is_gathered(void **state)
{
    static const float f32[] = {2.385f, -0.5f, 7.0f, 1e-30f};
    static const double f64[] = {2.385, -0.5, 7.0, 1e-30};
    static const uint8_t u8[] = {3, 250, 17, 1};
    static const int32_t i32[] = {-2147483647, 12, -5, 90001};
    static const uint32_t u32[] = {4294967295u, 12, 5, 90001};
    static const int64_t i64[] = {-9007199254740991, 12, -5, 90001};
    static const struct {
        enum sl_dtype type;
        const void *x;
        double want[2]; /* the second of two rows */
    } cases[] = {
        {SL_F32, f32, {7.0 / 3.7, (double)1e-30f / 3.7}},
        {SL_F64, f64, {7.0 / 3.7, 1e-30 / 3.7}},
        {SL_U8, u8, {17 / 3.7, 1 / 3.7}},
        {SL_I32, i32, {-5 / 3.7, 90001 / 3.7}},
        {SL_U32, u32, {5 / 3.7, 90001 / 3.7}},
        {SL_I64, i64, {-5 / 3.7, 90001 / 3.7}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_dataset data = {
            .n = 2, .d = 2, .type = cases[i].type, .x = cases[i].x, .scale = 3.7};
        uint32_t id = 1;
        double got[2];
        float narrow[2];

        sl_rows_gather_f64(&data, &id, 1, got);
        sl_rows_gather_f32(&data, &id, 1, narrow);
        for (size_t j = 0; j < 2; j++) {
            assert_true(got[j] == cases[i].want[j]);
            assert_true(narrow[j] == (float)(got[j] * 3.7) / 3.7f);
        }
    }
}

static void
rows_come_in_the_order_of_their_ids(void **state)
{
    static const uint8_t x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const uint32_t ids[] = {2, 0, 2, 1};
    static const double want[] = {3.5, 4, 4.5, 0.5, 1, 1.5, 3.5, 4, 4.5, 2, 2.5, 3};
    struct sl_dataset data = {.n = 3, .d = 3, .type = SL_U8, .x = x, .scale = 2};
    double got[12];

    (void)state;
    sl_rows_gather_f64(&data, ids, 4, got);
    assert_memory_equal(got, want, sizeof want);
}

static void
splits_are_found_by_name(void **state)
{
    static const uint32_t rows[] = {4, 1, 7};
    static const struct sl_split splits[] = {{"train", 2, rows}, {"test", 1, rows + 2}};
    struct sl_dataset data = {.split_count = 2, .splits = splits};

    (void)state;
    assert_ptr_equal(sl_dataset_split(&data, "train"), &splits[0]);
    assert_ptr_equal(sl_dataset_split(&data, "test"), &splits[1]);
    assert_null(sl_dataset_split(&data, "tes"));
    assert_null(sl_dataset_split(&data, "test2"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_divided_truly),
        cmocka_unit_test(every_type_is_gathered),
        cmocka_unit_test(rows_come_in_the_order_of_their_ids),
        cmocka_unit_test(splits_are_found_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
