/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/command/ranking.h"
#include "runner/command/view.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define NONE ((double)NAN)

static const char *const names[] = {"plain", "a,b", "say \"x\"",
                                    "größe", NULL,  "tab\tin"};
static const int64_t runs[] = {5, 4, 5, 0, 5, 3};
static const char *const encoders[] = {"[256, 8]", "[256, 8]",       "[64]",
                                       "[64]",     "{a: {lr: 0.1}}", "12"};
static const double means[] = {0.25, -1.5e-7, 12.5, NONE, 0.25, 1234567.0};
static const double lows[] = {0.2, -2e-7, 12.5, NONE, NONE, 1234566.0};
static const double highs[] = {0.31, -1e-7, 12.5, NONE, NONE, 1234570.0};

static struct sl_column columns[6];
static struct sl_table table = {6, 6, columns};

static int
fill(void **state)
{
    struct sl_call *call = calloc(1, sizeof *call);

    columns[0] = sl_column_text("name", names);
    columns[1] = sl_column_int("runs", runs);
    columns[2] = sl_column_text("train.encoder", encoders);
    columns[3] = sl_column_double("detect.auroc.mean", "1", means);
    columns[4] = sl_column_double("detect.auroc.low", "1", lows);
    columns[5] = sl_column_double("detect.auroc.high", "1", highs);
    call->arena = calloc(1, sizeof *call->arena);
    call->report = calloc(1, sizeof *call->report);
    sl_arena_init(call->arena);
    sl_report_init(call->report, call->arena);
    *state = call;
    return 0;
}

static int
empty(void **state)
{
    struct sl_call *call = *state;

    sl_arena_release(call->arena);
    free(call->arena);
    free(call->report);
    free(call);
    return 0;
}

/* The rows as digits. */
static void
assert_rows(const struct sl_view *view, const char *want)
{
    char got[16] = {0};

    assert_true(view->n < sizeof got);
    for (size_t i = 0; i < view->n && i < sizeof got - 1; i++)
        got[i] = (char)('0' + view->rows[i]);
    assert_string_equal(got, want);
}

/* ---- filters and order -------------------------------------------------------------- */

static void
conditions_choose_rows(void **state)
{
    static const struct {
        const char *condition, *want;
    } cases[] = {
        {"runs == 5", "024"},
        {"detect.auroc > 0", "0245"},
        {"detect.auroc.mean > 0 and runs < 5", "5"},
        {"not detect.auroc > 0.3", "0134"},
        {"train.encoder == [256, 8]", "01"},
        {"train.encoder == a or name == größe", "34"},
        {"name == 'a,b'", "1"},
        {"runs > 2\nruns < 5", "15"},
    };
    struct sl_call *call = *state;
    struct sl_error err = {0};
    struct sl_view view;

    for (size_t i = 0; i < COUNT(cases); i++) {
        sl_view_init(&view, &table, call->arena);
        if (sl_view_where(&view, cases[i].condition, call, &err))
            fail_msg("%s: %s", cases[i].condition, err.text);
        assert_rows(&view, cases[i].want);
    }
}

static void
wrong_conditions_are_told(void **state)
{
    static const struct {
        const char *condition, *want;
    } cases[] = {
        {"detect.aurok > 1", "no column 'detect.aurok'; did you mean 'detect.auroc'?"},
        {"runs >", "expected a value at the end of the condition"},
        {"runs = 3", "expected ==, !=, <, <=, > or >=, got '='"},
    };
    struct sl_call *call = *state;
    struct sl_error err = {0};
    struct sl_view view;

    for (size_t i = 0; i < COUNT(cases); i++) {
        sl_report_init(call->report, call->arena);
        sl_view_init(&view, &table, call->arena);
        assert_int_equal(sl_view_where(&view, cases[i].condition, call, &err),
                         SL_ERR_CONFIG);
        assert_string_equal(call->report->problems[0].text, cases[i].want);
    }
}

static void
columns_give_an_order(void **state)
{
    static const struct {
        const char *column, *want;
    } cases
        [] =
            {
                {"runs", "351024"},         {"-runs", "024153"},
                {"detect.auroc", "104253"}, {"-detect.auroc", "520413"},
                {"-name", "520314"}, /* tab, say, plain, größe, a,b and nothing */
            };
    struct sl_call *call = *state;
    struct sl_error err = {0};
    struct sl_view view;

    for (size_t i = 0; i < COUNT(cases); i++) {
        sl_view_init(&view, &table, call->arena);
        assert_int_equal(sl_view_sort(&view, cases[i].column, &err), SL_OK);
        assert_rows(&view, cases[i].want);
    }
    assert_int_equal(sl_view_sort(&view, "run", &err), SL_ERR_CONFIG);
    assert_string_equal(err.text, "no column 'run'; did you mean 'runs'?");
}

/* ---- output ------------------------------------------------------------------------- */

static char *
printed(void (*print)(const struct sl_view *view, FILE *out), const struct sl_view *view)
{
    char *bytes = NULL;
    size_t count;
    FILE *out = open_memstream(&bytes, &count);

    print(view, out);
    fclose(out);
    return bytes;
}

static void
csv_is_quoted(void **state)
{
    struct sl_call *call = *state;
    struct sl_view view;
    char *got;

    sl_view_init(&view, &table, call->arena);
    got = printed(sl_view_csv, &view);
    assert_string_equal(got, "name,runs,train.encoder,detect.auroc.mean,detect.auroc.low,"
                             "detect.auroc.high\n"
                             "plain,5,\"[256, 8]\",0.25,0.2,0.31\n"
                             "\"a,b\",4,\"[256, 8]\",-1.5e-07,-2e-07,-1e-07\n"
                             "\"say \"\"x\"\"\",5,[64],12.5,12.5,12.5\n"
                             "größe,0,[64],,,\n"
                             ",5,{a: {lr: 0.1}},0.25,,\n"
                             "tab\tin,3,12,1234567,1234566,1234570\n");
    free(got);
    view.n = 0;
    got = printed(sl_view_csv, &view);
    assert_int_equal(strlen(got), strcspn(got, "\n") + 1);
    free(got);
}

static void
print_json(const struct sl_view *view, FILE *out)
{
    const struct sl_view_named views[] = {{"rows", view}, {"again", view}};

    sl_view_json(json_pack("{s:s}", "title", "größe \"x\""), views, 2, out);
}

static void
json_reads_back(void **state)
{
    struct sl_call *call = *state;
    struct sl_view view;
    json_t *json, *rows;
    char *got;

    sl_view_init(&view, &table, call->arena);
    got = printed(print_json, &view);
    json = json_loads(got, 0, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "title")), "größe \"x\"");
    rows = json_object_get(json, "rows");
    assert_int_equal(json_array_size(rows), 6);
    for (size_t i = 0; i < 6; i++) {
        const json_t *row = json_array_get(rows, i);
        const json_t *mean = json_object_get(row, "detect.auroc.mean");
        assert_string_equal(json_string_value(json_object_get(row, "name")),
                            names[i] ? names[i] : "");
        assert_int_equal(json_integer_value(json_object_get(row, "runs")), runs[i]);
        if (isnan(means[i]))
            assert_true(json_is_null(mean));
        else
            assert_true(json_number_value(mean) == means[i]);
    }
    assert_true(json_equal(rows, json_object_get(json, "again")));
    json_decref(json);
    free(got);
}

static void
print_text(const struct sl_view *view, FILE *out)
{
    struct sl_shown shown[3];

    assert_true(sl_shown_find(view->table, "name", &shown[0]));
    assert_true(sl_shown_find(view->table, "runs", &shown[1]));
    assert_true(sl_shown_find(view->table, "detect.auroc", &shown[2]));
    assert_false(sl_shown_find(view->table, "detect", &shown[2]));
    assert_true(sl_shown_find(view->table, "detect.auroc", &shown[2]));
    sl_view_print(view, shown, 3, out);
}

static void
text_is_aligned(void **state)
{
    struct sl_call *call = *state;
    struct sl_view view;
    char *got;

    sl_view_init(&view, &table, call->arena);
    got = printed(print_text, &view);
    assert_string_equal(got, "  name     runs      detect.auroc\n"
                             "  plain       5      0.25 ± 0.055\n"
                             "  a,b         4  -1.5e-07 ± 5e-08\n"
                             "  say \"x\"     5          12.5 ± 0\n"
                             "  größe       0         undefined\n"
                             "              5              0.25\n"
                             "  tab in      3       1234567 ± 2\n");
    free(got);
}

static void
columns_that_do_not_fit_are_left_out(void **state)
{
    struct sl_sheet sheet = {.columns = 3};
    char *bytes = NULL;
    size_t count;
    FILE *out = open_memstream(&bytes, &count);

    (void)state;
    for (size_t i = 0; i < 6; i++)
        sl_sheet_cell(&sheet, "%s", i % 3 == 2 ? "wide, wide" : "abc");
    assert_int_equal(sl_sheet_print(&sheet, out, 22), 0);
    assert_int_equal(sl_sheet_print(&sheet, out, 21), 1);
    assert_int_equal(sl_sheet_print(&sheet, out, 3), 2);
    fclose(out);
    assert_string_equal(bytes, "  abc  abc  wide, wide\n  abc  abc  wide, wide\n"
                               "  abc  abc\n  abc  abc\n  abc\n  abc\n");
    sl_sheet_release(&sheet);
    free(bytes);
}

/* ---- ranking ------------------------------------------------------------------------ */

static const double loss[] = {0.5, 0.25, NONE, 0.25, 0.75, 0.125};
static const double auroc[] = {0.9, 0.8, 0.99, 0.8, 0.7, 0.6};

static void
points_are_ranked_with_ties(void **state)
{
    const struct sl_column of_loss = sl_column_double("loss", NULL, loss);
    const struct sl_ranking_goal goal = {"minimize loss", false, {.value = &of_loss}};
    struct sl_ranking r = {.goal_count = 1, .goals = &goal};
    const size_t rows[] = {0, 1, 2, 3, 4};
    struct sl_call *call = *state;

    sl_rank(&r, rows, 5, 6, call->arena);
    assert_rows(&(struct sl_view){.n = r.n, .rows = r.rows}, "1304");
    assert_int_equal(r.ranks[1], 1);
    assert_int_equal(r.ranks[3], 1);
    assert_int_equal(r.ranks[0], 3);
    assert_int_equal(r.ranks[4], 4);
    assert_int_equal(r.unranked_count, 1);
    assert_int_equal(r.unranked[0], 2);
}

static void
the_front_is_what_nothing_beats(void **state)
{
    const struct sl_column of_loss = sl_column_double("loss", NULL, loss);
    const struct sl_column of_auroc = sl_column_double("auroc", NULL, auroc);
    const struct sl_ranking_goal goals[] = {
        {"maximize auroc", true, {.value = &of_auroc}},
        {"minimize loss", false, {.value = &of_loss}},
    };
    struct sl_ranking r = {.goal_count = 2, .goals = goals};
    const size_t rows[] = {0, 1, 2, 3, 4, 5};
    struct sl_call *call = *state;

    sl_rank(&r, rows, 6, 6, call->arena);
    assert_rows(&(struct sl_view){.n = r.n, .rows = r.rows}, "0135");
    assert_int_equal(r.dominated, 1);
    assert_int_equal(r.unranked_count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fill, empty)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(conditions_choose_rows),
        TEST(wrong_conditions_are_told),
        TEST(columns_give_an_order),
        TEST(csv_is_quoted),
        TEST(json_reads_back),
        TEST(text_is_aligned),
        TEST(columns_that_do_not_fit_are_left_out),
        TEST(points_are_ranked_with_ties),
        TEST(the_front_is_what_nothing_beats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
