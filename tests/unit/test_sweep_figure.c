/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runner/plot/desk.h"
#include "runner/plot/gnuplot.h"
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

/* A value of points alone that failed would leave a part of the axis empty. */
static void
axes_end_where_points_do(void **state)
{
    static const char *const metrics[] = {"detect.error"};
    static const double error[ROWS] = {(double)NAN, 0.31, 0.22, 0.13,
                                       (double)NAN, 0.36, 0.27, 0.2};
    struct sl_sweep_record sweep = sample();
    struct sl_sweep_drawing drawing = {.sweep = &sweep, .n = 1, .metrics = metrics};
    struct sl_column *columns = (struct sl_column *)(uintptr_t)sweep.points.columns;
    struct sl_sweep_view view;

    (void)state;
    columns[7].at.doubles = error;
    open_view(&view, &drawing);
    assert_int_equal(view.n, ROWS - 2);
    assert_int_equal(view.axes[0].count, 2); /* [2] failed */
    assert_int_equal(view.axes[1].count, 3);
    assert_true(view.axes[1].low == 1 && view.axes[1].high == 100);
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

static void
headers_that_are_wrong_are_told(void **state)
{
    static const struct {
        const char *script, *want;
        unsigned line;
    } cases[] = {
        {"#: sweep\n", "expected sweep points or sweep rungs", 1},
        {"#: sweep runs\n", "expected sweep points or sweep rungs", 1},
        {"#: sweep points\n#: axes\n", "expected axes LEAST [MOST]", 2},
        {"#: sweep points\n#: axes 3 2\n", "expected axes LEAST [MOST]", 2},
        {"#: sweep points\n#: axes 1 2 3\n", "expected axes LEAST [MOST]", 2},
        {"#: sweep points\n#: metrics 0\n", "expected metrics N, from 1 to 8", 2},
        {"#: sweep points\n#: metric train/loss\n",
         "a figure of a sweep takes nothing of a run", 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sl_figure figure = {.name = "t", .script = cases[i].script};
        struct sl_error err;

        assert_int_equal(sl_figure_parse("t.gp", &arena, &figure, &err), SL_ERR_CONFIG);
        assert_string_equal(err.text, cases[i].want);
        assert_int_equal(err.mark.line, cases[i].line);
    }
}

/* ---- what a script gets -------------------------------------------------------------- */

static void
assert_holds(const struct sl_text *text, const char *part)
{
    if (!strstr(text->bytes, part))
        fail_msg("no '%s' in:\n%s", part, text->bytes);
}

/* Values with many digits have few, unless two of them, or their places, would be one. */
static void
values_are_shown_short(void **state)
{
    static const struct {
        double k[ROWS];
        const char *want;
    } cases[] = {
        {{0.00793700525984, 0.01, 0.0125992104989, 1024, 65536, 1234567, 2e7, 3e7},
         "[8] = ['0.00794', '0.01', '0.0126', '1024', '65536', '1234567', "},
        {{1000.00124999, 1000.00375111, 1000.00624888, 2385, 2385, 2385, 2385, 2385},
         "[4] = ['1000.0012', '1000.0038', '1000.0062', '2385']"},
        {{0.123456789, 1, 1, 1, 1, 1, 1, 1}, "[2] = ['0.123', '1']"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_sweep_record sweep = sample();
        struct sl_column columns[12];
        struct sl_figure figure = {.name = "t", .subject = SL_OF_SWEEP};
        struct sl_sweep_drawing drawing = {.sweep = &sweep, .figure = &figure};
        struct sl_text variables = {0};
        struct sl_sweep_view view;

        memcpy(columns, sweep.points.columns, sizeof columns);
        columns[1].at.doubles = cases[i].k;
        sweep.points.columns = columns;
        open_view(&view, &drawing);
        sl_sweep_view_sort(&view);
        sl_sweep_variables(&view, &drawing, &variables);
        assert_holds(&variables, cases[i].want);
        sl_text_release(&variables);
    }
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
    assert_holds(&variables, "array axis_numbers_1[4] = [0.1, 1.0, 10.0, 100.0]\n");
    assert_holds(&variables, "array axis_texts_2[3] = ['[8]', '[2]', '[2, 2]']\n");
    assert_holds(&variables, "array metric_goals[2] = ['maximize', 'minimize']\n");
    assert_holds(&variables, "metric_mean(j) = 8 + 4 * (j - 1)\n");
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

/* ---- the figures there are ----------------------------------------------------------- */

/* A sweep that a script might stumble over. */
struct odd {
    size_t rows, axes,
        texts;        /* texts: of the axes, from the end; the others are numbers */
    size_t values;    /* distinct, of each axis */
    double low, high; /* of the metrics */
    const char *text, *objectives;
    uint64_t repeats;
};

static const char *
odd_name(size_t i)
{
    static const char *const names[] = {"train.it's", "b.`id`", "load.{/Bold x}", "d.%s"};

    return names[i];
}

static struct sl_column
odd_axis(const struct odd *odd, size_t axis)
{
    double *numbers = sl_arena_alloc(&arena, odd->rows * sizeof *numbers);
    const char **texts = sl_arena_alloc(&arena, odd->rows * sizeof *texts);
    size_t stride = 1;

    for (size_t a = 0; a < axis; a++)
        stride *= odd->values;
    for (size_t i = 0; i < odd->rows; i++) {
        size_t value = i / stride % odd->values;
        numbers[i] = pow(4, (double)value);
        texts[i] = sl_arena_format(&arena, "%s%zu", odd->text, value);
    }
    if (axis >= odd->axes - odd->texts)
        return sl_column_text(odd_name(axis), texts);
    return sl_column_double(odd_name(axis), NULL, numbers);
}

/* m.a and m.b, with intervals where there are repeats; one point in five has none. */
static void
add_metrics(const struct odd *odd, struct sl_column *columns)
{
    static const char *const words[] = {"mean", "low", "high", "n"};
    double *mean = sl_arena_alloc(&arena, odd->rows * sizeof *mean);
    double *none = sl_arena_alloc(&arena, odd->rows * sizeof *none);
    double *n = sl_arena_alloc(&arena, odd->rows * sizeof *n);

    for (size_t i = 0; i < odd->rows; i++) {
        double part = odd->rows > 1 ? (double)i / (double)(odd->rows - 1) : 0;
        mean[i] = i % 5 == 4 ? (double)NAN : odd->low + part * (odd->high - odd->low);
        none[i] = (double)NAN;
        n[i] = i % 5 == 4 ? 0 : (double)odd->repeats;
    }
    for (size_t i = 0; i < 8; i++) {
        bool missing = odd->repeats == 1 && (i % 4 == 1 || i % 4 == 2);
        columns[i] = sl_column_double(
            sl_arena_format(&arena, "m.%c.%s", i < 4 ? 'a' : 'b', words[i % 4]), "nats",
            i % 4 == 3 ? n
            : missing  ? none
                       : mean);
    }
}

static struct sl_table
odd_rungs(void)
{
    static const int64_t rung[] = {0, 0, 0, 1}, horizon[] = {2, 2, 2, 6},
                         kept[] = {0, 1, 0, 0};
    static const double value[] = {3, 1, (double)NAN, 0.5};
    static const struct sl_column columns[] = {
        {"rung", NULL, SL_COLUMN_INT, {.ints = rung}},
        {"horizon", NULL, SL_COLUMN_INT, {.ints = horizon}},
        {"kept", NULL, SL_COLUMN_INT, {.ints = kept}},
        {"value", NULL, SL_COLUMN_DOUBLE, {.doubles = value}},
    };

    return (struct sl_table){4, 4, columns};
}

static struct sl_sweep_record
odd_sweep(const struct odd *odd)
{
    struct sl_column *columns = sl_arena_alloc(&arena, (odd->axes + 8) * sizeof *columns);
    struct sl_text axes = {0};
    struct sl_sweep_record sweep = {
        .name = odd->text,
        .objectives = odd->objectives,
        .repeats = odd->repeats,
        .points = {odd->rows, odd->axes + 8, columns},
        .rungs = odd_rungs(),
    };

    for (size_t a = 0; a < odd->axes; a++) {
        columns[a] = odd_axis(odd, a);
        sl_text_format(&axes, "%s%s", a ? "\n" : "", odd_name(a));
    }
    add_metrics(odd, columns + odd->axes);
    sweep.axes = sl_arena_string(&arena, axes.bytes);
    sl_text_release(&axes);
    return sweep;
}

static void
draw_odd(const struct odd *odd, const struct sl_figure *figure, const char *folder)
{
    static const char *const metrics[] = {"m.a", "m.b"};
    struct sl_sweep_record sweep = odd_sweep(odd);
    struct sl_sweep_drawing drawing = {
        .sweep = &sweep,
        .figure = figure,
        .n = figure->metrics,
        .metrics = metrics,
        .folder = folder,
        .formats = SL_SVG | SL_PNG,
        .gnuplot = sl_gnuplot_find(&arena),
    };
    struct sl_error err;

    if (figure->subject == SL_OF_RUN || figure->least_axes > odd->axes)
        return;
    if (sl_sweep_figure_draw(&drawing, &arena, &err))
        fail_msg("%s, %zu axes of '%s': %s", figure->name, odd->axes, odd->text,
                 err.text);
}

static void
the_figures_show_any_sweep(void **state)
{
    static const struct odd odds[] = {
        {1, 1, 0, 1, 0.5, 0.5, "a", "", 1},
        {12, 2, 1, 4, 0.001, 0.4, "[64, 8], ", "minimize m.a\nmaximize m.b", 5},
        {9, 2, 2, 3, -3.5, 8, "it's; `id` {/Bold x}_y %s\\n\"", "maximize m.a", 1},
        {16, 2, 0, 4, 0, 0, "x", "minimize m.b\nminimize m.a", 2},
        {130, 1, 1, 130, 1e-9, 1e9, "a rather long text that says very much, ", "", 3},
        {130, 1, 0, 130, 1, 2, "", "", 3},
        {64, 4, 2, 3, 2, 90, "relu", "minimize m.a", 1},
        {40, 2, 0, 40, 5, 1e5, "x", "", 2},
        {3, 1, 1, 3, 1e-6, 1e-4, "", "", 1},
    };
    const char *search[] = {SL_TEST_PLOTS, NULL}, *desk;
    struct sl_string_list names = sl_figure_names(search, &arena);
    struct sl_figure figure;
    struct sl_error err;

    (void)state;
    if (!sl_gnuplot_find(&arena)) {
        print_message("no gnuplot here\n");
        skip();
    }
    assert_int_equal(sl_desk_make(&arena, &desk, &err), SL_OK);
    for (size_t i = 0; i < COUNT(odds) * names.n; i++) {
        assert_int_equal(
            sl_figure_read(search, names.at[i % names.n], &arena, &figure, &err), SL_OK);
        draw_odd(&odds[i / names.n], &figure, desk);
    }
    sl_desk_remove(desk);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_know_their_values),
        cmocka_unit_test(axes_end_where_points_do),
        cmocka_unit_test(axes_that_do_nothing_go),
        cmocka_unit_test(rows_are_in_order),
        cmocka_unit_test(metrics_are_the_objectives_or_a_guess),
        cmocka_unit_test(figures_fit_by_what_they_show),
        cmocka_unit_test(files_are_named_for_other_metrics),
        cmocka_unit_test(headers_that_are_wrong_are_told),
        cmocka_unit_test(values_are_shown_short),
        cmocka_unit_test(scripts_get_variables_and_points),
        cmocka_unit_test(rungs_follow_configurations),
        cmocka_unit_test(the_figures_show_any_sweep),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
