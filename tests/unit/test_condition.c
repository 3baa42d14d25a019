/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runner/sweep/condition.h"
#include "runner/sweep/value.h"
#include "tests/unit/sweep_desk.h"

static struct desk desk;

static int
set_up(void **state)
{
    (void)state;
    desk_open(&desk);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    desk_close(&desk);
    return 0;
}

static const struct sl_node *
find(const void *context, const char *path)
{
    return sl_value_find(context, path);
}

/* ---- what holds --------------------------------------------------------------------- */

static const char tree[] =
    "k: 2.5\nword: adam\nquoted: \"7\"\nflag: true\nnone: null\nspaced: a b\n"
    "encoder: [256, 8.0]\n"
    "train: {optimizer: {adam: {lr: 1e-3}}, layers: [{relu: {}}, dense]}\n"
    "load: {module: idx, n: 3}\n";

static const struct {
    const char *text;
    bool want;
} conditions[] = {
    {"k == 2.50", true},
    {"k != 2.5", false},
    {"k<2.5", false},
    {"k<=25e-1", true},
    {"k > 2.4999", true},
    {"k>=2.6", false},
    {"word == adam", true},
    {"word == 'adam'", true},
    {"word != Adam", true},
    {"quoted == 7", false},
    {"quoted == '7'", true},
    {"flag == true", true},
    {"flag == \"true\"", false},
    {"none == ~", true},
    {"none == null", true},
    {"spaced == \"a b\"", true},
    {"spaced == 'a b' and k == 2.5", true},
    {"encoder == [256,8]", true},
    {"encoder == [8, 256]", false},
    {"encoder.1 < 9", true},
    {"encoder.1 < encoder.0", true},
    {"encoder.0 <= encoder.1", false},
    {"k < load.n and load.n < encoder.1", true},
    {"load.n == load.n", true},
    {"load.n != encoder.1", true},
    {"k > nowhere.n", false},
    {"not k > nowhere.n", true},
    {"word == nowhere.word", false}, /* a word */
    {"word != nowhere.word", true},
    {"encoder.2 == 8", false},
    {"encoder.2 != 8", false}, /* there is none: no comparison holds */
    {"not encoder.2 == 8", true},
    {"train.optimizer == adam", true},
    {"train.optimizer != sgd", true},
    {"train.optimizer == {adam: {lr: 0.001}}", true},
    {"train.optimizer.adam.lr <= 1e-3", true},
    {"train.layers.0 == relu", true},
    {"train.layers.1 == dense", true},
    {"load == idx", true},
    {"load == npy", false},
    /* not binds closest, then and, then or */
    {"k == 1 or k == 2.5 and word == sgd", false},
    {"k == 2.5 or k == 2.5 and word == sgd", true},
    {"(k == 2.5 or k == 2.5) and word == sgd", false},
    {"not k == 1 and word == sgd", false},
    {"not (k == 1 and word == sgd)", true},
    {"not not k == 2.5", true},
    {"k == 1 or k == 2 or k == 2.5", true},
    {"((k > 2)and(word == adam))", true},
    {"word == 'it''s' or word == adam", true},
};

static void
conditions_hold_or_do_not(void **state)
{
    const struct sl_node *values = desk_parse(&desk, tree);
    struct sl_lookup lookup = {find, values};

    (void)state;
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        struct sl_node node = {.kind = SL_NODE_SCALAR, .text = conditions[i].text};
        struct sl_condition *condition;

        node.mark = (struct sl_mark){"--where", 1, 1};
        condition = sl_condition_parse(&desk.compose, &node);
        assert_string_equal(desk_report(&desk), "");
        assert_non_null(condition);
        if (sl_condition_holds(condition, lookup, &desk.report) != conditions[i].want)
            fail_msg("%s", conditions[i].text);
        assert_string_equal(desk_report(&desk), "");
    }
}

static void
a_text_has_no_order(void **state)
{
    const struct sl_node *values = desk_parse(&desk, tree);
    struct sl_lookup lookup = {find, values};
    const struct sl_node *node = desk_parse(&desk, "word > 3 or k == 2.5");
    struct sl_condition *condition = sl_condition_parse(&desk.compose, node);

    (void)state;
    assert_true(sl_condition_holds(condition, lookup, NULL));
    condition = sl_condition_parse(&desk.compose, node);
    for (int i = 0; i < 3; i++)
        assert_true(sl_condition_holds(condition, lookup, &desk.report));
    assert_int_equal(desk.report.n, 1);
    assert_non_null(strstr(desk_report(&desk),
                           "s.yaml:1:1: error: 'word' may be 'adam', which is no number "
                           "to compare with 3"));
}

static void
gather(void *context, const char *path, struct sl_mark mark)
{
    sl_text_format(context, "%s@%u ", path, (unsigned)mark.column);
}

static void
a_text_in_no_file_is_its_own_source(void **state)
{
    struct sl_node node = {.kind = SL_NODE_SCALAR, .mark = {"--where", 1, 1}};

    (void)state;
    node.text = "k > 2 und l < 3";
    assert_null(sl_condition_parse(&desk.compose, &node));
    assert_string_equal(desk_report(&desk),
                        "--where:1:7: error: expected 'and' or 'or', got 'und'\n"
                        "    1 | k > 2 und l < 3\n      |       ^~~\n");
}

static void
paths_are_visited_with_their_places(void **state)
{
    const struct sl_node *node =
        desk_parse(&desk, "w: \"a.b > 1 and not (c==d or e!=1)\"");
    struct sl_text paths = {0};

    (void)state;
    sl_condition_paths(sl_condition_parse(&desk.compose, node->first), gather, &paths);
    assert_string_equal(paths.bytes, "a.b@5 c@22 e@30 ");
    sl_text_release(&paths);
}

/* ---- what is wrong ------------------------------------------------------------------ */

static const struct {
    const char *yaml, *want; /* {w: TEXT}, and where in it what is told */
} wrong[] = {
    {"w: k", "1:5: error: expected ==, !=, <, <=, > or >= at the end of the condition"},
    {"w: k = 3", "1:6: error: expected ==, !=, <, <=, > or >=, got '='"},
    {"w: k => 3", "1:6: error: expected ==, !=, <, <=, > or >=, got '='"},
    {"w: k >", "1:7: error: expected a value at the end of the condition"},
    {"w: k > word",
     "1:8: error: expected a number or a path behind <, <=, > or >=, got 'word'"},
    {"w: k > '3'",
     "1:8: error: expected a number or a path behind <, <=, > or >=, got ''3''"},
    {"w: k > 3 4", "1:10: error: expected 'and' or 'or', got '4'"},
    {"w: k > 3 && k < 4", "1:10: error: expected 'and' or 'or', got '&&'"},
    {"w: k > 3 and", "1:13: error: expected a path at the end of the condition"},
    {"w: k > 3 and or k < 3", "1:14: error: expected a path, got 'or'"},
    {"w: (k > 3", "1:10: error: expected 'and', 'or' or ')' at the end"},
    {"w: k > 3)", "1:9: error: expected 'and' or 'or', got ')'"},
    {"w: \"(k > 3) x\"", "1:13: error: expected 'and' or 'or', got 'x'"},
    {"w: 'k > é'",
     "1:9: error: expected a number or a path behind <, <=, > or >=, got 'é'"},
    {"w: 'é == 1 and k > x'", "1:20: error: expected a number"},
    {"w: a..b == 3", "1:4: error: expected a path, got 'a..b'"},
    {"w: k == [1, 2", "1:9: error: list opened here is never closed"},
    {"w: 'k == {a: 1, a: 2}'", "1:17: error: duplicate key 'a'"},
    {"w: ''", "1:5: error: expected a path at the end of the condition"},
    {"w: [1]",
     "1:4: error: expected a condition such as \"train.epochs > 5\", got a list"},
    /* a text that does not stand in the file as it is, is told at its beginning */
    {"w: >\n  k > 3\n  and k = 4\n",
     "1:4: error: expected ==, !=, <, <=, > or >=, got '='"},
    {"w: \"k\\x20= 3\"", "1:4: error: expected ==, !=, <, <=, > or >=, got '='"},
};

static void
what_is_wrong_is_told_in_the_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct sl_node *node;
        const char *told;

        /* Each text is a source of its own. */
        desk_close(&desk);
        desk_open(&desk);
        node = desk_parse(&desk, wrong[i].yaml);
        assert_non_null(node);
        assert_null(sl_condition_parse(&desk.compose, node->first));
        told = desk_report(&desk);
        if (strncmp(told, "s.yaml:", 7) != 0 ||
            strncmp(told + 7, wrong[i].want, strlen(wrong[i].want)) != 0)
            fail_msg("%s\nnot '%s' but\n%s", wrong[i].yaml, wrong[i].want, told);
        assert_int_equal(desk.report.errors, 1);
    }
}

static void
nesting_is_limited(void **state)
{
    char deep[400] = "w: '";
    const struct sl_node *node;

    (void)state;
    memset(deep + 4, '(', 300);
    strcpy(deep + 304, "k'");
    node = desk_parse(&desk, deep);
    assert_null(sl_condition_parse(&desk.compose, node->first));
    assert_non_null(
        strstr(desk_report(&desk), "expected no more than 64 levels of 'not' and '('"));
}

/* ---- values ------------------------------------------------------------------------- */

static const struct {
    const char *a, *b;
    bool equal;
} values[] = {
    {"0.1", "0.10", true},
    {"1e2", "100", true},
    {"-0.0", "0", true},
    {"0x10", "16", true},
    {"1", "'1'", false},
    {"true", "True", true},
    {"true", "1", false},
    {"true", "'true'", false},
    {"~", "null", true},
    {"~", "''", false},
    {"no", "'no'", true},
    {"x", "y", false},
    {".nan", ".NaN", true},
    {".inf", "-.inf", false},
    {"9007199254740993", "9007199254740992", false},
    {"09007199254740993", "+9007199254740993", true},
    {"[1, [2, x]]", "[1.0, [2, \"x\"]]", true},
    {"[1, 2]", "[2, 1]", false},
    {"[1]", "1", false},
    {"[]", "{}", false},
    {"{a: 1, b: {c: 2}}", "{b: {c: 2.0}, a: 1}", true},
    {"{a: 1}", "{b: 1}", false},
    {"{a: 1, b: 2}", "{a: 2, b: 1}", false},
    {"{a: 1}", "{a: 1, b: 1}", false},
};

static void
values_compare_by_what_they_mean(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const struct sl_node *a = desk_parse(&desk, values[i].a);
        const struct sl_node *b = desk_parse(&desk, values[i].b);

        if (sl_value_equal(a, b) != values[i].equal ||
            sl_value_equal(b, a) != values[i].equal)
            fail_msg("%s, %s", values[i].a, values[i].b);
        if (values[i].equal)
            assert_true(sl_value_hash(a) == sl_value_hash(b));
        assert_true(sl_value_equal(a, a) && sl_value_equal(b, b));
    }
}

/* Not a proof, but a hash that forgets a part of a value would not pass. */
static void
hashes_of_different_values_differ(void **state)
{
    static const char *const texts[] = {
        "1",
        "2",
        "'1'",
        "x",
        "y",
        "~",
        "true",
        "false",
        "[]",
        "{}",
        "[1]",
        "[1, 2]",
        "[2, 1]",
        "[[1], 2]",
        "[1, [2]]",
        "{a: 1}",
        "{b: 1}",
        "{a: b}",
        "{b: a}",
        "{a: [1]}",
        "{a: 1, b: 2}",
        "{a: 2, b: 1}",
        "xy",
        "''",
    };
    uint64_t hashes[sizeof texts / sizeof *texts];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        hashes[i] = sl_value_hash(desk_parse(&desk, texts[i]));
        for (size_t j = 0; j < i; j++)
            assert_true(hashes[i] != hashes[j]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(conditions_hold_or_do_not),
        TEST(a_text_has_no_order),
        TEST(a_text_in_no_file_is_its_own_source),
        TEST(paths_are_visited_with_their_places),
        TEST(what_is_wrong_is_told_in_the_text),
        TEST(nesting_is_limited),
        TEST(values_compare_by_what_they_mean),
        TEST(hashes_of_different_values_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
