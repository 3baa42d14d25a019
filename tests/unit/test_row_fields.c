/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/pipeline/row_fields.h"

static const char *const colours[] = {"red", "green"};
static const struct sl_feature columns[] = {
    {"amount", 0, NULL}, {"colour", 2, colours}, {"age", 0, NULL}};
static const struct sl_row_shape table = {.d = 4, .n = 3, .columns = columns};
static const struct sl_row_shape plain = {.d = 2};

static struct sl_arena arena;

static void
test_by_name(void **state)
{
    static const char *const header[] = {"age", "id", "colour", "amount"};
    static const char *const row[] = {"31", "x17", "green", "2.385e1"};
    struct sl_row_fields f;
    struct sl_error err;
    bool is_header;
    double x[4];

    (void)state;
    assert_int_equal(sl_row_fields_start(&f, &table, 4, header, &is_header, &arena, &err),
                     SL_OK);
    assert_true(is_header);
    assert_string_equal(f.ignored, "'id'");
    assert_int_equal(sl_row_fields_read(&f, 4, row, x, &err), SL_OK);
    assert_true(x[0] == 23.85 && x[1] == 0 && x[2] == 1 && x[3] == 31);
    assert_int_equal(sl_row_fields_read(&f, 3, row, x, &err), SL_ERR_IO);
    assert_string_equal(err.text, "3 fields, expected 4");
}

static void
test_without_header(void **state)
{
    static const char *const row[] = {"1", "red", " 3 "};
    struct sl_row_fields f;
    struct sl_error err;
    bool is_header;
    double x[4];

    (void)state;
    assert_int_equal(sl_row_fields_start(&f, &table, 3, row, &is_header, &arena, &err),
                     SL_OK);
    assert_false(is_header);
    assert_int_equal(sl_row_fields_read(&f, 3, row, x, &err), SL_OK);
    assert_true(x[0] == 1 && x[1] == 1 && x[2] == 0 && x[3] == 3);
}

static void
test_mismatch(void **state)
{
    static const char *const two[] = {"age", "id"};
    static const char *const numbers[] = {"1", "2"};
    struct sl_row_fields f;
    struct sl_error err;
    bool is_header;

    (void)state;
    assert_int_equal(sl_row_fields_start(&f, &table, 2, two, &is_header, &arena, &err),
                     SL_ERR_SHAPE);
    assert_string_equal(err.text, "2 of the 3 columns that the model was trained on are "
                                  "not there: 'amount', 'colour'");
    assert_int_equal(
        sl_row_fields_start(&f, &table, 2, numbers, &is_header, &arena, &err),
        SL_ERR_SHAPE);
    assert_string_equal(err.text, "rows have 2 columns, the model takes 3");
    assert_int_equal(sl_row_fields_start(&f, &plain, 2, two, &is_header, &arena, &err),
                     SL_OK);
    assert_true(is_header);
}

/* A header of other names is one, but a row with a bad value, or of words alone, is none. */
static void
test_foreign_header(void **state)
{
    static const struct sl_feature words[] = {{"colour", 2, colours}};
    static const struct sl_feature numbered[] = {{"0", 0, NULL}, {"1", 0, NULL}};
    const struct sl_row_shape only_words = {.d = 2, .n = 1, .columns = words};
    const struct sl_row_shape array = {.d = 2, .n = 2, .columns = numbered};
    const struct {
        const struct sl_row_shape *shape;
        const char *texts[3];
        size_t n;
        bool header;
    } cases[] = {
        {&table, {"foo", "bar", "_x"}, 3, true},
        {&table, {"foo"}, 1, true},
        {&table, {"foo", "green", "3"}, 3, false},
        {&table, {"foo", "green", ""}, 3, false},
        {&table, {"foo", "red", "1,5"}, 3, false},
        {&table, {"NA", "red", "NA"}, 3, false},
        {&table, {"foo", "red", "-inf"}, 3, false},
        {&table, {"foo", "red", "12%"}, 3, false},
        {&only_words, {"red"}, 1, false},
        {&only_words, {"blue"}, 1, false},
        {&array, {"foo", "bar"}, 2, false},
    };
    struct sl_row_fields f;
    struct sl_error err;
    bool is_header;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum sl_status status = sl_row_fields_start(
            &f, cases[i].shape, cases[i].n, cases[i].texts, &is_header, &arena, &err);

        if (is_header != cases[i].header || status != (is_header ? SL_ERR_SHAPE : SL_OK))
            fail_msg("case %zu: %d, status %d", i, is_header, status);
    }
}

static void
test_values(void **state)
{
    static const struct {
        size_t column;
        const char *text, *want;
    } cases[] = {
        {0, "abc", "column 'amount' is 'abc', not a number"},
        {0, "1,5", "column 'amount' is '1,5', not a number; decimal comma?"},
        {0, "0x1F", "column 'amount' is '0x1F', not a number"},
        {0, "1e999", "column 'amount' is inf; values have to be finite"},
        {0, "-inf", "column 'amount' is -inf; values have to be finite"},
        {0, "", "column 'amount' is missing its value"},
        {2, "NA", "column 'age' is missing its value"},
        {1, "blue",
         "column 'colour' is 'blue', which is none of its 2 values, such as "
         "'red'"},
    };
    struct sl_row_shape missing = table;
    struct sl_error err;
    double x[2];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(sl_row_value(&table, cases[i].column, cases[i].text, x, &err),
                         SL_ERR_IO);
        assert_string_equal(err.text, cases[i].want);
    }
    assert_int_equal(sl_row_value(&plain, 1, "?", x, &err), SL_ERR_IO);
    assert_string_equal(err.text, "column '2' is missing its value");
    missing.missing = true;
    assert_int_equal(sl_row_value(&missing, 1, NULL, x, &err), SL_OK);
    assert_true(isnan(x[0]) && isnan(x[1]));
}

/* The same words for numbers that no text stands for. */
static void
test_numbers(void **state)
{
    static const struct {
        double x[4];
        const char *want; /* NULL: nothing is wrong */
        bool missing;
    } cases[] = {
        {{23.85, 0, 1, 31}, NULL, false},
        {{23.85, 0, 1, (double)NAN}, "column 'age' is missing its value", false},
        {{23.85, (double)NAN, (double)NAN, 31},
         "column 'colour' is missing its value",
         false},
        {{(double)NAN, 0, 1, -(double)INFINITY},
         "column 'age' is -inf; values have to be finite",
         true},
        {{(double)NAN, 0, 1, 31}, NULL, true},
    };
    struct sl_row_shape shape = table;
    struct sl_error err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shape.missing = cases[i].missing;
        assert_int_equal(sl_row_check(&shape, cases[i].x, &err),
                         cases[i].want ? SL_ERR_IO : SL_OK);
        if (cases[i].want)
            assert_string_equal(err.text, cases[i].want);
    }
    assert_int_equal(sl_row_check(&plain, (double[]){1, (double)NAN}, &err), SL_ERR_IO);
    assert_string_equal(err.text, "column '2' is missing its value");
}

static void
test_float32(void **state)
{
    struct sl_row_shape shape = table;
    double x[8] = {0.1, 0, 1, 16777217, -1e-50, 1, 0, (double)NAN};
    struct sl_error err;

    (void)state;
    sl_row_round(&shape, 2, x);
    assert_true(x[0] == 0.1 && x[3] == 16777217);
    assert_int_equal(sl_row_check(&shape, (double[]){-1e39, 0, 1, 31}, &err), SL_OK);
    shape.float32 = true;
    sl_row_round(&shape, 2, x);
    assert_true(x[0] == (double)0.1f && x[1] == 0 && x[2] == 1 && x[3] == 16777216);
    assert_true(x[4] == 0 && signbit(x[4]) && isnan(x[7]));
    assert_int_equal(sl_row_check(&shape, (double[]){-3e38, 0, 1, 31}, &err), SL_OK);
    assert_int_equal(sl_row_check(&shape, (double[]){-1e39, 0, 1, 31}, &err), SL_ERR_IO);
    assert_string_equal(err.text,
                        "column 'amount' is -1e+39, too large for float32, which "
                        "the model's rows are of");
    assert_int_equal(sl_row_value(&shape, 2, "4e38", x, &err), SL_ERR_IO);
}

/* As a table is loaded: spaces may stand around a number, nothing else. */
static void
test_spelled(void **state)
{
    static const struct {
        const char *text;
        double want; /* NaN: none */
    } cases[] = {
        {"  +1.5e3 ", 1500},
        {"-.25", -0.25},
        {"7.", 7},
        {"\n5", (double)NAN},
        {"\t5", (double)NAN},
        {"\r5", (double)NAN},
        {"5\t", (double)NAN},
        {"\v5", (double)NAN},
        {"\f5", (double)NAN},
        {"1e-400", 0},
        {"9007199254740993", 0x1p53},
        {"1.5\n", (double)NAN},
        {"1 2", (double)NAN},
        {"1e", (double)NAN},
        {"-1e400", (double)NAN},
        {"0x1p3", (double)NAN},
        {"INFINITY", (double)NAN},
        {"-nan", (double)NAN},
        {"nan(1)", (double)NAN},
        {" ", (double)NAN},
        {"1'000", (double)NAN},
    };
    struct sl_error err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double x = (double)NAN;
        bool read = sl_row_value(&table, 0, cases[i].text, &x, &err) == SL_OK;

        if (read == isnan(cases[i].want) || (read && x != cases[i].want))
            fail_msg("'%s' is %d, %.17g", cases[i].text, read, x);
    }
}

static void
test_texts(void **state)
{
    static const char *const gaps[] = {"-999"};
    struct sl_row_shape shape = table;
    struct sl_error err;
    double x[2];

    (void)state;
    shape.missing = true;
    shape.texts = (struct sl_table_texts){1, gaps, true};
    assert_int_equal(sl_row_value(&shape, 0, "-1,25", x, &err), SL_OK);
    assert_true(x[0] == -1.25);
    assert_int_equal(
        sl_row_value(
            &shape, 0,
            "1,5000000000000000000000000000000000000000000000000000000000000000000", x,
            &err),
        SL_OK);
    assert_true(x[0] == 1.5);
    assert_int_equal(sl_row_value(&shape, 0, "-999", x, &err), SL_OK);
    assert_true(isnan(x[0]));
    assert_int_equal(sl_row_value(&shape, 0, "NA", x, &err), SL_ERR_IO);
    assert_int_equal(sl_row_value(&shape, 0, "1.5", x, &err), SL_ERR_IO);
    assert_string_equal(err.text, "column 'amount' is '1.5', not a number; the model's "
                                  "rows had decimal commas");
}

static void
test_names(void **state)
{
    (void)state;
    assert_string_equal(sl_row_shape_name(&table, 2, &arena), "colour=green");
    assert_string_equal(sl_row_shape_name(&table, 3, &arena), "age");
    assert_string_equal(sl_row_shape_name(&plain, 1, &arena), "column 2");
    assert_int_equal(sl_row_shape_place(&table, 2), 3);
    assert_int_equal(sl_row_shape_count(&plain), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_name),  cmocka_unit_test(test_without_header),
        cmocka_unit_test(test_mismatch), cmocka_unit_test(test_values),
        cmocka_unit_test(test_numbers),  cmocka_unit_test(test_spelled),
        cmocka_unit_test(test_texts),    cmocka_unit_test(test_names),
        cmocka_unit_test(test_float32),  cmocka_unit_test(test_foreign_header),
    };
    int failed;

    sl_arena_init(&arena);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    sl_arena_release(&arena);
    return failed;
}
