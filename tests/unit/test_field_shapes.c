/* SPDX-License-Identifier: MIT */
/* Field types with a shape: matrices, integers by name, and lists that may be one value. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runner/config/field.h"
#include "runner/config/yaml.h"

struct shapes {
    struct sl_matrix matrix;
    struct sl_int_map counts;
    struct sl_double_list one, many;
    struct sl_string_list names;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct shapes, matrix, struct sl_matrix, SL_TYPE_MATRIX, .low = -9,
             .high = 9),
    SL_FIELD(struct shapes, counts, struct sl_int_map, SL_TYPE_INT_MAP, .text = "{a: 7}",
             .low = 1, .high = 100),
    SL_FIELD(struct shapes, one, struct sl_double_list, SL_TYPE_DOUBLE_LIST,
             .flags = SL_SINGLE | SL_POSITIVE),
    SL_FIELD(struct shapes, many, struct sl_double_list, SL_TYPE_DOUBLE_LIST,
             .help = "two or more"),
    SL_FIELD(struct shapes, names, struct sl_string_list, SL_TYPE_STRING_LIST,
             .flags = SL_SINGLE),
    SL_FIELD_END,
};

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

static struct shapes
bind(const char *text)
{
    struct shapes shapes = {.matrix = {.rows = 0}};
    struct sl_binder binder = {&arena, &report, &sl_builtin};
    struct sl_node *node = NULL;

    sl_report_init(&report, &arena);
    if (*text)
        sl_yaml_parse("t", sl_arena_string(&arena, text), strlen(text), &arena, &report,
                      &node);
    sl_fields_bind(&binder, fields, node, (struct sl_mark){"t", 1, 1}, NULL, &shapes);
    return shapes;
}

static void
values_are_bound(void **state)
{
    struct shapes s = bind("{matrix: [[1, 2.5, -3], [4, 5, 6]], counts: {train: 50, b-1: "
                           "1},\n one: 0.25, many: [1, 2], names: x}");
    static const double want[] = {1, 2.5, -3, 4, 5, 6};

    (void)state;
    assert_int_equal(report.n, 0);
    assert_int_equal(s.matrix.rows, 2);
    assert_int_equal(s.matrix.columns, 3);
    assert_memory_equal(s.matrix.at, want, sizeof want);
    assert_int_equal(s.matrix.mark.column, 10);
    assert_int_equal(s.counts.n, 2);
    assert_string_equal(s.counts.names[1], "b-1");
    assert_int_equal(s.counts.at[0], 50);
    assert_int_equal(s.counts.marks[0].column, 53);
    assert_int_equal(s.one.n, 1);
    assert_true(s.one.at[0] == 0.25);
    assert_int_equal(s.many.n, 2);
    assert_int_equal(s.names.n, 1);
    assert_string_equal(s.names.at[0], "x");
    assert_int_equal(s.names.marks[0].line, 2);
}

static void
defaults_are_set(void **state)
{
    struct shapes s = bind("");

    (void)state;
    assert_int_equal(report.n, 0);
    assert_int_equal(s.matrix.rows, 0);
    assert_int_equal(s.counts.at[0], 7);
    assert_int_equal(s.one.n, 0);
}

static const struct {
    const char *text;
    uint32_t column;
    const char *want;
} bad[] = {
    {"matrix: 1", 9, "expected a list of rows, each a list of numbers, got '1'"},
    {"matrix: []", 9, "expected a list of rows, each a list of numbers, got a list"},
    {"matrix: [1, 2]", 10, "expected a row, as a list of numbers, got '1'"},
    {"matrix: [[]]", 10, "expected a row, as a list of numbers, got a list"},
    {"matrix: [[1, 2], [3]]", 18, "this row has length 1, the first one length 2"},
    {"matrix: [[1, 2], [3, x]]", 22, "expected a finite decimal number, got 'x'"},
    {"matrix: [[1, 10]]", 14, "expected a number in -9..9, got '10'"},
    {"counts: 3", 9, "expected a mapping of names to integers, got '3'"},
    {"counts: [3]", 9, "expected a mapping of names to integers, got a list"},
    {"counts: {a: 0}", 13, "expected an integer in 1..100, got '0'"},
    {"counts: {a: 1.5}", 13, "expected an integer in 1..100, got '1.5'"},
    {"counts: {../a: 1}", 10, "name '../a' must match [A-Za-z0-9][A-Za-z0-9._-]{0,99}"},
    {"one: 0", 6, "expected a number above 0, got '0'"},
    {"one: x", 6, "expected a finite decimal number, got 'x'"},
    {"one: {a: 1}", 6, "expected a list of numbers, got a mapping"},
    {"many: 1", 7, "expected a list of numbers, got '1'; put it in [ ]"},
};

static void
bad_values_are_told_at_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bind(bad[i].text);
        if (report.n != 1)
            fail_msg("%s: %zu problems", bad[i].text, report.n);
        assert_string_equal(report.problems[0].text, bad[i].want);
        assert_int_equal(report.problems[0].mark.column, bad[i].column);
    }
}

/* One text for one meaning, which reads back as itself. */
static void
what_is_printed_reads_back(void **state)
{
    static const char want[] = "matrix: [[1, 2.5], [-3, 0.1]]\n"
                               "counts: {train: 50, \"007\": 1}\n"
                               "one: [0.25]\n"
                               "many: []\n"
                               "names: [x]\n";
    static const char *const texts[] = {
        "{matrix: [[1.0, 2.5], [-3, 1e-1]], counts: {train: 50, '007': 1}, one: 0.25, "
        "names: x}",
        want,
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct shapes s = bind(texts[i]);
        struct sl_text text = {0};

        assert_int_equal(report.n, 0);
        sl_fields_print(fields, &s, SL_PRINT_ALL, 0, &text);
        assert_string_equal(text.bytes, want);
        sl_text_release(&text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_bound),
        cmocka_unit_test(defaults_are_set),
        cmocka_unit_test(bad_values_are_told_at_their_place),
        cmocka_unit_test(what_is_printed_reads_back),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
