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

#include "runner/config/yaml.h"

#define SL_TAGS "tags are not allowed, other than !replace and !delete"

static struct sl_arena arena;
static struct sl_report report;

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
parse(const char *bytes, size_t count)
{
    struct sl_node *node;

    sl_report_init(&report, &arena);
    sl_yaml_parse("t", bytes, count, &arena, &report, &node);
    return node;
}

static const char *
printed(const char *text)
{
    struct sl_text out = {0};
    struct sl_node *node = parse(text, strlen(text));
    const char *copy;

    if (report.errors > 0)
        fail_msg("%s: %s", text, report.problems[0].text);
    sl_node_print(node, 0, &out);
    copy = sl_arena_string(&arena, out.bytes);
    sl_text_release(&out);
    return copy;
}

/* The only problem is at place and reads want. */
static void
expect(const char *bytes, size_t count, const char *place, const char *want)
{
    char got[40];

    parse(bytes, count);
    if (report.n != 1)
        fail_msg("%.40s: %zu problems", bytes, report.n);
    snprintf(got, sizeof got, "%u:%u", (unsigned)report.problems[0].mark.line,
             (unsigned)report.problems[0].mark.column);
    assert_string_equal(report.problems[0].text, want);
    assert_string_equal(got, place);
}

#define BYTES(text) text, sizeof text - 1
static const struct {
    const char *bytes;
    size_t count;
    const char *place, *want;
} bad[] = {
    {BYTES("a: &a [*a]"), "1:8", "alias refers to its own parent"},
    {BYTES("lr: 1\nlr: 2"), "2:1", "duplicate key 'lr', first at 1:1"},
    {BYTES("t:\n  lr: 1\n  b: 3\n  lr: 2\n"), "4:3", "duplicate key 'lr', first at 2:3"},
    {BYTES("t: {a: 1, \"a\": 2}"), "1:11", "duplicate key 'a', first at 1:5"},
    {BYTES("t:\n  <<: 3\n"), "2:7", "merge needs a mapping"},
    {BYTES("t:\n  <<: [{a: 1}, x]\n"), "2:16", "merge needs a mapping"},
    {BYTES("a:\n\tb: 1"), "2:1", "tab used for indentation; use spaces"},
    {BYTES("t:\n  lr: 1\n\tepochs: 2"), "3:1", "tab used for indentation; use spaces"},
    {BYTES("a: *nope"), "1:4", "undefined alias 'nope'"},
    {BYTES("a: &x 1\nb: &x 2"), "2:4", "duplicate anchor 'x', first at 1:4"},
    {BYTES("name: caf\xe9\n"), "1:10", "invalid UTF-8 byte 0xE9; save the file as UTF-8"},
    {BYTES("a: \xc3"), "1:4", "invalid UTF-8 byte 0xC3; save the file as UTF-8"},
    {BYTES("a: \xc0\xaf"), "1:4", "invalid UTF-8 byte 0xC0; save the file as UTF-8"},
    {BYTES("\xff\xfe\x61\0\x3a\0"), "1:1", "file is UTF-16, save as UTF-8"},
    {BYTES("\xfe\xff\0\x61\0\x3a"), "1:1", "file is UTF-16, save as UTF-8"},
    {BYTES("\xef\xbb\xbflr: *x"), "1:5", "undefined alias 'x'"},
    {BYTES("a: x\0\n"), "1:5", "control character U+0000"},
    {BYTES("a: x\x07\n"), "1:5", "control character U+0007"},
    {BYTES("a: \xc2\x85\n"), "1:4", "control character U+0085"},
    {BYTES("name: \"b\\0c\""), "1:7", "NUL in string"},
    {BYTES("name: \"\\x1b[31m\""), "1:7", "control character U+001B in string"},
    {BYTES("name: \"a\\rb\""), "1:7", "control character U+000D in string"},
    {BYTES("name: \"a\\u202eb\""), "1:7", "invisible character U+202E in string"},
    {BYTES("na\xe2\x80\x8bme: 1"), "1:3", "invisible character U+200B"},
    {BYTES("a: 1 # \xe2\x80\xae"), "1:8", "invisible character U+202E"},
    {BYTES("t:\n\xc2\xa0\xc2\xa0lr: 1"), "2:1",
     "non-breaking space used as indentation; use spaces"},
    {BYTES("t:\n  \xe3\x80\x80lr: 1"), "2:3",
     "an unusual space used as indentation; use spaces"},
    {BYTES("train:\n-lr: 1"), "2:1", "unknown key '-lr'; did you mean '- lr'?"},
    {BYTES("a: [1, 2\nb: 3"), "2:2", "expected ',' or ']'; list opened at 1:4"},
    {BYTES("a: {b: 1, c\nd: 3}"), "2:2", "expected ',' or '}'; mapping opened at 1:4"},
    {BYTES("a: [1, 2\n"), "1:4", "list opened here is never closed"},
    {BYTES("a: {b: 1\n\n"), "1:4", "mapping opened here is never closed"},
    {BYTES("a: [1,\n\n"), "1:7", "expected a value"},
    {BYTES("a: \"unterminated"), "1:4", "string opened here is never closed"},
    {BYTES("a: 'unterminated\n---\n"), "1:4", "string opened here is never closed"},
    {BYTES("path: C:\\x: y"), "1:11", "a second ': ' in one value; quote the value"},
    {BYTES("a: 1\n  b: 2"), "2:3",
     "this line goes on with the value above it; is its indentation right, or a space "
     "missing after ':' above?"},
    {BYTES("t:\n  lr:0.1\n  epochs: 2"), "3:3",
     "this line goes on with the value above it; is its indentation right, or a space "
     "missing after ':' above?"},
    {BYTES("glob: *.idx"), "1:7", "'*' starts an alias; quote the value"},
    {BYTES("a: & b"), "1:4", "'&' starts an anchor; quote the value"},
    {BYTES("a: @x"), "1:4", "'@' is a reserved character; quote the value"},
    {BYTES("a: `x`"), "1:4", "'`' is a reserved character; quote the value"},
    {BYTES("a: %x"), "1:4", "'%' is a reserved character; quote the value"},
    {BYTES("a: !!python/object:os.system x"), "1:4",
     "tags are not allowed, other than !replace and !delete"},
    {BYTES("a: !foo [1]"), "1:4",
     "tags are not allowed, other than !replace and !delete"},
    {BYTES("a: !foo {b: 1}"), "1:4",
     "tags are not allowed, other than !replace and !delete"},
    {BYTES("a: !e!foo x"), "1:4",
     "tags are not allowed, other than !replace and !delete"},
    {BYTES("a: !<x"), "1:4", "tags are not allowed, other than !replace and !delete"},
    {BYTES("%TAG ! tag:x,2000:\n---\na: 1"), "1:1",
     "tags are not allowed, other than !replace and !delete"},
    {BYTES("%YAML 3.0\n---\na: 1"), "1:1",
     "YAML version is not supported; leave the %YAML line out"},
    {BYTES("%FOO\n---\na: 1"), "1:1",
     "'%' starts a directive; leave it out or quote the value"},
    {BYTES("a: 1\n---\nb: 2"), "2:1", "only one document is allowed"},
    {BYTES("a: 1\n...\nb\n"), "3:1", "unexpected text behind the end of the document"},
    {BYTES(""), "1:1", "empty text"},
    {BYTES("# only\n\n# comments\n"), "1:1", "empty text"},
    {BYTES("---\n"), "1:1", "empty text"},
    {BYTES("? [a]\n: 1"), "1:3", "a key must be one word"},
    {BYTES("\"\": x"), "1:1", "key missing before ':'"},
    {BYTES(": x"), "1:1",
     "expected a key, indented like the others; mapping opened at 1:1"},
    {BYTES("t:\n  b: 1\n c: 2"), "3:2",
     "expected a key, indented like the others; mapping opened at 1:1"},
    {BYTES("- a\nb: 2"), "2:1",
     "expected '- ', indented like the others; list opened at 1:1"},
    {BYTES("a: - b"), "1:4", "a list can't begin here; put '- ' on a line of its own"},
    {BYTES("a: 1\nfoo\nb: 2"), "2:1", "expected ':' behind this key"},
    {BYTES("a: \"C:\\x\""), "1:9",
     "unknown escape in a string; write '\\\\' for a backslash, or use single quotes"},
    {BYTES("a: |x\n  y"), "1:5",
     "unexpected text behind '|' or '>'; quote the value, or begin its text on the next "
     "line"},
    {BYTES("caf\xc3\xa9: {\xe6\x97\xa5: *x}"), "1:11", "undefined alias 'x'"},
    {BYTES("a: 1\rb: *x"), "2:4", "undefined alias 'x'"},
};

static void
bad_text_is_told_at_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect(bad[i].bytes, bad[i].count, bad[i].place, bad[i].want);
}

static void
one_look_finds_many_mistakes(void **state)
{
    static const char text[] = "a: *x\na: !t 1\nb: {<<: 4, \"\\x01\": 1, -c: 2}\n";

    (void)state;
    assert_non_null(parse(text, strlen(text)));
    assert_int_equal(report.errors, 6);
}

static const struct {
    const char *text, *want;
} good[] = {
    {"lr: 1e-3\nname: 'no'", "lr: 1e-3\nname: \"no\"\n"},
    {"\xef\xbb\xbf# mark\na: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"},
    {"%YAML 1.2\n---\na: 1\n...\n", "a: 1\n"},
    {"a:\t1\nb: [x,\n\ty]", "a: 1\nb:\n  - x\n  - y\n"},
    {"a: \"\\\"\\\\\\u00e9\"", "a: \"\\\"\\\\\xc3\xa9\"\n"},
    {"lr:0.1", "\"lr:0.1\"\n"},
    {"lr:", "lr: null\n"},
    {"a: >\n  two\n  words\n", "a: \"two words\\n\"\n"},
    /* aliases */
    {"a: &x {p: 1}\nb: *x\nc: [*x]", "a:\n  p: 1\nb:\n  p: 1\nc:\n  - p: 1\n"},
    {"&k a: 1\nb: *k", "a: 1\nb: a\n"},
    /* merge keys: own keys first, then the first map that has the key */
    {"b: &b {p: 1, q: 2}\nt:\n  <<: *b\n  q: 3",
     "b:\n  p: 1\n  q: 2\nt:\n  q: 3\n  p: 1\n"},
    {"t: {<<: [{p: 1}, {p: 2, q: 3}], r: 4}", "t:\n  r: 4\n  p: 1\n  q: 3\n"},
    {"t: {<<: {p: 1}, <<: {q: 2}}", "t:\n  p: 1\n  q: 2\n"},
    {"t: {'<<': 1}", "t:\n  \"<<\": 1\n"},
};

static void
good_text_becomes_a_tree(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_string_equal(printed(good[i].text), good[i].want);
}

static void
nodes_know_their_place(void **state)
{
    static const char text[] = "caf\xc3\xa9: {\xe6\x97\xa5: [1,   x]}\nb:\n";
    const struct sl_node *map = parse(text, strlen(text)), *list;

    (void)state;
    list = map->first->first;
    assert_string_equal(list->mark.file, "t");
    assert_int_equal(list->key_mark.column, 8);
    assert_int_equal(list->mark.column, 11);
    assert_int_equal(list->last->mark.column, 17);
    assert_null(list->last->key);
    assert_int_equal(map->last->mark.line, 2);
    assert_int_equal(map->last->mark.column, 3);
}

/* ---- caps --------------------------------------------------------------------------- */

/* What count times a piece makes, with something on both sides. */
static struct sl_text
repeat(const char *head, const char *piece, size_t count, const char *tail)
{
    struct sl_text text = {0};

    sl_text_append(&text, head);
    for (size_t i = 0; i < count; i++)
        sl_text_append(&text, piece);
    sl_text_append(&text, tail);
    return text;
}

static void
expect_text(struct sl_text text, const char *place, const char *want)
{
    expect(text.bytes, text.count, place, want);
    sl_text_release(&text);
}

static void
expect_fine(struct sl_text text)
{
    parse(text.bytes, text.count);
    assert_int_equal(report.n, 0);
    sl_text_release(&text);
}

static void
nesting_is_capped(void **state)
{
    struct sl_text text = {0};

    (void)state;
    expect_text(repeat("", "[", 5000, "]"), "1:65", "nesting deeper than 64");
    expect_text(repeat("", "{a: ", 5000, "}"), "1:257", "nesting deeper than 64");
    for (int i = 0; i < 1000; i++)
        sl_text_format(&text, "%*sa:\n", i, "");
    expect_text(text, "65:65", "nesting deeper than 64");
    text = repeat("", "[", 64, "1");
    for (int i = 0; i < 64; i++)
        sl_text_append(&text, "]");
    expect_fine(text);
    /* 3 + 61 levels, then one more. */
    text = repeat("a: &a ", "[", 60, "");
    for (int i = 0; i < 60; i++)
        sl_text_append(&text, "]");
    sl_text_append(&text, "\nb: [[[*a]]]\nc: [[[[*a]]]]\n");
    expect_text(text, "3:8", "nesting deeper than 64");
}

/* Left to itself libyaml takes half a minute for this. */
static void
brackets_take_little_time(void **state)
{
    clock_t start = clock();

    (void)state;
    expect_text(repeat("", "[", 100000, ""), "1:65", "nesting deeper than 64");
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 0.05);
}

static void
aliases_are_capped(void **state)
{
    struct sl_text bomb = {0}, anchors = {0};

    (void)state;
    sl_text_append(&bomb, "a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (char c = 'b'; c < 'k'; c++)
        sl_text_format(&bomb, "%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n",
                       c, c, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1,
                       c - 1);
    expect_text(bomb, "5:8", "alias expansion exceeds 10000 nodes");
    expect_fine(repeat("a: &a 1\nb: [", "*a, ", 10000, "]"));
    expect_text(repeat("a: &a 1\nb: [", "*a, ", 10001, "]"), "2:40005",
                "alias expansion exceeds 10000 nodes");
    for (int i = 0; i <= 1000; i++)
        sl_text_format(&anchors, "k%d: &k%d 1\n", i, i);
    expect_text(anchors, "1001:8", "more than 1000 anchors");
}

static void
sizes_are_capped(void **state)
{
    (void)state;
    expect_fine(repeat("[", "1,", 99999, "]"));
    expect_text(repeat("[", "1,", 100000, "]"), "1:200000", "more than 100000 values");
    expect_fine(repeat("a: ", "x", 65536, ""));
    expect_text(repeat("a: ", "x", 65537, ""), "1:4", "value longer than 65536 bytes");
    expect_text(repeat("", "k", 2000, ": 1"), "1:1", "key longer than 1024 characters");
    expect_text(repeat("t:\n  - \"", "k", 2000, "\": 1"), "2:5",
                "key longer than 1024 characters");
    expect_text(repeat("? ", "k", 2000, "\n: 1"), "1:3",
                "key longer than 1024 characters");
}

static void
big_maps_take_little_time(void **state)
{
    struct sl_text text = {0};
    clock_t start;

    (void)state;
    for (int i = 99998; i > 0; i--)
        sl_text_format(&text, "k%d: 1\n", i);
    start = clock();
    assert_int_equal(parse(text.bytes, text.count)->count, 99998);
    assert_int_equal(report.n, 0);
    sl_text_append(&text, "k77: 2\n");
    text.bytes[0] = 'z';
    parse(text.bytes, text.count);
    assert_int_equal(report.n, 1);
    assert_string_equal(report.problems[0].text, "duplicate key 'k77', first at 99922:1");
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 5);
    sl_text_release(&text);
}

/* ---- files -------------------------------------------------------------------------- */

static enum sl_status
read_file(const char *path, const struct sl_mark *place, struct sl_node **node,
          struct sl_error *err)
{
    sl_report_init(&report, &arena);
    return sl_yaml_read(path, place, &arena, &report, node, err);
}

static void
write_file(const char *path, const char *bytes, size_t count)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static void
files_are_read_or_refused(void **state)
{
    static const char *const refused[] = {"none.yaml", "folder", "pipe", "/dev/zero"};
    const struct sl_mark place = {"e.yaml", 3, 7};
    char folder[] = "/tmp/sluice-yaml-XXXXXX", before[4096];
    struct sl_node *node;
    struct sl_error err;
    struct sl_text big = repeat("a: [", "1234567, ", 120000, "]");

    (void)state;
    assert_non_null(getcwd(before, sizeof before));
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(mkdir("folder", 0777), 0);
    assert_int_equal(mkfifo("pipe", 0666), 0);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(read_file(refused[i], NULL, &node, &err), SL_ERR_IO);
        assert_non_null(strstr(err.text, refused[i]));
        assert_null(node);
        assert_int_equal(read_file(refused[i], &place, &node, &err), SL_OK);
        assert_int_equal(report.errors, 1);
        assert_int_equal(report.problems[0].mark.column, 7);
        assert_string_equal(report.problems[0].text, err.text);
    }
    write_file("big.yaml", big.bytes, big.count);
    assert_int_equal(read_file("big.yaml", NULL, &node, &err), SL_ERR_IO);
    write_file("good.yaml", "a: 1\n", 5);
    assert_int_equal(read_file("good.yaml", NULL, &node, &err), SL_OK);
    assert_string_equal(sl_node_get(node, "a")->mark.file, "good.yaml");
    write_file("empty.yaml", "", 0);
    assert_int_equal(read_file("empty.yaml", NULL, &node, &err), SL_OK);
    assert_string_equal(report.problems[0].text, "empty experiment file");

    unlink("big.yaml");
    unlink("good.yaml");
    unlink("empty.yaml");
    unlink("pipe");
    rmdir("folder");
    assert_int_equal(chdir(before), 0);
    rmdir(folder);
    sl_text_release(&big);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(bad_text_is_told_at_its_place),
        TEST(one_look_finds_many_mistakes),
        TEST(good_text_becomes_a_tree),
        TEST(nodes_know_their_place),
        TEST(nesting_is_capped),
        TEST(brackets_take_little_time),
        TEST(aliases_are_capped),
        TEST(sizes_are_capped),
        TEST(big_maps_take_little_time),
        TEST(files_are_read_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
