/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runner/config/override.h"
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

static const char *
line(const struct sl_node *node)
{
    sl_text_clear(&desk.out);
    sl_value_print(node, &desk.out);
    return desk.out.bytes;
}

/* The only point of {list: [POINT]}. */
static struct sl_point
point_of(const char *point)
{
    const char *block = sl_arena_format(&desk.arena, "list: [%s]", point);
    struct sl_sweep sweep = desk_sweep(&desk, block, NULL, 0);

    assert_int_equal(desk.report.errors, 0);
    assert_int_equal(sweep.n, 1);
    return sweep.points[0];
}

/* ---- applying ----------------------------------------------------------------------- */

/* drill, saw and rest are rivals: optimizers of the toolbox. */
static const char base[] =
    "{k: 3, t: {module: m, tool: {drill: {speed: 30, torque: 2}}, e: [16, {a: 1}, 4], "
    "deep: {x: {y: 1, z: 2}, w: 7}}, spare: saw, other: {p: 1}}";

static const struct {
    const char *point, *want;
} points[] = {
    {"{}", base},
    {"{k: 2.5}",
     "{k: 2.5, t: {module: m, tool: {drill: {speed: 30, torque: 2}}, e: [16, {a: 1}, 4], "
     "deep: {x: {y: 1, z: 2}, w: 7}}, spare: saw, other: {p: 1}}"},
    /* lists are replaced, their entries set one by one */
    {"{t.e: [8]}", "{k: 3, t: {module: m, tool: {drill: {speed: 30, torque: 2}}, e: [8], "
                   "deep: {x: {y: 1, z: 2}, w: 7}}, spare: saw, other: {p: 1}}"},
    {"{t.e.1.a: 9, t.e.2: [5]}",
     "{k: 3, t: {module: m, tool: {drill: {speed: 30, torque: 2}}, e: [16, {a: 9}, [5]], "
     "deep: {x: {y: 1, z: 2}, w: 7}}, spare: saw, other: {p: 1}}"},
    /* mappings are merged */
    {"{t.deep: {x: {z: 5}, v: 1}}",
     "{k: 3, t: {module: m, tool: {drill: {speed: 30, torque: 2}}, e: [16, {a: 1}, 4], "
     "deep: {x: {y: 1, z: 5}, w: 7, v: 1}}, spare: saw, other: {p: 1}}"},
    /* choices are replaced when their name changes, and merged when it stays */
    {"{t.tool: {saw: {grain: fine}}}",
     "{k: 3, t: {module: m, tool: {saw: {grain: fine}}, e: [16, {a: 1}, 4], "
     "deep: {x: {y: 1, z: 2}, w: 7}}, spare: saw, other: {p: 1}}"},
    {"{t.tool.saw.grain: fine}",
     "{k: 3, t: {module: m, tool: {saw: {grain: fine}}, e: [16, {a: 1}, 4], "
     "deep: {x: {y: 1, z: 2}, w: 7}}, spare: saw, other: {p: 1}}"},
    {"{t.tool: {drill: {speed: 5}}}",
     "{k: 3, t: {module: m, tool: {drill: {speed: 5, torque: 2}}, e: [16, {a: 1}, 4], "
     "deep: {x: {y: 1, z: 2}, w: 7}}, spare: saw, other: {p: 1}}"},
    {"{t.tool: drill}", base},
    {"{t.tool: rest}", "{k: 3, t: {module: m, tool: rest, e: [16, {a: 1}, 4], "
                       "deep: {x: {y: 1, z: 2}, w: 7}}, spare: saw, other: {p: 1}}"},
    {"{t.module: n}", "{k: 3, t: {module: n}, spare: saw, other: {p: 1}}"},
    /* a module first, a subtree before what is set within it */
    {"{t.q: 4, t.module: n}", "{k: 3, t: {module: n, q: 4}, spare: saw, other: {p: 1}}"},
    {"{t.deep.x.y: 8, t.deep: {x: {y: 5, z: 6}}}",
     "{k: 3, t: {module: m, tool: {drill: {speed: 30, torque: 2}}, e: [16, {a: 1}, 4], "
     "deep: {x: {y: 8, z: 6}, w: 7}}, spare: saw, other: {p: 1}}"},
    {"{t.tool: {saw: {}}, t.tool.saw.grain: fine}",
     "{k: 3, t: {module: m, tool: {saw: {grain: fine}}, e: [16, {a: 1}, 4], "
     "deep: {x: {y: 1, z: 2}, w: 7}}, spare: saw, other: {p: 1}}"},
    /* what is not there is made on the way, through a word as well */
    {"{new.a.b: 1, spare.saw.grain: fine}",
     "{k: 3, t: {module: m, tool: {drill: {speed: 30, torque: 2}}, e: [16, {a: 1}, 4], "
     "deep: {x: {y: 1, z: 2}, w: 7}}, spare: {saw: {grain: fine}}, other: {p: 1}, "
     "new: {a: {b: 1}}}"},
    /* files of groups are chosen by composition */
    {"{use.tool: saw, k: 1}",
     "{k: 1, t: {module: m, tool: {drill: {speed: 30, torque: 2}}, e: [16, {a: 1}, 4], "
     "deep: {x: {y: 1, z: 2}, w: 7}}, spare: saw, other: {p: 1}}"},
};

static void
points_are_applied_to_a_tree_that_stays(void **state)
{
    const struct sl_node *tree = desk_parse(&desk, base);

    (void)state;
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        struct sl_point point = point_of(points[i].point);
        const struct sl_node *changed = sl_point_apply(&desk.compose, tree, &point);

        assert_string_equal(line(changed), points[i].want);
        assert_string_equal(line(tree), base);
        /* nor do a point's own values change */
        changed = sl_point_apply(&desk.compose, tree, &point);
        assert_string_equal(line(changed), points[i].want);
    }
}

/* What words of the command line do to a tree, a point does. */
static void
points_are_what_overrides_are(void **state)
{
    static const char *const words[] = {"t.e.1.a=9", "t.tool={saw: {grain: fine}}",
                                        "t.deep={x: {z: 5}}", "n.m=[1]"};
    struct sl_point point = point_of("{t.e.1.a: 9, t.tool: {saw: {grain: fine}}, t.deep: "
                                     "{x: {z: 5}}, n.m: [1]}");
    const struct sl_node *changed =
        sl_point_apply(&desk.compose, desk_parse(&desk, base), &point);
    struct sl_override overrides[4];
    char want[400];

    (void)state;
    assert_int_equal(sl_overrides_parse(&desk.compose, words, 4, overrides), 4);
    snprintf(
        want, sizeof want, "%s",
        line(sl_overrides_apply(&desk.compose, desk_parse(&desk, base), overrides, 4)));
    assert_string_equal(line(changed), want);
}

static void
what_a_point_does_not_touch_is_shared(void **state)
{
    const struct sl_node *tree = desk_parse(&desk, base);
    struct sl_point point = point_of("{t.deep.x.y: 8}");
    const struct sl_node *changed = sl_point_apply(&desk.compose, tree, &point);

    (void)state;
    assert_ptr_equal(sl_node_get(sl_node_get(changed, "t"), "tool")->first,
                     sl_node_get(sl_node_get(tree, "t"), "tool")->first);
    assert_ptr_equal(sl_node_get(changed, "other")->first,
                     sl_node_get(tree, "other")->first);
    assert_ptr_not_equal(changed->first, tree->first);
}

/* The place of the sweep is told, and what it replaced is known. */
static void
a_wrong_path_is_told_where_the_sweep_says_it(void **state)
{
    const struct sl_node *tree = desk_parse(&desk, base);
    struct sl_point point = point_of("{t.e.7: 8}");

    (void)state;
    sl_point_apply(&desk.compose, tree, &point);
    assert_non_null(
        strstr(desk_report(&desk), "s.yaml:1:13: error: no entry '7' in a list of 3"));
    point = point_of("{k: 8}");
    tree = sl_point_apply(&desk.compose, tree, &point);
    assert_int_equal(tree->first->mark.column, 12);
    assert_string_equal(tree->first->was->text, "3");
}

static void
choices_of_group_files_are_words(void **state)
{
    struct sl_point point = point_of("{use.model: vae, k: 3, use.data: mnist-2}");
    const char *const *words;

    (void)state;
    assert_int_equal(sl_point_uses(&point, &desk.arena, &words), 2);
    assert_string_equal(words[0], "use.model=vae");
    assert_string_equal(words[1], "use.data=mnist-2");
}

/* ---- labels and texts --------------------------------------------------------------- */

static const struct {
    const char *point, *want;
} labels[] = {
    {"{}", ""},
    {"{calibrate.k: 2.5, train.encoder: [256, 128, 8]}", "k=2.5,encoder=256.128.8"},
    {"{train.lr: 1e-3, note: 'a/b: c'}", "lr=1e-3,note=a-b--c"},
    {"{o.adam.lr: 0.1, o.sgd.lr: 0.2}", "adam.lr=0.1,sgd.lr=0.2"},
    {"{lr: 1, a.lr: 2}", "lr=1,a.lr=2"},
    {"{o: {adam: {lr: 0.1}}, p: [], q: ~, r: {}}", "o=adam.lr.0.1,p=none,q=null,r=none"},
    {"{use.model: vae}", "model=vae"},
    {"{a: ../../x, b: -3}", "a=..-..-x,b=-3"},
    {"{a: 'ü'}", "a=--"},
    {"{abcdefghijklmnop: 12345678901234567890, abcdefghijklmnopqrs: 1234567890123456789}",
     "abcdefghijklmnop=12345678901234567890,abcdefghijklmnopqrs=1234567890123456789"},
    {"{abcdefghijklmnop: 12345678901234567890, abcdefghijklmnopqrs: "
     "1234567890123456789012345}",
     "point-12"},
};

static void
labels_fit_a_file_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        struct sl_point point = point_of(labels[i].point);
        const char *label = sl_point_label(&point, 12, &desk.arena);

        assert_string_equal(label, labels[i].want);
        assert_true(strlen(label) <= 80);
    }
}

static void
texts_read_back_as_the_value(void **state)
{
    static const char *const values[] = {
        "1e-3", "0x1F", "no", "\"1\"", "'a, b'", "[1, [x, \"~\"]]", "{a: {b c: [no]}}",
        "''",   "~",    "[]", "{}",    "true",   "\"\\t\\\"\"",     "'#x'",
    };

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct sl_point point =
            point_of(sl_arena_format(&desk.arena, "{a.b: %s}", values[i]));
        const char *text = sl_point_text(&point, "a.b", &desk.arena);

        assert_non_null(text);
        assert_null(strchr(text, '\n'));
        assert_true(sl_value_equal(desk_parse(&desk, text), point.at[0].value));
        assert_null(sl_point_text(&point, "a", &desk.arena));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(points_are_applied_to_a_tree_that_stays),
        TEST(points_are_what_overrides_are),
        TEST(what_a_point_does_not_touch_is_shared),
        TEST(a_wrong_path_is_told_where_the_sweep_says_it),
        TEST(choices_of_group_files_are_words),
        TEST(labels_fit_a_file_name),
        TEST(texts_read_back_as_the_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
