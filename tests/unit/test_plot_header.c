/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runner/plot/header.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct sl_arena arena;

static int
setup(void **state)
{
    (void)state;
    sl_arena_init(&arena);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    sl_arena_release(&arena);
    return 0;
}

static void
test_header(void **state)
{
    static const char script[] = "# SPDX-License-Identifier: MIT\n"
                                 "# What it shows,\n# on two lines.\n"
                                 "#: series train/loss_* as monitored optional\n"
                                 "#: metric detect/type-1 optional\n"
                                 "#:tensor detect/examples rows 0 2 3 as ex\r\n"
                                 "#: size 460 123\n"
                                 "plot x # metric\n"
                                 "#: input detect/normal\n"
                                 "#: metric train*/ceiling as top\n"
                                 "#: tensor load/points_* columns 2 as p optional\n"
                                 "#: data 2\n";
    struct sl_figure figure = {.name = "t", .script = script};
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_figure_parse("t.gp", &arena, &figure, &err), SL_OK);
    assert_string_equal(figure.summary, "What it shows, on two lines.");
    assert_int_equal(figure.width, 460);
    assert_int_equal(figure.height, 123);
    assert_int_equal(figure.n, 6);
    assert_int_equal(figure.columns, 2);
    assert_false(figure.images);
    assert_string_equal(figure.needs[0].kind, "train");
    assert_string_equal(figure.needs[0].name, "loss_*");
    assert_string_equal(figure.needs[0].alias, "monitored");
    assert_true(figure.needs[0].optional && figure.needs[0].family);
    assert_string_equal(figure.needs[1].alias, "detect_type_1");
    assert_int_equal(figure.needs[1].type, SL_NEED_METRIC);
    assert_int_equal(figure.needs[2].row_count, 3);
    assert_int_equal(figure.needs[2].rows[2], 3);
    assert_string_equal(figure.needs[2].alias, "ex");
    assert_false(figure.needs[2].optional);
    assert_int_equal(figure.needs[3].type, SL_NEED_INPUT);
    assert_false(figure.needs[3].every);
    assert_true(figure.needs[4].every && !figure.needs[4].family);
    assert_string_equal(figure.needs[4].kind, "train");
    assert_string_equal(figure.needs[4].alias, "top");
    assert_int_equal(figure.needs[5].columns, 2);
    assert_true(figure.needs[5].family && figure.needs[5].optional);
}

static void
test_bad_headers(void **state)
{
    static const struct {
        const char *script, *want;
        unsigned line;
    } cases[] = {
        {"plot x\n", "no line '#: ...' says what it takes", 1},
        {"#: metric train/a\n#: metrik train/loss\n",
         "expected metric, series, tensor, input, data, sweep or size after '#:'", 2},
        {"#:\n", "expected metric, series, tensor, input, data, sweep or size after '#:'",
         1},
        {"#: metric\n", "expected KIND/NAME after 'metric'", 1},
        {"#: metric train/\n", "expected KIND/NAME after 'metric'", 1},
        {"#: metric layer/loss\n", "'layer' is no kind of stage", 1},
        {"#: metric train/loss optinal\n", "'optinal' means nothing here", 1},
        {"#: metric train/loss rows 0\n", "'rows' means nothing here", 1},
        {"#: metric train/loss as\n", "'as' means nothing here", 1},
        {"#: tensor train/w rows 0 9\n", "'9' means nothing here", 1},
        {"#: metric train/loss_*\n", "a family is of series or tensors", 1},
        {"#: metric */loss\n", "'' is no kind of stage", 1},
        {"#: series train*/loss_*\n", "a family is of one stage", 1},
        {"#: input detect*/normal\n", "an input is of one stage", 1},
        {"#: series train/loss columns 2\n", "'columns' means nothing here", 1},
        {"#: tensor train/w columns 0\n", "'columns' means nothing here", 1},
        {"#: data\n", "expected data COLUMNS, a whole number, or data images", 1},
        {"#: data 0\n", "expected data COLUMNS, a whole number, or data images", 1},
        {"#: data image\n", "expected data COLUMNS, a whole number, or data images", 1},
        {"#: data images 2\n", "expected data COLUMNS, a whole number, or data images",
         1},
        {"#: size 640\n", "expected size WIDTH HEIGHT, whole numbers up to 4000", 1},
        {"#: size 640 -1\n", "expected size WIDTH HEIGHT, whole numbers up to 4000", 1},
        {"#: size 0 10\n", "expected size WIDTH HEIGHT, whole numbers up to 4000", 1},
        {"#: size 99999 1\n", "expected size WIDTH HEIGHT, whole numbers up to 4000", 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sl_figure figure = {.name = "t", .script = cases[i].script};
        struct sl_error err;

        assert_int_equal(sl_figure_parse("t.gp", &arena, &figure, &err), SL_ERR_CONFIG);
        assert_string_equal(err.text, cases[i].want);
        assert_string_equal(err.mark.file, "t.gp");
        assert_int_equal(err.mark.line, cases[i].line);
    }
}

static void
test_names_meet(void **state)
{
    static const struct {
        const char *a, *b;
        bool want;
    } cases[] = {
        {"loss", "loss", true},
        {"loss", "loss_a", false},
        {"loss_a", "loss_*", true},
        {"loss_*", "loss_b", true},
        {"loss", "loss_*", false},
        {"*", "roc", true},
        {"loss_{monitor}", "loss_*", true},
        {"{metrics}", "auroc", true},
        {"loss_{monitor}", "roc", false},
        {"lo*", "loss_*", true},
        {"a*", "b*", false},
        {"roc", "auroc", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(sl_names_meet(cases[i].a, cases[i].b), cases[i].want);
        assert_int_equal(sl_names_meet(cases[i].b, cases[i].a), cases[i].want);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_names_meet),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
