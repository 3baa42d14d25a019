/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "runner/config/yaml.h"
#include "runner/store/catalog.h"
#include "sample.h"

static const struct sl_registry nothing = {.rows = NULL, .n = 0};

/* What is said of a description, one problem a line: "line:column text". */
static const char *
problems_of(const char *yaml, struct sl_arena *arena, struct sl_data_set *set)
{
    struct sl_text said = {0};
    struct sl_report report;
    const char *copy;
    struct sl_node *node;
    const struct sl_binder binder = {arena, &report, &nothing};

    sl_report_init(&report, arena);
    sl_yaml_parse("x", yaml, strlen(yaml), arena, &report, &node);
    assert_int_equal(report.n, 0);
    *set = (struct sl_data_set){0};
    sl_fields_bind(&binder, sl_data_set_fields, node, node->mark, NULL, set);
    sl_data_set_check("digits", set, node, &report);
    sl_text_append(&said, "");
    for (size_t i = 0; i < report.n; i++)
        sl_text_format(&said, "%u:%u %s\n", report.problems[i].mark.line,
                       report.problems[i].mark.column, report.problems[i].text);
    copy = sl_arena_string(arena, said.bytes);
    sl_text_release(&said);
    return copy;
}

#define HASH "76fbd229ce87db80dd281af5e6670de4ad0e42fb30a7bd643972994c47c1f42e"

static const struct {
    const char *yaml, *want;
} described[] = {
    {"parts: {test: {images: {file: a, sha256: " HASH "}, shape: [3, 5, 7]}}\n"
     "sources: [{kind: npm, package: \"@some/one@1.2.3\", folder: data}]",
     ""},
    {"parts: {test: {images: {file: ../a}, labels: {file: b/c}}}",
     "1:31 '../a' is not the plain name of a file; 'folder' says where it is\n"
     "1:53 'b/c' is not the plain name of a file; 'folder' says where it is\n"},
    {"parts: {test: {images: {file: a, sha256: 12ab}, shape: [3, 5]}}",
     "1:42 '12ab' is not a SHA-256: 64 hexadecimal digits\n"
     "1:56 a shape is three numbers: rows, height and width\n"},
    {"parts:\n  test: {labels: {file: a}}\n",
     "2:9 part 'test' has no 'images: {file: ...}'\n"},
    {"parts: {}\n", "1:8 data set 'digits' has no parts\n"},
    {"parts: {test: {images: {file: a}}}\n"
     "sources:\n"
     "  - {kind: url, url: \"ftp://host/x\"}\n"
     "  - {kind: url}\n"
     "  - {kind: npm, package: --evil}\n"
     "  - {kind: npm, package: ../evil}\n"
     "  - {kind: npm, package: good, folder: ../..}\n"
     "  - {kind: debian, package: good, folder: x}\n",
     "3:5 a source of kind 'url' needs 'url', beginning with https://, http:// or "
     "file:///\n"
     "4:5 a source of kind 'url' needs 'url', beginning with https://, http:// or "
     "file:///\n"
     "5:5 a source of kind 'npm' needs 'package', the name of one\n"
     "6:5 a source of kind 'npm' needs 'package', the name of one\n"
     "7:5 a source of kind 'npm' has a 'folder' with '..' in it\n"
     "8:5 a source of kind 'debian' needs 'folder', where the package puts the files\n"},
};

static void
descriptions_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof described / sizeof *described; i++) {
        struct sl_data_set set;
        struct sl_arena arena;

        sl_arena_init(&arena);
        assert_string_equal(problems_of(described[i].yaml, &arena, &set),
                            described[i].want);
        sl_arena_release(&arena);
    }
}

static void
a_description_is_bound(void **state)
{
    static const char yaml[] =
        "title: Digits\nclasses: 10\n"
        "parts:\n"
        "  train: {images: {file: a}, labels: {file: b}, shape: [60000, 28, 27]}\n"
        "  test: {images: {file: c}, labels: {file: b}}\n";
    struct sl_data_set set;
    struct sl_arena arena;
    const struct sl_data_file *const *files;
    size_t n;

    (void)state;
    sl_arena_init(&arena);
    assert_string_equal(problems_of(yaml, &arena, &set), "");
    assert_string_equal(set.title, "Digits");
    assert_null(set.licence);
    assert_int_equal(set.classes, 10);
    assert_int_equal(sl_data_set_part(&set, "train")->shape.at[2], 27);
    assert_int_equal(sl_data_set_part(&set, "test")->shape.n, 0);
    assert_null(sl_data_set_part(&set, "validation"));
    files = sl_data_set_files(&set, &arena, &n);
    assert_int_equal(n, 3);
    assert_string_equal(files[0]->file, "a");
    assert_string_equal(files[1]->file, "b");
    assert_string_equal(files[2]->file, "c");
    sl_arena_release(&arena);
}

static void
put(const char *path)
{
    char folder[100];

    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        mkdir(folder, 0777);
    }
    sample_write(path, "x", 1);
}

/* Files come up in the reverse of the order in which they are looked for; each new one is
 * found before those that are there. */
static void
places_are_looked_at_in_order(void **state)
{
    static const char *const paths[] = {
        "deb/f.gz",  "deb/f",  "xdg/sluice/digits/f.gz", "xdg/sluice/digits/f",
        "mine/f.gz", "mine/f", "env/digits/f.gz",        "env/digits/f",
    };
    static const struct sl_data_source source = {SL_SOURCE_DEBIAN, "p", "deb", NULL};
    const struct sl_data_set set = {.folder = "mine", .sources = {1, &source, NULL}};
    struct sl_arena arena;
    const char *looked;
    char xdg[300];

    (void)state;
    sl_arena_init(&arena);
    setenv("SLUICE_DATA_DIR", "env", 1);
    snprintf(xdg, sizeof xdg, "%s/xdg", (char *)*state);
    setenv("XDG_DATA_HOME", xdg, 1);
    assert_null(sl_catalog_find("digits", &set, "f", &arena, &looked));
    assert_string_equal(
        looked, sl_arena_format(&arena, "env/digits, mine, %s/sluice/digits, deb", xdg));
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const char *found;

        put(paths[i]);
        found = sl_catalog_find("digits", &set, "f", &arena, NULL);
        assert_non_null(found);
        assert_string_equal(found + strlen(found) - strlen(paths[i]), paths[i]);
    }
    sl_arena_release(&arena);
}

static void
data_are_put_where_the_user_says(void **state)
{
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    setenv("SLUICE_DATA_DIR", "/a/b", 1);
    setenv("XDG_DATA_HOME", "/c", 1);
    setenv("HOME", "/home/kim", 1);
    assert_string_equal(sl_catalog_folder("digits", &arena), "/a/b/digits");
    setenv("SLUICE_DATA_DIR", "", 1);
    assert_string_equal(sl_catalog_folder("digits", &arena), "/c/sluice/digits");
    setenv("XDG_DATA_HOME", "relative", 1);
    assert_string_equal(sl_catalog_folder("digits", &arena),
                        "/home/kim/.local/share/sluice/digits");
    unsetenv("HOME");
    assert_null(sl_catalog_folder("digits", &arena));
    sl_arena_release(&arena);
}

static void
the_search_path_is_listed_once_a_name(void **state)
{
    const char *const search[] = {"one", "none", "two", NULL};
    const char **names, **paths;
    struct sl_arena arena;
    size_t n;

    (void)state;
    sl_arena_init(&arena);
    put("one/data/zebra.yaml");
    put("one/data/digits.yaml");
    put("two/data/digits.yaml");
    put("two/data/clothes.yaml");
    put("two/data/readme.txt");
    sl_catalog_list(search, &arena, &names, &paths, &n);
    assert_int_equal(n, 3);
    assert_string_equal(names[0], "clothes");
    assert_string_equal(paths[0], "two/data/clothes.yaml");
    assert_string_equal(names[1], "digits");
    assert_string_equal(paths[1], "one/data/digits.yaml");
    assert_string_equal(names[2], "zebra");
    sl_arena_release(&arena);
}

static enum sl_status
read_file(const char *yaml, struct sl_arena *arena, struct sl_catalog_entry **entries,
          size_t *n, struct sl_error *err)
{
    struct sl_report report;
    const struct sl_compose compose = {
        .arena = arena, .report = &report, .registry = &nothing};

    sl_report_init(&report, arena);
    sample_write("x.yaml", yaml, strlen(yaml));
    return sl_catalog_read(&compose, "x.yaml", entries, n, err);
}

static void
data_sets_are_read_from_files(void **state)
{
    static const char base[] =
        "load: {datasets: {one: {parts: {p: {images: {file: a}}}}}}\n";
    struct sl_catalog_entry *entries;
    struct sl_error err = {0};
    struct sl_arena arena;
    size_t n;

    (void)state;
    sl_arena_init(&arena);
    sample_write("base.yaml", base, strlen(base));
    assert_int_equal(
        read_file("use: [base.yaml]\n"
                  "load: {datasets: {two: {parts: {q: {images: {file: b}}}}}}\n",
                  &arena, &entries, &n, &err),
        SL_OK);
    assert_int_equal(n, 2);
    assert_string_equal(entries[0].name, "one");
    assert_non_null(sl_data_set_part(entries[0].set, "p"));
    assert_string_equal(entries[1].name, "two");
    assert_non_null(sl_data_set_part(entries[1].set, "q"));

    assert_int_equal(read_file("load: {scale: 3}\n", &arena, &entries, &n, &err),
                     SL_ERR_CONFIG);
    assert_string_equal(err.text, "'x.yaml' describes no data set under load.datasets");
    assert_int_equal(
        read_file("load: {datasets: {two: {prats: {}}}}\n", &arena, &entries, &n, &err),
        SL_ERR_CONFIG);
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptions_are_checked),
        cmocka_unit_test(a_description_is_bound),
        cmocka_unit_test_setup_teardown(places_are_looked_at_in_order, sample_enter,
                                        sample_leave),
        cmocka_unit_test(data_are_put_where_the_user_says),
        cmocka_unit_test_setup_teardown(data_sets_are_read_from_files, sample_enter,
                                        sample_leave),
        cmocka_unit_test_setup_teardown(the_search_path_is_listed_once_a_name,
                                        sample_enter, sample_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
