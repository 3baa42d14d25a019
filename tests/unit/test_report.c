/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runner/config/character.h"
#include "runner/config/report.h"

static struct sl_arena arena;
static struct sl_report report;
static struct sl_text out;

static int
set_up(void **state)
{
    (void)state;
    sl_arena_init(&arena);
    sl_report_init(&report, &arena);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    sl_text_release(&out);
    sl_arena_release(&arena);
    return 0;
}

static struct sl_mark
at(const char *file, uint32_t line, uint32_t column)
{
    return (struct sl_mark){file, line, column};
}

static const char *
rendered(bool colour)
{
    sl_text_clear(&out);
    sl_text_append(&out, "");
    sl_report_render(&report, colour, &out);
    return out.bytes;
}

static void
a_problem_has_its_line_and_a_caret(void **state)
{
    static const char text[] = "lr: 1\n  epochs: 0\n";

    (void)state;
    sl_report_source(&report, "e.yaml", text, strlen(text));
    sl_report_add(&report, SL_ERROR, at("e.yaml", 2, 11), "expected %d, got '%s'", 7,
                  "0");
    sl_report_add(&report, SL_WARNING, at("e.yaml", 1, 1), "odd");
    assert_string_equal(rendered(false), "e.yaml:1:1: warning: odd\n"
                                         "    1 | lr: 1\n"
                                         "      | ^~\n"
                                         "e.yaml:2:11: error: expected 7, got '0'\n"
                                         "    2 |   epochs: 0\n"
                                         "      |           ^\n");
    assert_string_equal(
        rendered(true),
        "\x1b[1me.yaml:1:1:\x1b[m \x1b[1;35mwarning:\x1b[m odd\n"
        "    1 | lr: 1\n"
        "      | \x1b[1;32m^~\x1b[m\n"
        "\x1b[1me.yaml:2:11:\x1b[m \x1b[1;31merror:\x1b[m expected 7, got "
        "'0'\n"
        "    2 |   epochs: 0\n"
        "      |           \x1b[1;32m^\x1b[m\n");
}

static void
a_caret_may_stand_behind_a_long_line(void **state)
{
    char text[302];

    (void)state;
    for (size_t i = 0; i < 300; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 3);
    memcpy(text + 300, "x", 2);
    sl_report_source(&report, "e.yaml", text, strlen(text));
    sl_report_add(&report, SL_ERROR, at("e.yaml", 1, 102), "missing");
    assert_non_null(strstr(rendered(false), "\xe2\x82\xacx\n"));
}

static void
problems_come_in_the_order_of_their_places(void **state)
{
    (void)state;
    sl_report_source(&report, "z", "", 0);
    sl_report_source(&report, "a", "", 0);
    sl_report_add(&report, SL_ERROR, at(NULL, 0, 0), "p1");
    sl_report_add(&report, SL_ERROR, at("a", 1, 1), "p2");
    sl_report_add(&report, SL_ERROR, at("z", 9, 1), "p3");
    sl_report_add(&report, SL_NOTE, at("a", 1, 1), "note of p3");
    sl_report_add(&report, SL_ERROR, at("z", 2, 8), "p4");
    sl_report_add(&report, SL_ERROR, at("z", 2, 8), "p5");
    sl_report_add(&report, SL_ERROR, at("z", 2, 7), "p6");
    assert_string_equal(rendered(false), "z:2:7: error: p6\n"
                                         "z:2:8: error: p4\n"
                                         "z:2:8: error: p5\n"
                                         "z:9:1: error: p3\n"
                                         "a:1:1: note: note of p3\n"
                                         "a:1:1: error: p2\n"
                                         "sluice: error: p1\n");
}

static void
the_same_problem_is_told_once_with_its_notes(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        sl_report_add(&report, SL_ERROR, at("a", 1, 1), "p");
        sl_report_add(&report, SL_NOTE, at("b", 1, 1), "note");
    }
    sl_report_add(&report, SL_ERROR, at("a", 1, 2), "p");
    assert_int_equal(report.n, 3);
    assert_int_equal(report.errors, 2);
}

static void
only_so_many_are_kept(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < SL_REPORT_MAX; i++)
        sl_report_add(&report, SL_ERROR, at("a", i + 1, 1), "p");
    assert_null(strstr(rendered(false), "problems are shown"));
    for (uint32_t i = SL_REPORT_MAX; i < 3000; i++)
        sl_report_add(&report, SL_ERROR, at("a", i + 1, 1), "p");
    assert_int_equal(report.n, SL_REPORT_MAX);
    assert_int_equal(report.errors, 3000);
    assert_non_null(
        strstr(rendered(false), "sluice: the first 1000 problems are shown\n"));
    assert_null(strstr(rendered(false), "3000")); /* the status says it */
}

static void
the_status_counts_errors(void **state)
{
    struct sl_error err = {0};

    (void)state;
    sl_report_add(&report, SL_WARNING, at("a", 1, 1), "w");
    assert_int_equal(sl_report_status(&report, &err), SL_OK);
    sl_report_add(&report, SL_ERROR, at("a", 1, 1), "p");
    assert_int_equal(sl_report_status(&report, &err), SL_ERR_CONFIG);
    assert_string_equal(err.text, "1 error");
    sl_report_add(&report, SL_ERROR, at("a", 2, 1), "p");
    sl_report_status(&report, &err);
    assert_string_equal(err.text, "2 errors");
}

/* A line, a column of it, and what is shown below the problem. */
static const struct {
    const char *line;
    uint32_t column;
    const char *want;
} lines[] = {
    {"\tx: \xe9y", 5, "    1 |  x: <E9>y\n      |     ^~~~~\n"},
    {"caf\xc3\xa9: 1", 7, "    1 | caf\xc3\xa9: 1\n      |       ^\n"},
    {"\xe6\x97\xa5\xe6\x9c\xac: 1", 5,
     "    1 | \xe6\x97\xa5\xe6\x9c\xac: 1\n      |       ^\n"},
    {"a: \x1b[31mx", 4, "    1 | a: <U+001B>[31mx\n      |    ^~~~~~~~\n"},
    {"a: \xe2\x80\xae x", 6, "    1 | a: <U+202E> x\n      |             ^\n"},
    {"a: 1", 5, "    1 | a: 1\n      |     ^\n"},
    {"a: 1", 400, "    1 | a: 1\n      |     ^\n"},
    {"", 1, ""},
};

static void
lines_are_shown_safely(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        sl_report_init(&report, &arena);
        sl_report_source(&report, "e", lines[i].line, strlen(lines[i].line));
        sl_report_add(&report, SL_ERROR, at("e", 1, lines[i].column), "p");
        assert_string_equal(strchr(rendered(false), '\n') + 1, lines[i].want);
    }
}

static void
texts_and_names_are_shown_safely(void **state)
{
    (void)state;
    sl_report_add(&report, SL_ERROR, at("a\x1b[2J", 1, 1), "got '\x07\n\xff'");
    assert_string_equal(rendered(false),
                        "a<U+001B>[2J:1:1: error: got '<U+0007><U+000A><FF>'\n");
}

static void
every_line_break_counts(void **state)
{
    static const char text[] = "a\r\nb\rc\nd";

    (void)state;
    sl_report_source(&report, "e", text, strlen(text));
    for (uint32_t line = 2; line <= 5; line++)
        sl_report_add(&report, SL_ERROR, at("e", line, 1), "p");
    assert_string_equal(rendered(false), "e:2:1: error: p\n    2 | b\n      | ^\n"
                                         "e:3:1: error: p\n    3 | c\n      | ^\n"
                                         "e:4:1: error: p\n    4 | d\n      | ^\n"
                                         "e:5:1: error: p\n");
}

static void
a_long_line_is_cut_around_the_caret(void **state)
{
    static const uint32_t columns[] = {1, 40, 76, 90, 400, 760, 800, 801};
    char line[801];

    (void)state;
    for (size_t i = 0; i < 800; i++)
        line[i] = (char)('a' + i % 26);
    line[800] = '\0';
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        const char *shown, *caret;

        sl_report_init(&report, &arena);
        sl_report_source(&report, "e", line, 800);
        sl_report_add(&report, SL_ERROR, at("e", 1, columns[i]), "p");
        shown = strchr(rendered(false), '\n') + 1;
        caret = strchr(shown, '\n') + 1;
        assert_true(caret - shown < 8 + 100 + 8);
        if (columns[i] <= 800)
            assert_int_equal(shown[strcspn(caret, "^")], line[columns[i] - 1]);
    }
}

static void
nearest_finds_slips(void **state)
{
    static const char *const words[] = {"lr", "epochs", "batch_size", "optimizer", "k"};
    static const struct {
        const char *word, *want;
    } cases[] = {
        {"lrate", "lr"},
        {"epoch", "epochs"},
        {"epohcs", "epochs"},
        {"batch", "batch_size"},
        {"rl", "lr"},
        {"optimiser", "optimizer"},
        {"batchsize", "batch_size"},
        {"kk", "k"},
        {"learning", NULL},
        {"xyz", NULL},
        {"Epochs", "epochs"},
        {"EPOCHS", "epochs"},
        {"BatchSize", "batch_size"},
        {"-batch-size-", "batch_size"},
        {"-", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *near = sl_nearest(cases[i].word, words, 5);

        if (!near || !cases[i].want)
            assert_ptr_equal(near, cases[i].want);
        else
            assert_string_equal(near, cases[i].want);
    }
    assert_null(sl_nearest("lr", NULL, 0));
}

static void
utf8_is_decoded_strictly(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        uint32_t character;
    } cases[] = {
        {"a", 1, 'a'},
        {"\xc3\xa9", 2, 0xe9},
        {"\xe2\x82\xac", 3, 0x20ac},
        {"\xf0\x9f\x98\x80", 4, 0x1f600},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"\xc0\xaf", 0, 0},
        {"\xe0\x80\xaf", 0, 0},
        {"\xf0\x80\x80\xaf", 0, 0},
        {"\xed\xa0\x80", 0, 0},
        {"\xf4\x90\x80\x80", 0, 0},
        {"\xf8\x88\x80\x80\x80", 0, 0},
        {"\x80", 0, 0},
        {"\xc3", 0, 0},
        {"\xe2\x82", 0, 0},
        {"\xc3(", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t c = 0;

        assert_int_equal(sl_utf8_decode(cases[i].bytes, strlen(cases[i].bytes), &c),
                         cases[i].length);
        assert_int_equal(c, cases[i].character);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_problem_has_its_line_and_a_caret),
        TEST(a_caret_may_stand_behind_a_long_line),
        TEST(problems_come_in_the_order_of_their_places),
        TEST(the_same_problem_is_told_once_with_its_notes),
        TEST(only_so_many_are_kept),
        TEST(the_status_counts_errors),
        TEST(lines_are_shown_safely),
        TEST(texts_and_names_are_shown_safely),
        TEST(every_line_break_counts),
        TEST(a_long_line_is_cut_around_the_caret),
        TEST(nearest_finds_slips),
        TEST(utf8_is_decoded_strictly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
