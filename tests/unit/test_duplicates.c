/* SPDX-License-Identifier: MIT */
/* Equal rows in two splits, against a table of the values that train has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "modules/learn/frame_duplicates.h"
#include "runner/base/rng.h"

/* Several tiles, the last one short; the other splits take two rows of three. */
enum { N = 50021, VALUES = 20011 };

static double x[N][2];
static uint32_t rows[3][N];

/* few: of so many values all rows are. */
static size_t
draw(struct sl_split *splits, uint32_t few)
{
    static bool of_train[VALUES];
    struct sl_stream stream;
    size_t want = 0;

    sl_stream_init(&stream, 6, "test", "duplicates");
    for (size_t v = 0; v < VALUES; v++)
        of_train[v] = false;
    for (size_t i = 0; i < N; i++) {
        uint32_t value = sl_stream_below(&stream, few);

        x[i][0] = 2.385;
        x[i][1] = (double)value;
        rows[i % 3][splits[i % 3].n++] = (uint32_t)i;
        of_train[value] |= i % 3 == 1;
    }
    for (size_t i = 0; i < N; i++)
        want += i % 3 != 1 && of_train[(size_t)x[i][1]];
    return want;
}

static void
equal_rows_are_counted(void **state)
{
    static const uint32_t kinds[] = {1, 7, VALUES};

    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (unsigned threads = 1; threads <= 4; threads += 3) {
            struct sl_split splits[] = {
                {"test", 0, rows[0]}, {"train", 0, rows[1]}, {"odd", 0, rows[2]}};
            struct sl_dataset data = {.n = N,
                                      .d = 2,
                                      .type = SL_F64,
                                      .x = x,
                                      .split_count = 3,
                                      .splits = splits};
            size_t want = draw(splits, kinds[k]), got = 0;
            struct sl_error err;
            struct sl_pool *pool;

            assert_int_equal(sl_pool_new(&pool, threads, &err), SL_OK);
            assert_int_equal(
                sl_frame_duplicates(pool, &data, &splits[1], NULL, &got, &err), SL_OK);
            assert_int_equal(got, want);
            sl_pool_free(pool);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_rows_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
