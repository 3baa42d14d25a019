/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/config/interpolate.h"
#include "runner/config/yaml.h"
#include "tests/unit/toolbox.h"

static struct sl_arena arena;
static struct sl_report report;
static struct sl_compose compose = {
    .arena = &arena, .report = &report, .registry = &toolbox};

static int
set_up(void **state)
{
    (void)state;
    sl_arena_init(&arena);
    sl_report_init(&report, &arena);
    setenv("SLUICE_TEST_WORD", "of mouth", 1);
    setenv("SLUICE_TEST_COUNT", "12", 1);
    setenv("SLUICE_TEST_BELL", "\a", 1);
    unsetenv("SLUICE_TEST_NONE");
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    sl_arena_release(&arena);
    return 0;
}

static struct sl_node *
made(const char *text)
{
    struct sl_interpolation interpolation;
    struct sl_node *tree;

    sl_yaml_parse("t", text, strlen(text), &arena, &report, &tree);
    assert_non_null(tree);
    sl_env_normalise(&compose, tree);
    sl_interpolation_init(&interpolation, &compose, tree);
    return sl_interpolate(&interpolation, tree);
}

/* The tree as it prints, or "LINE:COLUMN: TEXT" of the first problem. */
static const char *
shown(const char *text)
{
    struct sl_node *tree = made(text);
    struct sl_text out = {0};
    const char *copy;

    if (report.n > 0)
        sl_text_format(&out, "%u:%u: %s", (unsigned)report.problems[0].mark.line,
                       (unsigned)report.problems[0].mark.column, report.problems[0].text);
    else
        sl_node_print(tree, 0, &out);
    copy = sl_arena_string(&arena, out.bytes);
    sl_text_release(&out);
    sl_report_init(&report, &arena);
    return copy;
}

static void
what_references_stand_for(void **state)
{
    static const struct {
        const char *input, *want;
    } rows[] = {
        {"a: 5\nb: ${a}", "a: 5\nb: 5\n"},
        {"b: ${a}\na: ${c}\nc: 7", "b: 7\na: 7\nc: 7\n"},
        {"a: {b: [1, 2]}\nc: ${a.b.1}", "a:\n  b:\n    - 1\n    - 2\nc: 2\n"},
        {"a: {b: [1]}\nc: ${a}", "a:\n  b:\n    - 1\nc:\n  b:\n    - 1\n"},
        {"a: \"05\"\nb: ${a}", "a: \"05\"\nb: \"05\"\n"},
        {"a: 5\nb: \"${a}\"", "a: 5\nb: 5\n"},
        {"a: 5\nb: \"x${a}\"\nc: 1e-${a}", "a: 5\nb: x5\nc: 1e-5\n"},
        {"a: 1\nb: \"${a}${a}\"", "a: 1\nb: \"11\"\n"},
        {"a: null\nb: ${a}", "a: null\nb: null\n"},
        {"a: true\nb: ${ a }", "a: true\nb: true\n"},
        {"a: $${b}\nc: $${x} $5 $$", "a: \"${b}\"\nc: \"${x} $5 $$\"\n"},
        {"m:\n  k: 3\n  n: ${.k}\n  l:\n    - q: ${..k}\n",
         "m:\n  k: 3\n  n: 3\n  l:\n    - q: 3\n"},
        {"m:\n  k: 3\n  l:\n    - ${.k}\n", "m:\n  k: 3\n  l:\n    - 3\n"},
        {"x: {y: 1}\nz: ${x}\nw: ${z.y}", "x:\n  y: 1\nz:\n  y: 1\nw: 1\n"},
        {"x: {y: 1, v: '${.y}'}\nz: ${x}", "x:\n  y: 1\n  v: 1\nz:\n  y: 1\n  v: 1\n"},
        {"a: 3\nb: ${= 2 * a + 1}", "a: 3\nb: 7\n"},
        {"b: {n: 4, h: '${= .n / 2}'}", "b:\n  n: 4\n  h: 2\n"},
        {"a: {b.c: 1}\nd: ${a.b.c}", "a:\n  b.c: 1\nd: 1\n"},
        {"env: [SLUICE_TEST_WORD, SLUICE_TEST_COUNT]\na: ${env:SLUICE_TEST_COUNT}\n"
         "b: word ${env:SLUICE_TEST_WORD}\n",
         "a: 12\nb: word of mouth\n"},
        {"a: ${b}\nsweep: {grid: {b: ['${c}']}}\nb: 1",
         "a: 1\nsweep:\n  grid:\n    b:\n      - \"${c}\"\nb: 1\n"},
        /* mistakes */
        {"a: ${b}", "1:4: nothing sets 'b'; a default can't be referred to"},
        {"a: x ${bc}\nbd: 1", "1:6: nothing sets 'bc'; did you mean 'bd'?"},
        {"t: {epochs: 1}\na: ${t.epoch}",
         "2:4: nothing sets 't.epoch'; did you mean 't.epochs'?"},
        {"a: ${PATH}",
         "1:4: nothing sets 'PATH'; a variable of the environment is '${env:PATH}'"},
        {"a: ${a}", "1:4: a value refers to itself: a -> a"},
        {"a: ${b}\nb: ${c}\nc: ${b}", "3:4: a value refers to itself: b -> c -> b"},
        {"t:\n  x: ${t}", "2:6: a value refers to itself: t.x -> t"},
        {"t: {x: '${u}'}\nu: ['${t}']", "2:6: a value refers to itself: t.x -> u.0 -> t"},
        {"a: ${= b}\nb: x", "1:8: 'b' is no number of arithmetic: it is 'x'"},
        {"a: ${= b}\nb: \"1\"", "1:8: 'b' is no number of arithmetic: it is '1'"},
        {"a: ${= 1 +}", "1:11: expected a number, the path of one, or '('"},
        {"a: ${", "1:4: '${' without a '}'; write '$${' where a '${' is meant"},
        {"a: ${}", "1:4: '' is no path of a value"},
        {"a: ${b..c}", "1:4: 'b..c' is no path of a value"},
        {"a: ${..b}\nb: 1", "1:4: '..b' leads above the whole configuration"},
        {"a: x${b}\nb: [1]", "1:5: a list can't stand within a text"},
        {"a: x${b}\nb: ~", "1:5: '~' can't stand within a text"},
        {"a: ${env:SLUICE_TEST_WORD}",
         "1:4: no file declares 'SLUICE_TEST_WORD'; 'env: [SLUICE_TEST_WORD]' does, and "
         "has its value recorded"},
        {"env: SLUICE_TEST_NONE\na: ${env:SLUICE_TEST_NONE}",
         "2:4: the environment has no variable 'SLUICE_TEST_NONE'"},
        {"env: SLUICE_TEST_BELL\na: ${env:SLUICE_TEST_BELL}",
         "2:4: the value of 'SLUICE_TEST_BELL' is no text for a configuration"},
        {"env: [A-B]\na: 1",
         "1:7: expected names of environment variables: env: [NAME, ...]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = shown(rows[i].input);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s\n  got  %s\n  want %s", rows[i].input, got, rows[i].want);
    }
}

static void
what_was_not_changed_is_shared(void **state)
{
    static const char text[] = "a: {x: 1}\nb: {y: '${a.x}', z: {w: 2}}\n";
    struct sl_interpolation interpolation;
    struct sl_node *tree, *after;
    const struct sl_node *y;

    (void)state;
    sl_yaml_parse("t", text, strlen(text), &arena, &report, &tree);
    sl_interpolation_init(&interpolation, &compose, tree);
    after = sl_interpolate(&interpolation, tree);
    y = sl_node_get(sl_node_get(tree, "b"), "y");
    assert_string_equal(y->text, "${a.x}");
    assert_ptr_equal(sl_node_get(after, "a")->first, sl_node_get(tree, "a")->first);
    y = sl_node_get(sl_node_get(after, "b"), "y");
    assert_string_equal(y->text, "1");
    assert_string_equal(y->written, "${a.x}");
    assert_int_equal(y->mark.line, 2);
    tree = made("a: 1\nb: {c: 2}\n");
    assert_ptr_equal(sl_interpolate(&interpolation, tree), tree);
}

/* n keys, each of which refers to the next. */
static const char *
chain(size_t n, const char *format)
{
    struct sl_text text = {0};
    const char *copy;

    for (size_t i = 0; i < n; i++) {
        sl_text_format(&text, "k%zu: ", i);
        for (const char *at = format; *at; at++)
            if (*at == '#')
                sl_text_format(&text, "${k%zu}", i + 1);
            else
                sl_text_append_bytes(&text, at, 1);
        sl_text_append(&text, "\n");
    }
    sl_text_format(&text, "k%zu: [1, 2, 3]\n", n);
    copy = sl_arena_string(&arena, text.bytes);
    sl_text_release(&text);
    return copy;
}

/* From the end of the longest chain that there may be a value that is done is followed,
 * and no other. */
static void
the_longest_chain_ends(void **state)
{
    char text[2400] = "k100: 7\n";

    (void)state;
    for (int i = 0; i < 100; i++)
        sprintf(text + strlen(text), "a%d: ${a%d}\n", i, i + 1);
    strcat(text, "a100: ${k100}\n");
    assert_null(strstr(shown(text), "references"));
    text[0] = 'j';
    strcat(text, "k100: 7\n");
    assert_non_null(strstr(shown(text), "more than 100 references"));
}

static void
expansion_is_bounded(void **state)
{
    (void)state;
    assert_non_null(strstr(shown(chain(5000, "#")), "more than 100 references"));
    assert_non_null(strstr(shown(chain(60, "['#', '#']")), "exceeds 10000 nodes"));
    assert_non_null(strstr(shown(chain(99, "['#']")), "nesting deeper than 64"));
    assert_non_null(
        strstr(shown("k: 0123456789\na: \"${k}${k}${k}${k}${k}${k}${k}${k}\"\n"
                     "b: \"${a}${a}${a}${a}${a}${a}${a}${a}\"\n"
                     "c: \"${b}${b}${b}${b}${b}${b}${b}${b}\"\n"
                     "d: \"${c}${c}${c}${c}${c}${c}${c}${c}\"\n"
                     "e: \"${d}${d}${d}${d}${d}${d}${d}${d}\"\n"),
               "too long a text"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_references_stand_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_not_changed_is_shared, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_longest_chain_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(expansion_is_bounded, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
