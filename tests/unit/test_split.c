/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/split.h"

enum { N = 1009, M = 211, PARTS = 2 };

static int32_t labels[N];
static const int64_t low[] = {0, 1, 2}, high[] = {3, 4, 5, 6}, seven[] = {2, 7};

/* Two parts: 1009 labelled rows (classes 0 to 6), and 211 behind them without labels. */
static void
make_parts(struct sl_split_part parts[PARTS], uint64_t seed)
{
    struct sl_stream stream;

    sl_stream_init(&stream, 5, "test", "labels");
    for (size_t i = 0; i < N; i++)
        labels[i] = (int32_t)sl_stream_below(&stream, 7);
    parts[0] = (struct sl_split_part){
        .name = "a/train", .n = N, .labelled = true, .labels = labels};
    parts[1] = (struct sl_split_part){.name = "b/test", .first = N, .n = M};
    for (size_t p = 0; p < PARTS; p++)
        sl_stream_init(&parts[p].stream, seed, "load", parts[p].name);
}

static enum sl_status
draw(const struct sl_split_rule *rules, size_t n, uint64_t seed, struct sl_arena *arena,
     struct sl_split *splits, struct sl_error *err)
{
    struct sl_split_part parts[PARTS];

    make_parts(parts, seed);
    return sl_split_rows(rules, n, parts, PARTS, arena, splits, err);
}

#define RANDOM(name_, part_, count_)                                                     \
    {                                                                                    \
        .name = (name_), .part = (part_), .count = (count_), .random = true              \
    }
#define FIRST(name_, part_, count_, skip_)                                               \
    {                                                                                    \
        .name = (name_), .part = (part_), .count = (count_), .skip = (skip_)             \
    }
#define CLASSES(name_, part_, count_, list_, random_)                                    \
    {                                                                                    \
        .name = (name_), .part = (part_),                                                \
        .classes = {sizeof list_ / sizeof *list_, list_}, .count = (count_),             \
        .random = (random_)                                                              \
    }

static void
first_rows_come_in_file_order(void **state)
{
    static const struct sl_split_rule rules[] = {
        FIRST("a", 0, 7, 0), FIRST("b", 0, 0, 1000), FIRST("c", 1, 3, 2)};
    static const uint32_t a[] = {0, 1, 2, 3, 4, 5, 6}, c[] = {1011, 1012, 1013},
                          b[] = {1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008};
    struct sl_split splits[3];
    struct sl_error err = {0};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    assert_int_equal(draw(rules, 3, 1, &arena, splits, &err), SL_OK);
    assert_int_equal(splits[0].n, 7);
    assert_memory_equal(splits[0].rows, a, sizeof a);
    assert_int_equal(splits[1].n, 9);
    assert_memory_equal(splits[1].rows, b, sizeof b);
    assert_int_equal(splits[2].n, 3);
    assert_memory_equal(splits[2].rows, c, sizeof c);
    sl_arena_release(&arena);
}

/* Together they are the part, each row once, and in no order of the file. */
static void
random_splits_share_out_a_part(void **state)
{
    static const struct sl_split_rule rules[] = {RANDOM("train", 0, 800),
                                                 RANDOM("validation", 0, 0)};
    struct sl_split splits[2];
    struct sl_error err = {0};
    struct sl_arena arena;
    unsigned seen[N] = {0}, in_place = 0;

    (void)state;
    sl_arena_init(&arena);
    assert_int_equal(draw(rules, 2, 1, &arena, splits, &err), SL_OK);
    assert_int_equal(splits[0].n, 800);
    assert_int_equal(splits[1].n, N - 800);
    for (size_t s = 0; s < 2; s++)
        for (size_t k = 0; k < splits[s].n; k++) {
            assert_true(splits[s].rows[k] < N);
            seen[splits[s].rows[k]]++;
        }
    for (size_t i = 0; i < N; i++)
        assert_int_equal(seen[i], 1);
    for (size_t k = 0; k < 800; k++)
        in_place += splits[0].rows[k] == k;
    assert_true(in_place < 10);
    sl_arena_release(&arena);
}

/* The mean row of 400 out of 1009 has a standard error of 11.3; 20 seeds, 4 of them. */
static void
random_rows_come_from_everywhere_by_seed(void **state)
{
    static const struct sl_split_rule rules[] = {RANDOM("train", 0, 400)};
    uint32_t last = UINT32_MAX;
    unsigned same = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct sl_split split;
        struct sl_error err = {0};
        struct sl_arena arena;
        double sum = 0;

        sl_arena_init(&arena);
        assert_int_equal(draw(rules, 1, seed, &arena, &split, &err), SL_OK);
        for (size_t k = 0; k < split.n; k++)
            sum += split.rows[k];
        assert_true(sum / 400 > 504 - 45 && sum / 400 < 504 + 45);
        same += split.rows[0] == last;
        last = split.rows[0];
        sl_arena_release(&arena);
    }
    assert_true(same <= 1);
}

static void
smaller_counts_and_later_splits_move_nothing(void **state)
{
    static const struct sl_split_rule more[] = {
        RANDOM("train", 0, 600), RANDOM("validation", 0, 100), FIRST("test", 1, 0, 0)};
    static const struct sl_split_rule fewer[] = {RANDOM("train", 0, 350)};
    struct sl_split a[3], b[1];
    struct sl_error err = {0};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    assert_int_equal(draw(more, 3, 9, &arena, a, &err), SL_OK);
    assert_int_equal(draw(fewer, 1, 9, &arena, b, &err), SL_OK);
    assert_memory_equal(a[0].rows, b[0].rows, 350 * sizeof(uint32_t));
    sl_arena_release(&arena);
}

static bool
all_in(const struct sl_split *split, const int64_t *classes, size_t n)
{
    for (size_t k = 0; k < split->n; k++) {
        size_t c = 0;

        while (c < n && classes[c] != labels[split->rows[k]])
            c++;
        if (c == n)
            return false;
    }
    return true;
}

static size_t
rows_of(const int64_t *classes, size_t n)
{
    size_t rows = 0;

    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < n; c++)
            rows += labels[i] == classes[c];
    return rows;
}

static void
classes_are_selected(void **state)
{
    static const struct sl_split_rule rules[] = {CLASSES("train", 0, 100, low, true),
                                                 CLASSES("rest", 0, 0, low, true),
                                                 CLASSES("other", 0, 0, high, false)};
    struct sl_split splits[3];
    struct sl_error err = {0};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    assert_int_equal(draw(rules, 3, 3, &arena, splits, &err), SL_OK);
    assert_int_equal(splits[0].n, 100);
    assert_int_equal(splits[1].n, rows_of(low, 3) - 100);
    assert_int_equal(splits[2].n, rows_of(high, 4));
    assert_true(all_in(&splits[0], low, 3) && all_in(&splits[1], low, 3));
    assert_true(all_in(&splits[2], high, 4));
    sl_arena_release(&arena);
}

static const struct refused {
    struct sl_split_rule rules[3];
    size_t n;
    const char *want, *without_data; /* NULL: the same; "": not told */
} refused[] = {
    {{RANDOM("train", 0, 900), RANDOM("validation", 0, 110)},
     2,
     "split 'validation' asks for 110 rows of 'a/train' (1009 rows), 109 are left for it",
     NULL},
    {{RANDOM("train", 0, 0), RANDOM("validation", 0, 10)},
     2,
     "split 'validation' is empty: no row of 'a/train' (1009 rows) is left for it",
     NULL},
    {{FIRST("a", 1, 212, 0)},
     1,
     "split 'a' asks for 212 rows of 'b/test' (211 rows), 211 are left for it",
     NULL},
    {{FIRST("a", 1, 0, 211)},
     1,
     "split 'a' is empty: no row of 'b/test' (211 rows) is left for it",
     NULL},
    {{FIRST("a", 0, 600, 0), FIRST("b", 1, 0, 0), FIRST("c", 0, 0, 597)},
     3,
     "splits 'a' and 'c' share 3 rows of 'a/train'; 'choose: random' for both keeps them "
     "apart, so do 'skip' and 'classes'",
     NULL},
    {{FIRST("a", 0, 0, 0), RANDOM("b", 0, 25)},
     2,
     "splits 'a' and 'b' share 25 rows of 'a/train'; 'choose: random' for both keeps "
     "them "
     "apart, so do 'skip' and 'classes'",
     ""},
    {{FIRST("a", 0, 0, 0), CLASSES("b", 0, 20, high, false)},
     2,
     "splits 'a' and 'b' share 20 rows of 'a/train'; 'choose: random' for both keeps "
     "them "
     "apart, so do 'skip' and 'classes'",
     ""},
    {{CLASSES("b", 1, 0, high, false)},
     1,
     "split 'b' takes classes of 'b/test', which has no labels",
     NULL},
    {{CLASSES("b", 0, 0, seven, false)},
     1,
     "split 'b': no row of 'a/train' has class 7",
     ""},
    {{CLASSES("a", 0, 1005, low, false)},
     1,
     "split 'a' asks for 1005 rows of its classes of 'a/train' (1009 rows), 424 are left "
     "for it",
     ""},
    {{RANDOM("a", 0, 0), CLASSES("b", 0, 0, low, true)},
     2,
     "split 'b' is empty: no row of its classes of 'a/train' (1009 rows) is left for it",
     NULL},
};

static void
what_cannot_be_drawn_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct sl_split splits[3];
        struct sl_error err = {0};
        struct sl_arena arena;

        sl_arena_init(&arena);
        assert_int_equal(draw(refused[i].rules, refused[i].n, 4, &arena, splits, &err),
                         SL_ERR_CONFIG);
        assert_string_equal(err.text, refused[i].want);
        sl_arena_release(&arena);
    }
}

static void
most_of_it_is_told_without_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const struct refused *r = &refused[i];
        struct sl_split_part parts[PARTS];
        struct sl_error err = {0};
        size_t rows;

        make_parts(parts, 1);
        parts[0].labels = NULL;
        for (size_t k = 0; k + 1 < r->n; k++)
            assert_int_equal(sl_split_expect(r->rules, k, parts, &rows, &err), SL_OK);
        sl_split_expect(r->rules, r->n - 1, parts, &rows, &err);
        assert_string_equal(err.text, r->without_data ? r->without_data : r->want);
    }
}

static void
sizes_are_told_where_they_are_known(void **state)
{
    static const struct sl_split_rule rules[] = {
        RANDOM("a", 0, 600),           CLASSES("b", 0, 100, low, true),
        CLASSES("c", 0, 0, low, true), RANDOM("d", 0, 0),
        FIRST("e", 1, 0, 11),
    };
    static const size_t known[] = {600, 100, 0, 0, 200}, unknown[] = {600, 100, 0, 0, 0};
    struct sl_split_part parts[PARTS];
    struct sl_error err = {0};
    size_t rows;

    (void)state;
    make_parts(parts, 1);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(sl_split_expect(rules, i, parts, &rows, &err), SL_OK);
        assert_int_equal(rows, known[i]);
    }
    parts[0].n = parts[1].n = 0;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(sl_split_expect(rules, i, parts, &rows, &err), SL_OK);
        assert_int_equal(rows, unknown[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_rows_come_in_file_order),
        cmocka_unit_test(random_splits_share_out_a_part),
        cmocka_unit_test(random_rows_come_from_everywhere_by_seed),
        cmocka_unit_test(smaller_counts_and_later_splits_move_nothing),
        cmocka_unit_test(classes_are_selected),
        cmocka_unit_test(what_cannot_be_drawn_is_refused),
        cmocka_unit_test(most_of_it_is_told_without_data),
        cmocka_unit_test(sizes_are_told_where_they_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
