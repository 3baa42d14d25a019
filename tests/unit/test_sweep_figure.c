/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runner/plot/header.h"
#include "runner/plot/sweep_data.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define ROWS 8

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

/* Two values of a text, four of a number that only the metric `error` depends on, which no
 * run of the last point has. */
static struct sl_sweep_record
sample(void)
{
    static const double k[ROWS] = {0.1, 1, 10, 100, 0.1, 1, 10, 100};
    static const char *const layers[ROWS] = {"[8]", "[8]",    "[8]",    "[8]",
                                             "[2]", "[2, 2]", "[2, 2]", "[2, 2]"};
    static const double auroc[ROWS] = {0.75, 0.75, 0.75, 0.75, 0.5, 0.625, 0.625, 0.625};
    static const double error[ROWS] = {0.4,  0.31, 0.22, 0.13,
                                       0.45, 0.36, 0.27, (double)NAN};
    static const double n[ROWS] = {3, 3, 3, 3, 1, 3, 3, 0};
    static const char *const words[] = {"mean", "std", "low", "high", "n"};
    struct sl_column *columns = sl_arena_alloc(&arena, 12 * sizeof *columns);

    columns[0] = sl_column_text("train.layers", layers);
    columns[1] = sl_column_double("calibrate.k", NULL, k);
    for (size_t i = 0; i < 5; i++) {
        columns[2 + i] =
            sl_column_double(sl_arena_format(&arena, "detect.auroc.%s", words[i]), NULL,
                             i < 4 ? auroc : n);
        columns[7 + i] = sl_column_double(
            sl_arena_format(&arena, "detect.error.%s", words[i]), "1", i < 4 ? error : n);
    }
    return (struct sl_sweep_record){
        .name = "sample",
        .axes = "train.layers\ncalibrate.k",
        .objectives = "",
        .repeats = 3,
        .points = {ROWS, 12, columns},
    };
}

static void
open_view(struct sl_sweep_view *view, struct sl_sweep_drawing *drawing)
{
    struct sl_error err;

    assert_int_equal(sl_sweep_view_open(view, drawing, &arena, &err), SL_OK);
}

/* ---- what is shown ------------------------------------------------------------------- */

static void
axes_know_their_values(void **state)
{
    static const char *const metrics[] = {"detect.auroc"};
    struct sl_sweep_record sweep = sample();
    struct sl_sweep_drawing drawing = {.sweep = &sweep, .n = 1, .metrics = metrics};
    struct sl_sweep_view view;

    (void)state;
    open_view(&view, &drawing);
    assert_int_equal(view.n, ROWS);
    assert_int_equal(view.axis_count, 2);
    assert_false(view.axes[0].numeric);
    assert_int_equal(view.axes[0].count, 3);
    assert_string_equal(view.axes[0].texts[2], "[2, 2]");
    assert_int_equal(view.axes[0].index[4], 2);
    assert_true(view.axes[1].numeric && view.axes[1].logarithmic);
    assert_int_equal(view.axes[1].count, 4);
    assert_int_equal(view.axes[1].index[6], 3);
    assert_true(fabs(sl_view_place(&view.axes[1], 6) - 2 / 3.0) < 1e-12);
    assert_true(sl_view_place(&view.axes[0], 4) == 0.5);
}

static void
axes_that_do_nothing_go(void **state)
{
    static const char *const auroc[] = {"detect.auroc"}, *const error[] = {
                                                             "detect.error"};
    struct sl_sweep_record sweep = sample();
    struct sl_sweep_drawing drawing = {.sweep = &sweep, .n = 1, .metrics = auroc};
    struct sl_sweep_view view;

    (void)state;
    open_view(&view, &drawing);
    sl_sweep_view_narrow(&view, 1);
    assert_int_equal(view.axis_count, 1);
    assert_string_equal(view.axes[0].name, "train.layers");
    assert_int_equal(view.n, 3);
    assert_int_equal(view.rows[2], 5);

    open_view(&view, &drawing);
    sl_sweep_view_narrow(&view, 2);
    assert_int_equal(view.axis_count, 2);

    drawing.metrics = error;
    open_view(&view, &drawing);
    assert_int_equal(view.n, ROWS - 1);
    sl_sweep_view_narrow(&view, 0);
    assert_int_equal(view.axis_count, 2);
}

/* Numbers come first, and lines are in groups of the other axis. */
static void
rows_are_in_order(void **state)
{
    static const char *const metrics[] = {"detect.error"};
    static const size_t want[] = {0, 1, 2, 3, 4, 5, 6};
    struct sl_sweep_record sweep = sample();
    struct sl_sweep_drawing drawing = {.sweep = &sweep, .n = 1, .metrics = metrics};
    struct sl_sweep_view view;

    (void)state;
    open_view(&view, &drawing);
    sl_sweep_view_sort(&view);
    assert_string_equal(view.axes[0].name, "calibrate.k");
    assert_memory_equal(view.rows, want, sizeof want);
}

static void
metrics_are_the_objectives_or_a_guess(void **state)
{
    static const struct {
        const char *objectives, *first;
        size_t n;
    } cases[] = {
        {"", "detect.auroc", 1},
        {"minimize detect.error", "detect.error", 1},
        {"maximize detect.auroc\nminimize detect.error", "detect.auroc", 2},
        {"minimize train.lost", "detect.auroc", 1},
    };
    struct sl_sweep_record sweep = sample();
    const char *const *metrics;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        sweep.objectives = cases[i].objectives;
        assert_int_equal(sl_sweep_metrics(&sweep, &arena, &metrics), cases[i].n);
        assert_string_equal(metrics[0], cases[i].first);
    }
}

static void
figures_fit_by_what_they_show(void **state)
{
    static const struct {
        const char *script, *metric;
        bool want;
    } cases[] = {
        {"#: sweep points\n#: axes 1 2\n", "detect.error", true},
        {"#: sweep points\n#: axes 3\n", "detect.error", false},
        {"#: sweep points\n#: axes 2 2\n", "detect.error", true},
        {"#: sweep points\n#: axes 2 2\n", "detect.auroc", false},
        {"#: sweep points\n#: axes 1 1\n", "detect.auroc", true},
        {"#: sweep points\n#: metrics 2\n", "detect.error", false},
        {"#: sweep rungs\n", "detect.error", false},
        {"#: sweep points\n", "detect.loss", false},
    };
    struct sl_sweep_record sweep = sample();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sl_figure figure = {.name = "t", .script = cases[i].script};
        struct sl_sweep_drawing drawing = {
            .sweep = &sweep, .figure = &figure, .n = 1, .metrics = &cases[i].metric};
        struct sl_error err;

        assert_int_equal(sl_figure_parse("t.gp", &arena, &figure, &err), SL_OK);
        assert_int_equal(sl_sweep_figure_fits(&drawing, &arena), cases[i].want);
    }
}

static void
files_are_named_for_other_metrics(void **state)
{
    static const char *const own[] = {"detect.auroc"}, *const other[] = {
                                                           "detect/x.error"};
    struct sl_sweep_record sweep = sample();
    struct sl_figure figure = {.name = "sweep-metric"};
    struct sl_sweep_drawing drawing = {
        .sweep = &sweep, .figure = &figure, .n = 1, .metrics = own};

    (void)state;
    assert_string_equal(sl_sweep_figure_file(&drawing, &arena), "sweep-metric");
    drawing.metrics = other;
    assert_string_equal(sl_sweep_figure_file(&drawing, &arena),
                        "sweep-metric-detect_x.error");
}

/* ---- what a script gets -------------------------------------------------------------- */

static void
assert_holds(const struct sl_text *text, const char *part)
{
    if (!strstr(text->bytes, part))
        fail_msg("no '%s' in:\n%s", part, text->bytes);
}

static void
scripts_get_variables_and_points(void **state)
{
    static const char *const metrics[] = {"detect.auroc", "detect.error"};
    struct sl_sweep_record sweep = sample();
    struct sl_figure figure = {.name = "t", .subject = SL_OF_SWEEP, .metrics = 2};
    struct sl_sweep_drawing drawing = {
        .sweep = &sweep, .figure = &figure, .n = 2, .metrics = metrics};
    struct sl_text variables = {0}, blocks = {0};
    struct sl_sweep_view view;

    (void)state;
    sweep.objectives = "maximize detect.auroc\nminimize detect.error";
    open_view(&view, &drawing);
    sl_sweep_view_sort(&view);
    sl_sweep_variables(&view, &drawing, &variables);
    sl_sweep_blocks(&view, &drawing, &blocks);
    assert_holds(&variables, "array axis_names[2] = ['calibrate.k', 'train.layers']\n");
    assert_holds(&variables, "array axis_log[2] = [1, 0]\n");
    assert_holds(&variables, "array axis_texts_2[3] = ['[8]', '[2]', '[2, 2]']\n");
    assert_holds(&variables, "array metric_goals[2] = ['maximize', 'minimize']\n");
    assert_holds(&variables, "metric_mean(j) = 4 + 4 * j\n");
    assert_holds(&blocks, "# points\n0 0.1 1 0 1 1 0 0.75 0.75 0.75 3 0.4 0.4 0.4 3\n");
    assert_holds(&blocks, "\n\n4 0.1 1 0 2 2 0.5 0.5 0.5 0.5 1 ");
    assert_holds(&blocks, "# front\n3 0.75 0.13\n\n\n");
    sl_text_release(&variables);
    sl_text_release(&blocks);
}

/* Of four points two go on, of these one: the second of the first rung's. */
static void
rungs_follow_configurations(void **state)
{
    static const int64_t rung[] = {0, 0, 0, 0, 1, 1, 2}, kept[] = {0, 1, 1, 0, 1, 0, 0};
    static const int64_t horizon[] = {1, 1, 1, 1, 3, 3, 9};
    static const double value[] = {7, 5, 6, (double)NAN, 4, 4.5, 3};
    const struct sl_column columns[] = {
        sl_column_int("rung", rung),
        sl_column_int("horizon", horizon),
        sl_column_int("kept", kept),
        sl_column_double("value", NULL, value),
    };
    struct sl_table table = {7, 4, columns};
    struct sl_text variables = {0}, block = {0};

    (void)state;
    sl_sweep_rung_variables(&table, &variables);
    sl_sweep_rungs(&table, &arena, &block);
    assert_string_equal(variables.bytes, "rung_count = 3\n"
                                         "array rung_horizons[3] = [1, 3, 9]\n"
                                         "array rung_points[3] = [4, 2, 1]\n");
    assert_string_equal(block.bytes, "# rungs\n0 0 1 7 0 0\n\n"
                                     "1 0 1 5 1 2\n1 1 3 4 1 2\n1 2 9 3 0 2\n\n"
                                     "2 0 1 6 1 1\n2 1 3 4.5 0 1\n\n"
                                     "3 0 1 NaN 0 0\n\n\n");
    sl_text_release(&variables);
    sl_text_release(&block);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_know_their_values),
        cmocka_unit_test(axes_that_do_nothing_go),
        cmocka_unit_test(rows_are_in_order),
        cmocka_unit_test(metrics_are_the_objectives_or_a_guess),
        cmocka_unit_test(figures_fit_by_what_they_show),
        cmocka_unit_test(files_are_named_for_other_metrics),
        cmocka_unit_test(scripts_get_variables_and_points),
        cmocka_unit_test(rungs_follow_configurations),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
