/* SPDX-License-Identifier: MIT */
#include "modules/learn/spans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
spans_that_touch_become_one(void **state)
{
    struct sl_spans spans = {0};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    sl_spans_add(&spans, &arena, 3, 4);
    sl_spans_add(&spans, &arena, 7, 2);
    sl_spans_add(&spans, &arena, 9, 0);
    sl_spans_add(&spans, &arena, 11, 1);
    for (size_t i = 0; i < 20; i++)
        sl_spans_add(&spans, &arena, 20 + 3 * i, 2);
    assert_int_equal(spans.n, 22);
    assert_true(spans.at[0].first == 3 && spans.at[0].count == 6);
    assert_true(spans.at[1].first == 11 && spans.at[1].count == 1);
    assert_true(spans.at[21].first == 77 && spans.at[21].count == 2);
    sl_arena_release(&arena);
}

enum { MOST = 3 * SL_SLICE };
static unsigned char seen[MOST]; /* 1: outside, 2: inside; their sum over all calls */

static void
mark(void *context, size_t first, size_t count, bool inside)
{
    (void)context;
    assert_true(count > 0);
    for (size_t i = first; i < first + count; i++)
        seen[i] = (unsigned char)(seen[i] + 1 + inside);
}

/* Each element comes once, with the word about it that the spans say. */
static void
check(size_t n, const struct sl_spans *spans)
{
    memset(seen, 0, sizeof seen);
    sl_span_slices(NULL, n, spans, mark, NULL);
    for (size_t s = 0; s < spans->n; s++)
        for (size_t i = 0; i < spans->at[s].count; i++)
            seen[spans->at[s].first + i]--;
    for (size_t i = 0; i < n; i++)
        assert_int_equal(seen[i], 1);
}

static void
slices_are_inside_or_outside(void **state)
{
    const struct {
        size_t n;
        struct sl_span at[4];
    } cases[] = {
        {10, {{0}}},
        {10, {{0, 10}}},
        {10, {{0, 1}, {3, 2}, {9, 1}}},
        {SL_SLICE + 5, {{SL_SLICE - 1, 2}}},
        {SL_SLICE + 5, {{SL_SLICE, 5}}},
        {MOST, {{1, MOST - 2}}},
        {MOST, {{7, 20}, {SL_SLICE - 9, 9}, {SL_SLICE + 1, SL_SLICE}, {MOST - 1, 1}}},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct sl_arena arena;
        struct sl_spans spans = {0};
        sl_arena_init(&arena);
        for (size_t i = 0; i < 4; i++)
            if (cases[c].at[i].count)
                sl_spans_add(&spans, &arena, cases[c].at[i].first, cases[c].at[i].count);
        check(cases[c].n, &spans);
        sl_arena_release(&arena);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_that_touch_become_one),
        cmocka_unit_test(slices_are_inside_or_outside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
