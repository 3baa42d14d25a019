/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runner/config/node.h"
#include "runner/config/report.h"
#include "runner/config/yaml.h"

static struct sl_arena arena;

static int
set_up(void **state)
{
    (void)state;
    sl_arena_init(&arena);
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
parse(const char *text)
{
    struct sl_report report;
    struct sl_node *node;

    sl_report_init(&report, &arena);
    sl_yaml_parse("test", text, strlen(text), &arena, &report, &node);
    assert_int_equal(report.errors, 0);
    assert_non_null(node);
    return node;
}

static struct sl_node *
scalar(const char *text, bool quoted)
{
    struct sl_node *node = sl_node_new(&arena, SL_NODE_SCALAR, (struct sl_mark){0});

    node->text = text;
    node->quoted = quoted;
    return node;
}

static void
children_are_kept_in_order(void **state)
{
    struct sl_node *map = parse("{a: 1, b: [2, 3], c: {d: 4}}");

    (void)state;
    assert_int_equal(map->count, 3);
    assert_string_equal(sl_node_get(map, "b")->last->text, "3");
    assert_string_equal(sl_node_get(sl_node_get(map, "c"), "d")->text, "4");
    assert_null(sl_node_get(map, "d"));
    assert_null(sl_node_get(NULL, "a"));
    assert_null(sl_node_get(sl_node_get(map, "a"), "a"));
}

static void
any_child_can_be_removed(void **state)
{
    static const char *const keys[] = {"a", "b", "c"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct sl_node *map = parse("{a: 1, b: 2, c: 3}");

        sl_node_remove(map, keys[i]);
        sl_node_remove(map, "z");
        assert_int_equal(map->count, 2);
        assert_null(sl_node_get(map, keys[i]));
        assert_non_null(sl_node_get(map, keys[(i + 1) % 3]));
        sl_node_append(map, sl_node_get(parse("{x: 9}"), "x"));
        assert_string_equal(map->last->text, "9");
        assert_string_equal(sl_node_get(map, "x")->text, "9");
    }
}

static void
a_copy_shares_nothing(void **state)
{
    struct sl_node *map = parse("{a: {b: 1}, c: 2}");
    struct sl_node *copy = sl_node_copy(&arena, map);

    (void)state;
    sl_node_remove(sl_node_get(map, "a"), "b");
    assert_string_equal(sl_node_get(sl_node_get(copy, "a"), "b")->text, "1");
    assert_int_equal(copy->count, 2);
}

static void
the_core_schema_types_scalars(void **state)
{
    static const struct {
        const char *text;
        bool is_number;
        double number;
    } cases[] = {
        {"0", true, 0},       {"-12", true, -12},       {"+1", true, 1},
        {"1e-3", true, 1e-3}, {"1.e-3", true, 1e-3},    {".5", true, 0.5},
        {"1E5", true, 1e5},   {"0x1F", true, 31},       {"0o17", true, 15},
        {"010", true, 10},    {".inf", true, HUGE_VAL}, {"-.Inf", true, -HUGE_VAL},
        {"0.1x", false, 0},   {"1,5", false, 0},        {"nan", false, 0},
        {"1_000", false, 0},  {"0x", false, 0},         {"0o8", false, 0},
        {"0x1p-3", false, 0}, {".", false, 0},          {"1e", false, 0},
        {"e5", false, 0},     {"+", false, 0},          {"", false, 0},
        {"no", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double number = 77;
        bool is_number = sl_node_double(scalar(cases[i].text, false), &number);

        assert_int_equal(is_number, cases[i].is_number);
        assert_true(number == (cases[i].is_number ? cases[i].number : 77));
        assert_false(sl_node_double(scalar(cases[i].text, true), &number));
    }
}

static void
bools_and_nulls_are_few(void **state)
{
    bool flag = false;

    (void)state;
    assert_true(sl_node_bool(scalar("True", false), &flag));
    assert_true(flag);
    assert_true(sl_node_bool(scalar("false", false), &flag));
    assert_false(flag);
    assert_false(sl_node_bool(scalar("no", false), &flag));
    assert_false(sl_node_bool(scalar("true", true), &flag));
    assert_true(sl_node_is_null(scalar("", false)));
    assert_true(sl_node_is_null(scalar("~", false)));
    assert_false(sl_node_is_null(scalar("", true)));
    assert_false(sl_node_is_null(scalar("none", false)));
    assert_false(sl_node_is_null(parse("[]")));
}

static void
a_node_is_told_in_a_word(void **state)
{
    static const char long_text[] =
        "0123456789012345678901234567890123456789012345678901234567\xc3\xa9 and more";
    char text[100];

    (void)state;
    assert_string_equal(sl_node_say(parse("[1]"), text, sizeof text), "a list");
    assert_string_equal(sl_node_say(parse("{}"), text, sizeof text), "a mapping");
    assert_string_equal(sl_node_say(scalar("x y", false), text, sizeof text), "'x y'");
    assert_string_equal(sl_node_say(scalar("", false), text, sizeof text), "nothing");
    assert_string_equal(sl_node_say(scalar("", true), text, sizeof text), "''");
    assert_string_equal(
        sl_node_say(scalar(long_text, false), text, sizeof text),
        "'0123456789012345678901234567890123456789012345678901234567\xc3\xa9...'");
    assert_string_equal(sl_node_hint(scalar("lr:0.1", false)),
                        "; is a space missing after ':'?");
    assert_string_equal(sl_node_hint(scalar("lr:0.1", true)), "");
    assert_string_equal(sl_node_hint(parse("{lr: 0.1}")), "");
}

/* Whether two trees say the same; quotes that change nothing are not looked at. */
static bool
is_same(const struct sl_node *a, const struct sl_node *b)
{
    double x = 0, y = 0;

    if (a->kind != b->kind || a->count != b->count ||
        sl_node_is_null(a) != sl_node_is_null(b) ||
        sl_node_double(a, &x) != sl_node_double(b, &y) || x != y)
        return false;
    if (!sl_node_is_null(a) && strcmp(a->text, b->text) != 0)
        return false;
    for (a = a->first, b = b->first; a; a = a->next, b = b->next)
        if (strcmp(a->key ? a->key : "", b->key ? b->key : "") != 0 || !is_same(a, b))
            return false;
    return true;
}

static void
what_is_printed_reads_back(void **state)
{
    static const char *const cases[] = {
        "x",
        "[]",
        "{a: 1, b: {c: [1, 2.5, .inf], d: {}}, e: [], f: , g: ~}",
        "[[1, 2], [[3], [4, [5]]], {a: [b, {c: d}], e: f}, {}, []]",
        "{no: 'no', 'null': 'null', '1': '1e3', a: ''}",
        "a: |\n  two lines\n  of text\nb: \"tab\\there \\\\ \\\" quoted\"",
        "{a: 'x: y', b: '# no comment', c: ' led', d: 'trailed ', e: '- x', f: '*x'}",
        "{caf\xc3\xa9: na\xc3\xafve, '%x': '@', p: ../x/y.yaml, q: ./z, r: ..., s: --- }",
        "{a: 1_000, b: 12:30, c: 0x1F, d: '0o17', e: 'a, b', f: '[a', g: '{b'}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_text out = {0}, again = {0};
        const struct sl_node *tree = parse(cases[i]), *back;

        sl_node_print(tree, 0, &out);
        back = parse(sl_arena_string(&arena, out.bytes));
        assert_true(is_same(tree, back));
        sl_node_print(back, 0, &again);
        assert_string_equal(out.bytes, again.bytes);
        sl_text_release(&out);
        sl_text_release(&again);
    }
}

static void
a_tree_is_printed_in_blocks(void **state)
{
    struct sl_text out = {0};

    (void)state;
    sl_text_append(&out, "  key:");
    sl_node_print(parse("{a: [1, {b: 2, c: 3}, [4]], d: 'no'}"), 4, &out);
    assert_string_equal(out.bytes, "  key:\n"
                                   "    a:\n"
                                   "      - 1\n"
                                   "      - b: 2\n"
                                   "        c: 3\n"
                                   "      - - 4\n"
                                   "    d: \"no\"\n");
    sl_text_clear(&out);
    sl_text_append(&out, "key:");
    sl_node_print(parse("4"), 2, &out);
    assert_string_equal(out.bytes, "key: 4\n");
    sl_text_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_are_kept_in_order),
        cmocka_unit_test(any_child_can_be_removed),
        cmocka_unit_test(a_copy_shares_nothing),
        cmocka_unit_test(the_core_schema_types_scalars),
        cmocka_unit_test(bools_and_nulls_are_few),
        cmocka_unit_test(a_node_is_told_in_a_word),
        cmocka_unit_test(what_is_printed_reads_back),
        cmocka_unit_test(a_tree_is_printed_in_blocks),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
