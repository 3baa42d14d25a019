/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/config/compose.h"
#include "runner/config/yaml.h"
#include "tests/unit/toolbox.h"

/* Each test works in a folder of its own, with a configs folder elsewhere on the search
 * path. */
static struct sl_arena arena;
static struct sl_report report;
static struct sl_text out;
static char folder[64], before[4096];

static int
set_up(void **state)
{
    (void)state;
    sl_arena_init(&arena);
    strcpy(folder, "/tmp/sluice-compose-XXXXXX");
    if (!getcwd(before, sizeof before) || !mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    mkdir("configs", 0777);
    mkdir("configs/tool", 0777);
    mkdir("installed", 0777);
    mkdir("installed/tool", 0777);
    mkdir("lab", 0777);
    return 0;
}

static int
tear_down(void **state)
{
    char command[100];

    (void)state;
    sl_text_release(&out);
    sl_arena_release(&arena);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return chdir(before) != 0 || system(command) != 0;
}

static void
file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static struct sl_node *
compose_with(const char *path, const char *const *words, size_t n)
{
    static const char *const search[] = {"installed", NULL};
    struct sl_compose compose = {
        .arena = &arena, .report = &report, .registry = &toolbox, .search = search};
    struct sl_node *tree = NULL;
    struct sl_error err = {0};

    sl_report_init(&report, &arena);
    assert_int_equal(sl_compose(&compose, path, words, n, &tree, &err), SL_OK);
    return tree;
}

/* The tree as text; what is in the report is none, or it is the text instead. */
static const char *
composed_with(const char *path, const char *const *words, size_t n)
{
    struct sl_node *tree = compose_with(path, words, n);

    sl_text_clear(&out);
    sl_text_append(&out, "");
    if (report.n > 0)
        sl_report_render(&report, false, &out);
    else
        sl_node_print(tree, 0, &out);
    return out.bytes;
}

static const char *
composed(const char *path)
{
    return composed_with(path, NULL, 0);
}

#define OVERRIDDEN(path, ...)                                                            \
    composed_with(path, (const char *const[]){__VA_ARGS__},                              \
                  sizeof(const char *[]){__VA_ARGS__} / sizeof(const char *))

static void
parts_merge_in_order_and_the_file_wins(void **state)
{
    (void)state;
    file("lab/a.yaml", "x: {p: 1, q: [1, 2], r: 3}\ny: 1\n");
    file("lab/b.yaml", "x: {q: [5], s: 4}\nz: 1\n");
    file("lab/e.yaml", "use: [a.yaml, b.yaml]\nx: {r: 7}\nw: 0\n");
    assert_string_equal(composed("lab/e.yaml"),
                        "x:\n  p: 1\n  q:\n    - 5\n  r: 7\n  s: 4\ny: 1\nz: 1\nw: 0\n");
}

static void
a_node_knows_what_it_replaced(void **state)
{
    const struct sl_node *tree, *r;

    (void)state;
    file("lab/a.yaml", "x: {r: 3}\n");
    file("lab/e.yaml", "use: a.yaml\nx: {r: 7}\n");
    tree = compose_with("lab/e.yaml", NULL, 0);
    r = sl_node_get(sl_node_get(tree, "x"), "r");
    assert_string_equal(r->mark.file, "lab/e.yaml");
    assert_non_null(r->was);
    assert_string_equal(r->was->mark.file, "lab/a.yaml");
    assert_int_equal(r->was->mark.column, 8);
    assert_null(sl_node_get(tree, "x")->was);
}

/* "e.yaml:2 b.yaml:1": where a value was set, the latest first. */
static const char *
history(const struct sl_node *node)
{
    sl_text_clear(&out);
    for (; node; node = node->was)
        sl_text_format(&out, "%s%s:%u", out.count ? " " : "", node->mark.file,
                       (unsigned)node->mark.line);
    return out.bytes;
}

static void
a_node_knows_all_that_were_replaced(void **state)
{
    const struct sl_node *tree, *x;

    (void)state;
    file("a.yaml", "x: {r: 3, s: 1}\n");
    file("b.yaml", "base: &b {r: 4}\nx:\n  <<: *b\n  r: 5\n");
    file("c.yaml", "use: [b.yaml]\nx: {r: 6}\n");
    file("e.yaml", "use: [a.yaml, c.yaml]\nz: 1\nx: {r: 7}\n");
    tree = compose_with("e.yaml", (const char *[]){"x.r=8", "x.r=9"}, 2);
    x = sl_node_get(tree, "x");
    assert_string_equal(history(sl_node_get(x, "r")),
                        "command line:2 command line:1 e.yaml:3 c.yaml:2 b.yaml:4 "
                        "b.yaml:1 a.yaml:1");
    assert_string_equal(history(sl_node_get(x, "s")), "a.yaml:1");
    assert_string_equal(history(x), "e.yaml:3");
}

static void
tags_replace_and_delete(void **state)
{
    (void)state;
    file("a.yaml", "x: {p: 1, q: 2}\ny: {r: 3}\nz: {drill: {speed: 1, torque: 2}}\n");
    file("e.yaml", "use: [a.yaml]\nx: !replace {p: 5}\ny: !delete\n"
                   "z: {drill: !replace {speed: 4}}\n");
    assert_string_equal(composed("e.yaml"), "x:\n  p: 5\nz:\n  drill:\n    speed: 4\n");
    file("e.yaml", "use: [a.yaml]\nx: {q: !delete }\nz: !replace drill\n");
    assert_string_equal(composed("e.yaml"), "x:\n  p: 1\ny:\n  r: 3\nz: drill\n");
    assert_string_equal(OVERRIDDEN("e.yaml", "y=!delete", "x=!replace {s: 1}"),
                        "x:\n  s: 1\nz: drill\n");
    /* what a part replaces, it replaces in what was used before it as well */
    file("c.yaml", "x: !replace {w: 1}\n");
    file("e.yaml", "use: [a.yaml, c.yaml]\ny: !delete\nz: !delete\n");
    assert_string_equal(composed("e.yaml"), "x:\n  w: 1\n");
    file("e.yaml", "use: [a.yaml]\nx: {n: !delete }\n");
    assert_non_null(strstr(composed("e.yaml"), "e.yaml:2:5: error: 'n' is not there"));
    file("e.yaml", "x: [!delete ]\ny: !delete 5\n");
    assert_non_null(strstr(composed("e.yaml"), "2:4: error: !delete stands alone"));
    file("e.yaml", "x: [!delete ]\n");
    assert_non_null(strstr(composed("e.yaml"), "!delete takes keys of a mapping away"));
}

static void
what_lies_outside_is_not_used(void **state)
{
    const char *text;

    (void)state;
    mkdir("a", 0777);
    mkdir("a/b", 0777);
    file("top.yaml", "x: 1\n");
    file("a/up.yaml", "use: ../../../../../../../etc/hostname\n");
    file("a/e.yaml", "use: up.yaml\n");
    text = composed("a/e.yaml");
    assert_non_null(strstr(text, "a/up.yaml:1:6: error: "));
    assert_non_null(strstr(text, "outside the folders that files are used from: a/e.yaml "
                                 "-> a/up.yaml -> "));
    file("a/e.yaml", "use: /etc/hostname\n");
    assert_non_null(strstr(composed("a/e.yaml"), "lies outside"));
    /* up to where the configs folder lies, from wherever one works */
    file("a/b/e.yaml", "use: ../../top.yaml\n");
    assert_int_equal(chdir("a/b"), 0);
    assert_string_equal(composed("e.yaml"), "x: 1\n");
    assert_int_equal(chdir("../.."), 0);
}

static void
the_environment_is_declared_by_any_file(void **state)
{
    (void)state;
    file("a.yaml", "env: [A, B]\nx: 1\n");
    file("e.yaml", "use: a.yaml\nenv: C\n");
    assert_string_equal(composed("e.yaml"), "x: 1\nenv:\n  A: A\n  B: B\n  C: C\n");
    assert_non_null(strstr(OVERRIDDEN("e.yaml", "env=[D]"), "'env' is for files"));
}

static void
a_part_is_sought_beside_then_here_then_on_the_path(void **state)
{
    (void)state;
    file("installed/p.yaml", "from: installed\n");
    file("lab/e.yaml", "use: p.yaml\n");
    assert_string_equal(composed("lab/e.yaml"), "from: installed\n");
    file("p.yaml", "from: here\n");
    assert_string_equal(composed("lab/e.yaml"), "from: here\n");
    file("lab/p.yaml", "from: beside\n");
    assert_string_equal(composed("lab/e.yaml"), "from: beside\n");

    file("installed/tool/t.yaml", "tool: installed\n");
    file("lab/e.yaml", "use: [configs/tool/t.yaml]\n");
    assert_string_equal(composed("lab/e.yaml"), "tool: installed\n");
    file("lab/e.yaml", "use: {tool: t}\n");
    assert_string_equal(composed("lab/e.yaml"), "tool: installed\n");
    file("configs/tool/t.yaml", "tool: here\n");
    assert_string_equal(composed("lab/e.yaml"), "tool: here\n");
}

static void
a_group_can_be_swapped(void **state)
{
    (void)state;
    file("configs/tool/one.yaml", "t: {module: one, a: 1}\n");
    file("configs/tool/two.yaml", "t: {module: two, b: 2}\n");
    file("lab/part.yaml", "use: [tool: one]\nv: 1\n");
    file("lab/e.yaml", "use: [part.yaml]\nt: {c: 3}\n");
    assert_string_equal(OVERRIDDEN("lab/e.yaml", "use.tool=two"),
                        "t:\n  module: two\n  b: 2\n  c: 3\nv: 1\n");
    assert_string_equal(OVERRIDDEN("lab/e.yaml", "~use.tool"), "v: 1\nt:\n  c: 3\n");
    assert_string_equal(
        OVERRIDDEN("lab/e.yaml", "use.tool=tow"),
        "command line:1:10: error: no 'tow' in group 'tool'; did you mean "
        "'two'?\n"
        "    1 | use.tool=tow\n"
        "      |          ^~~\n");
    assert_string_equal(OVERRIDDEN("lab/e.yaml", "use.saw=x"),
                        "command line:1:1: error: no group 'saw' is used; the groups are "
                        "tool\n"
                        "    1 | use.saw=x\n"
                        "      | ^~~~~~~\n");
}

/* What file a and the file over it come to. */
static const struct {
    const char *base, *over, *want;
} merges[] = {
    /* module: replaced whole when it changes, merged when it stays */
    {"t: {module: a, x: 1}", "t: {module: b, y: 2}", "t:\n  module: b\n  y: 2\n"},
    {"t: {module: a, x: 1}", "t: {module: a, y: 2}", "t:\n  module: a\n  x: 1\n  y: 2\n"},
    {"t: {module: a, x: 1}", "t: {y: 2}", "t:\n  module: a\n  x: 1\n  y: 2\n"},
    {"t: {x: 1}", "t: {module: b, y: 2}", "t:\n  x: 1\n  module: b\n  y: 2\n"},
    /* names of one table */
    {"t: {drill: {speed: 1}}", "t: {saw: {grain: fine}}",
     "t:\n  saw:\n    grain: fine\n"},
    {"t: {drill: {speed: 1}}", "t: {drill: {torque: 2}}",
     "t:\n  drill:\n    speed: 1\n    torque: 2\n"},
    {"t: {drill: {speed: 1}}", "t: saw", "t: saw\n"},
    {"t: {drill: {speed: 1}}", "t: drill", "t:\n  drill:\n    speed: 1\n"},
    {"t: drill", "t: {drill: {speed: 1}}", "t:\n  drill:\n    speed: 1\n"},
    {"t: saw", "t: {drill: {speed: 1}}", "t:\n  drill:\n    speed: 1\n"},
    /* saw and plank are of two tables, so this is no choice */
    {"t: {saw: {a: 1}}", "t: {plank: {b: 1}}",
     "t:\n  saw:\n    a: 1\n  plank:\n    b: 1\n"},
    {"t: {p: {a: 1}}", "t: {q: {b: 1}}", "t:\n  p:\n    a: 1\n  q:\n    b: 1\n"},
    /* kinds that differ */
    {"t: [1, 2]", "t: {a: 1}", "t:\n  a: 1\n"},
    {"t: {a: 1}", "t: [1]", "t:\n  - 1\n"},
    {"t: {a: 1}", "t: null", "t: null\n"},
};

static void
choices_are_replaced_whole_when_they_change(void **state)
{
    (void)state;
    file("lab/e.yaml", "use: [a.yaml, b.yaml]\n");
    for (size_t i = 0; i < sizeof merges / sizeof *merges; i++) {
        file("lab/a.yaml", merges[i].base);
        file("lab/b.yaml", merges[i].over);
        assert_string_equal(composed("lab/e.yaml"), merges[i].want);
    }
}

/* What a word of the command line makes of a file. */
static const char overridden[] =
    "t: {module: a, n: 1, list: [4, {p: 5}, 6], tool: drill}\n"
    "sweep: {grid: {t.n: [1, 2]}}\n";
static const struct {
    const char *word, *want;
} overrides[] = {
    {"t.n=3", "t:\n  module: a\n  n: 3\n  list:\n    - 4\n    - p: 5\n    - 6\n"
              "  tool: drill\nsweep:\n  grid:\n    t.n:\n      - 1\n      - 2\n"},
    {"t={module: b, k: 1}",
     "t:\n  module: b\n  k: 1\nsweep:\n  grid:\n    t.n:\n      - 1\n      - 2\n"},
    {"t.module=b", "t:\n  module: b\nsweep:\n  grid:\n    t.n:\n      - 1\n      - 2\n"},
    {"sweep.grid.t.n=[9]", "t:\n  module: a\n  n: 1\n  list:\n    - 4\n    - p: 5\n    - "
                           "6\n  tool: drill\nsweep:\n  grid:\n    t.n:\n      - 9\n"},
    {"~sweep", "t:\n  module: a\n  n: 1\n  list:\n    - 4\n    - p: 5\n    - 6\n"
               "  tool: drill\n"},
};

static void
words_change_the_tree(void **state)
{
    (void)state;
    file("e.yaml", overridden);
    for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++)
        assert_string_equal(OVERRIDDEN("e.yaml", overrides[i].word), overrides[i].want);

    file("e.yaml", "t: {list: [4, {p: 5}, 6], tool: drill}\n");
    assert_string_equal(
        OVERRIDDEN("e.yaml", "t.list.1.p=7", "t.list.0=x", "~t.list.2",
                   "t.tool.drill.speed=3", "+a.b.c=\"q\"", "t.s="),
        "t:\n  list:\n    - x\n    - p: 7\n  tool:\n    drill:\n      speed: 3\n"
        "  s: null\na:\n  b:\n    c: q\n");
}

static void
a_module_is_chosen_before_its_fields(void **state)
{
    (void)state;
    file("e.yaml", "t: {module: a, n: 1}\n");
    assert_string_equal(OVERRIDDEN("e.yaml", "t.k=2", "t.module=b"),
                        "t:\n  module: b\n  k: 2\n");
}

static void
a_mapping_keeps_its_place_when_a_word_goes_in(void **state)
{
    const struct sl_node *tree, *n;

    (void)state;
    file("e.yaml", "\nt: {n: 1}\n");
    tree = compose_with("e.yaml", (const char *const[]){"x=1", "t.n=2"}, 2);
    assert_string_equal(tree->mark.file, "e.yaml");
    assert_string_equal(sl_node_get(tree, "t")->mark.file, "e.yaml");
    assert_int_equal(sl_node_get(tree, "t")->mark.line, 2);
    n = sl_node_get(sl_node_get(tree, "t"), "n");
    assert_string_equal(n->mark.file, "command line");
    assert_int_equal(n->mark.line, 2);
    assert_int_equal(n->mark.column, 5);
    assert_int_equal(n->key_mark.column, 3);
    assert_int_equal(n->was->mark.column, 8);
}

static const struct {
    const char *word, *want;
} wrong_words[] = {
    {"train", "1:1: error: expected KEY=VALUE, +KEY=VALUE, ~KEY or use.GROUP=NAME, got "
              "'train'"},
    {"=3",
     "1:1: error: expected KEY=VALUE, +KEY=VALUE, ~KEY or use.GROUP=NAME, got '=3'"},
    {"a..b=3",
     "1:1: error: expected KEY=VALUE, +KEY=VALUE, ~KEY or use.GROUP=NAME, got 'a..b=3'"},
    {"use=x",
     "1:1: error: expected KEY=VALUE, +KEY=VALUE, ~KEY or use.GROUP=NAME, got 'use=x'"},
    {"t.n=[1, 2", "1:5: error: list opened here is never closed"},
    {"t.n=*x", "1:5: error: undefined alias 'x'"},
    {"t.n=caf\xe9", "1:8: error: invalid UTF-8 byte 0xE9; save the file as UTF-8"},
    {"~t.x", "1:2: error: 't.x' is not there, so it can't be taken away"},
    {"+t.n=1", "1:2: error: 't.n' is there already; leave the '+' out"},
    {"t.list.3=1", "1:8: error: no entry '3' in a list of 3, which count from 0"},
    {"t.list.x=1", "1:8: error: no entry 'x' in a list of 3, which count from 0"},
    {"t.list.99999999999999999999=1",
     "1:8: error: no entry '99999999999999999999' in a list of 3, which count from 0"},
};

static void
wrong_words_are_told(void **state)
{
    (void)state;
    file("e.yaml", "t: {n: 1, list: [4, 5, 6]}\n");
    for (size_t i = 0; i < sizeof wrong_words / sizeof *wrong_words; i++) {
        const char *text = OVERRIDDEN("e.yaml", wrong_words[i].word);
        struct sl_text want = {0};

        sl_text_format(&want, "command line:%s\n", wrong_words[i].want);
        if (strncmp(text, want.bytes, want.count) != 0)
            fail_msg("%s: %s", wrong_words[i].word, text);
        assert_int_equal(report.errors, 1);
        sl_text_release(&want);
    }
}

static void
a_chain_of_files_ends(void **state)
{
    char name[20], text[40];

    (void)state;
    file("a.yaml", "use: lab/b.yaml\n");
    file("lab/b.yaml", "x: 1\nuse:\n  - ../a.yaml\n");
    assert_string_equal(composed("a.yaml"),
                        "lab/b.yaml:3:5: error: 'a.yaml' uses itself: a.yaml -> "
                        "lab/b.yaml -> lab/../a.yaml\n"
                        "    3 |   - ../a.yaml\n"
                        "      |     ^~~~~~~~~\n");

    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "d%d.yaml", i);
        snprintf(text, sizeof text, "use: d%d.yaml\n", i + 1);
        file(name, i < 19 ? text : "x: 1\n");
    }
    assert_non_null(
        strstr(composed("d0.yaml"), "use goes deeper than 16 files: d0.yaml"));
    assert_string_equal(composed("d5.yaml"), "x: 1\n");

    /* A tree of files that doubles at every level. */
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "d%d.yaml", i);
        snprintf(text, sizeof text, "use: [d%d.yaml, d%d.yaml]\n", i + 1, i + 1);
        file(name, text);
    }
    assert_non_null(strstr(composed("d0.yaml"), "more than 256 files are used"));
}

static void
what_is_missing_is_told_where_it_is_used(void **state)
{
    (void)state;
    file("lab/e.yaml", "x: 1\nuse: [nope.yaml]\n");
    assert_string_equal(composed("lab/e.yaml"),
                        "lab/e.yaml:2:7: error: no file 'nope.yaml'; looked for "
                        "lab/nope.yaml, nope.yaml, installed/nope.yaml\n"
                        "    2 | use: [nope.yaml]\n"
                        "      |       ^~~~~~~~~\n");
    file("lab/e.yaml", "use: [lab]\n");
    assert_non_null(strstr(composed("lab/e.yaml"),
                           "lab/e.yaml:1:7: error: 'lab' is not a regular file"));
    file("configs/tool/one.yaml", "x: 1\n");
    file("installed/tool/six.yaml", "x: 1\n");
    file("lab/e.yaml", "use: {tool: hammer}\n");
    assert_non_null(
        strstr(composed("lab/e.yaml"),
               "1:13: error: no 'hammer' in group 'tool'; there are one, six"));
    file("lab/e.yaml", "use: {tool: ../x}\n");
    assert_non_null(strstr(composed("lab/e.yaml"),
                           "1:13: error: expected the name of a file in configs/tool"));
    file("lab/e.yaml", "use: [[a]]\n");
    assert_non_null(strstr(composed("lab/e.yaml"),
                           "1:7: error: expected a path or {GROUP: NAME} to use"));
    file("lab/e.yaml", "lr:0.1\n");
    assert_non_null(strstr(composed("lab/e.yaml"),
                           "1:1: error: expected a mapping, got 'lr:0.1'; is a space "
                           "missing after ':'?"));
}

static void
the_file_itself_must_be_there(void **state)
{
    struct sl_compose compose = {
        .arena = &arena, .report = &report, .registry = &toolbox};
    struct sl_node *tree;
    struct sl_error err = {0};

    (void)state;
    sl_report_init(&report, &arena);
    assert_int_equal(sl_compose(&compose, "none.yaml", NULL, 0, &tree, &err), SL_ERR_IO);
    assert_non_null(strstr(err.text, "none.yaml"));
    assert_null(tree);
}

static void
big_maps_merge_in_little_time(void **state)
{
    enum { KEYS = 90000 };
    struct sl_text text = {0};
    clock_t start;

    (void)state;
    for (int i = 0; i < KEYS; i++)
        sl_text_format(&text, "k%d: 1\n", i);
    file("a.yaml", text.bytes);
    sl_text_clear(&text);
    for (int i = KEYS; i > 0; i--)
        sl_text_format(&text, "k%d: 2\n", i - 1);
    file("b.yaml", text.bytes);
    sl_text_release(&text);
    file("e.yaml", "use: [a.yaml, b.yaml]\n");
    start = clock();
    assert_int_equal(compose_with("e.yaml", NULL, 0)->count, KEYS);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 5);
}

static void
the_search_path_holds_what_exists(void **state)
{
    const char *const *search;

    (void)state;
    mkdir("bin", 0777);
    mkdir("share", 0777);
    mkdir("share/sluice", 0777);
    mkdir("share/sluice/configs", 0777);
    file("bin/sluice", "");
    setenv("SLUICE_CONFIG_PATH", "lab:/nowhere::installed", 1);
    search = sl_compose_search(&arena, "./bin/sluice");
    unsetenv("SLUICE_CONFIG_PATH");
    assert_string_equal(search[0], "lab");
    assert_string_equal(search[1], "installed");
    assert_non_null(strstr(search[2], "/share/sluice/configs"));
    assert_null(strstr(search[2], "bin"));
    assert_null(search[3]);
    assert_non_null(sl_compose_search(&arena, "sluice"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(parts_merge_in_order_and_the_file_wins),
        TEST(a_node_knows_what_it_replaced),
        TEST(a_node_knows_all_that_were_replaced),
        TEST(tags_replace_and_delete),
        TEST(what_lies_outside_is_not_used),
        TEST(the_environment_is_declared_by_any_file),
        TEST(a_part_is_sought_beside_then_here_then_on_the_path),
        TEST(a_group_can_be_swapped),
        TEST(choices_are_replaced_whole_when_they_change),
        TEST(words_change_the_tree),
        TEST(a_module_is_chosen_before_its_fields),
        TEST(a_mapping_keeps_its_place_when_a_word_goes_in),
        TEST(wrong_words_are_told),
        TEST(a_chain_of_files_ends),
        TEST(what_is_missing_is_told_where_it_is_used),
        TEST(the_file_itself_must_be_there),
        TEST(big_maps_merge_in_little_time),
        TEST(the_search_path_holds_what_exists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
