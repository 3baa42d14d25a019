/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/arena.h"

static int
is_zero(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != 0)
            return 0;
    return 1;
}

/* Every request is filled with a byte of its own; none may be found changed at the end. */
static void
requests_are_aligned_zero_and_apart(void **state)
{
    static const size_t sizes[] = {1,    0,     63,   64,     65,   3000, 4095,    4096,
                                   4097, 70000, 2385, 300001, 1023, 5,    1 << 20, 977};
    enum { ROUNDS = 40, SIZES = sizeof sizes / sizeof *sizes };
    unsigned char *memory[ROUNDS][SIZES];
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    for (size_t r = 0; r < ROUNDS; r++) {
        for (size_t i = 0; i < SIZES; i++) {
            memory[r][i] = sl_arena_alloc(&arena, sizes[i]);
            assert_int_equal((uintptr_t)memory[r][i] % 64, 0);
            assert_true(is_zero(memory[r][i], sizes[i]));
            memset(memory[r][i], (int)(1 + r * SIZES + i) & 255, sizes[i]);
        }
    }
    for (size_t r = 0; r < ROUNDS; r++)
        for (size_t i = 0; i < SIZES; i++)
            for (size_t j = 0; j < sizes[i]; j++)
                assert_int_equal(memory[r][i][j], (1 + r * SIZES + i) & 255);
    sl_arena_release(&arena);
    assert_null(arena.blocks);
}

static void
a_large_request_leaves_the_block_in_use(void **state)
{
    struct sl_arena arena;
    char *before, *after;

    (void)state;
    sl_arena_init(&arena);
    before = sl_arena_alloc(&arena, 17);
    sl_arena_alloc(&arena, 9 << 20);
    after = sl_arena_alloc(&arena, 17);
    assert_ptr_equal(after, before + 64);
    sl_arena_release(&arena);
}

static void
an_arena_serves_again_after_release(void **state)
{
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    memset(sl_arena_alloc(&arena, 5000), 0xab, 5000);
    sl_arena_release(&arena);
    assert_true(is_zero(sl_arena_alloc(&arena, 100), 100));
    sl_arena_release(&arena);
}

static void
an_array_that_cannot_be_is_null(void **state)
{
    static const struct {
        size_t count, size;
    } cases[] = {
        {SIZE_MAX, 8},     {SIZE_MAX / 2 + 2, 2}, {SIZE_MAX, 1}, {SIZE_MAX - 64, 1},
#ifndef SL_SANITIZED /* sanitizers end the process instead */
        {SIZE_MAX / 4, 1},
#endif
    };
    struct sl_arena arena;
    double *array;

    (void)state;
    sl_arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_null(sl_arena_array(&arena, cases[i].count, cases[i].size));
    array = sl_arena_array(&arena, 12345, sizeof *array);
    assert_non_null(array);
    assert_true(is_zero((unsigned char *)array, 12345 * sizeof *array));
    assert_non_null(sl_arena_array(&arena, 0, 8));
    sl_arena_release(&arena);
}

static void
texts_are_copied(void **state)
{
    struct sl_arena arena;
    char source[] = "m\xc3\xa9mory";
    char *string, *copy, *none, *text;

    (void)state;
    sl_arena_init(&arena);
    string = sl_arena_string(&arena, source);
    copy = sl_arena_text(&arena, source, 3);
    assert_string_equal(copy, "m\xc3\xa9");
    copy = sl_arena_copy(&arena, source, 3);
    assert_int_equal((uintptr_t)copy % 64, 0);
    none = sl_arena_copy(&arena, NULL, 0);
    text = sl_arena_format(&arena, "%s-%05d%*s", source, 2385, 5000, "");
    source[0] = 'x';
    assert_string_equal(string, "m\xc3\xa9mory");
    assert_string_equal(copy, "m\xc3\xa9");
    assert_string_equal(none, "");
    assert_int_equal(strlen(text), 7 + 1 + 5 + 5000);
    assert_memory_equal(text, "m\xc3\xa9mory-02385   ", 16);
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_aligned_zero_and_apart),
        cmocka_unit_test(a_large_request_leaves_the_block_in_use),
        cmocka_unit_test(an_arena_serves_again_after_release),
        cmocka_unit_test(an_array_that_cannot_be_is_null),
        cmocka_unit_test(texts_are_copied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
