/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "run_record.h"
#include "runner/base/publish.h"
#include "runner/plot/desk.h"
#include "runner/plot/draw.h"
#include "runner/plot/gnuplot.h"
#include "runner/plot/header.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct sl_arena arena;
static const char *desk, *gnuplot;

static int
setup(void **state)
{
    struct sl_error err;

    (void)state;
    sl_arena_init(&arena);
    gnuplot = sl_gnuplot_find(&arena);
    return sl_desk_make(&arena, &desk, &err) == SL_OK ? 0 : -1;
}

static int
teardown(void **state)
{
    (void)state;
    sl_desk_remove(desk);
    sl_arena_release(&arena);
    return 0;
}

static const char *
at_desk(const char *file)
{
    return sl_arena_format(&arena, "%s/%s", desk, file);
}

static void
put(const char *file, const char *text)
{
    struct sl_error err;

    assert_int_equal(sl_publish(at_desk(file), text, strlen(text), &err), SL_OK);
}

static char *
get(const char *file)
{
    struct sl_error err;
    char *bytes;
    size_t count;

    assert_int_equal(
        sl_file_read(at_desk(file), (size_t)1 << 24, &arena, &bytes, &count, &err),
        SL_OK);
    return bytes;
}

static bool
there(const char *file)
{
    return access(at_desk(file), F_OK) == 0;
}

/* ---- finding ------------------------------------------------------------------------- */

static void
test_find(void **state)
{
    const char *search[] = {at_desk("a"), at_desk("b"), at_desk("missing"), NULL};
    struct sl_string_list names;
    struct sl_figure figure;
    struct sl_error err;

    (void)state;
    put("a/loss-curve.gp", "# First.\n#: metric train/a\n");
    put("a/not-a-figure.txt", "");
    put("b/loss-curve.gp", "# Second.\n#: metric train/b\n");
    put("b/roc.gp", "# Third.\n#: metric detect/c\n");
    put("b/style.gp", "style = 1\n");
    names = sl_figure_names(search, &arena);
    assert_int_equal(names.n, 2);
    assert_string_equal(names.at[0], "loss-curve");
    assert_string_equal(names.at[1], "roc");

    assert_int_equal(sl_figure_read(search, "loss-curve", &arena, &figure, &err), SL_OK);
    assert_string_equal(figure.summary, "First.");
    assert_string_equal(figure.style, "style = 1\n");
    assert_int_equal(sl_figure_read(search, "los-curve", &arena, &figure, &err),
                     SL_ERR_CONFIG);
    assert_string_equal(err.text,
                        "unknown figure 'los-curve'; did you mean 'loss-curve'?");
    assert_int_equal(sl_figure_read(search, "../b/roc", &arena, &figure, &err),
                     SL_ERR_CONFIG);
    assert_int_equal(sl_figure_read(search, "style", &arena, &figure, &err),
                     SL_ERR_CONFIG);
    assert_int_equal(sl_figure_read(search + 2, "roc", &arena, &figure, &err),
                     SL_ERR_CONFIG);
    assert_non_null(strstr(err.text, "no folder of figures was found"));
}

static void
test_search(void **state)
{
    const char *const *search;

    (void)state;
    setenv("SLUICE_PLOT_PATH", "/one:/two", 1);
    search = sl_figure_search(&arena, "sluice", NULL);
    assert_string_equal(search[0], "/one");
    assert_string_equal(search[1], "/two");
    unsetenv("SLUICE_PLOT_PATH");
}

/* ---- checking ------------------------------------------------------------------------ */

static const struct sl_result train_results[] = {
    {"loss", SL_RESULT_SERIES, NULL, NULL},
    {"loss_*", SL_RESULT_SERIES, NULL, NULL},
    {"loss", SL_RESULT_METRIC, NULL, NULL},
    SL_RESULT_END,
};
static const struct sl_module trainer = {.entry = {.name = "flow"},
                                         .results = train_results};
static const struct sl_row train_row = {.table = SL_TRAIN, .as = {&trainer.entry}};

static void
test_check(void **state)
{
    static const struct {
        const char *script, *want; /* NULL: nothing to complain of */
    } cases[] = {
        {"#: series train/loss\n#: series train/loss_validation\n", NULL},
        {"#: series train/loss\n#: metric detect/x optional\n", NULL},
        {"#: input train/split\n", NULL},
        {"#: series train/los\n",
         "figure 'c' needs the series 'los', which module 'flow' "
         "of stage 'fit' does not record"},
        {"#: tensor train/loss\n", "figure 'c' needs the tensor 'loss', which module "
                                   "'flow' of stage 'fit' does not record"},
        {"#: metric train/loss\n#: tensor detect/roc\n#: metric detect/auroc\n",
         "figure 'c' needs a stage of kind 'detect', and there is none"},
        {"#: metric\n", "expected KIND/NAME after 'metric'"},
    };
    const struct sl_stage stage = {.name = "fit", .row = &train_row, .module = &trainer};
    const struct sl_experiment experiment = {.n = 1, .stages = &stage};
    const char *search[] = {at_desk("check"), NULL};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sl_report report;

        sl_report_init(&report, &arena);
        put("check/c.gp", cases[i].script);
        sl_figure_check(&experiment, "c", (struct sl_mark){"e.yaml", 7, 3}, search,
                        &arena, &report);
        assert_int_equal(report.errors, cases[i].want != NULL);
        if (cases[i].want)
            assert_string_equal(report.problems[0].text, cases[i].want);
    }
}

static void
test_check_data(void **state)
{
    static const struct {
        const char *script;
        size_t d, height;
        const char *want; /* NULL: nothing to complain of */
    } cases[] = {
        {"#: data 1\n", 1, 0, NULL},
        {"#: data 1\n", 0, 0, NULL}, /* it is not known yet */
        {"#: data images\n", 784, 28, NULL},
        {"#: data images\n", 0, 0, NULL},
        {"#: data 1\n", 2, 0,
         "figure 'd' is for rows of 1 column, and those of stage 'fit' have 2"},
        {"#: data 2\n", 784, 28,
         "figure 'd' is for rows of 2 columns, and those of stage 'fit' have 784"},
        {"#: data images\n", 2, 0,
         "figure 'd' is for images, and the rows of stage 'fit' are none"},
    };
    const char *search[] = {at_desk("check"), NULL};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sl_stage stages[] = {
            {.name = "a", .row = &train_row, .module = &trainer, .schema = {.d = 784}},
            {.name = "fit", .row = &train_row, .module = &trainer},
        };
        struct sl_experiment experiment = {.n = 1, .stages = stages + 1};
        struct sl_report report;

        stages[1].schema = (struct sl_schema){.d = cases[i].d, .height = cases[i].height};
        put("check/d.gp",
            sl_arena_format(&arena, "#: series train*/loss\n%s", cases[i].script));
        sl_report_init(&report, &arena);
        sl_figure_check(&experiment, "d", (struct sl_mark){"e.yaml", 7, 3}, search,
                        &arena, &report);
        assert_int_equal(report.errors, cases[i].want != NULL);
        if (cases[i].want) {
            assert_string_equal(report.problems[0].text, cases[i].want);
            assert_int_equal(report.problems[0].mark.line, 7);
        }
    }
}

/* One stage that it can show is enough. */
static void
test_check_data_of_one(void **state)
{
    const struct sl_stage stages[] = {
        {.name = "a", .row = &train_row, .module = &trainer, .schema = {.d = 2}},
        {.name = "b", .row = &train_row, .module = &trainer, .schema = {.d = 784}},
    };
    const struct sl_experiment experiment = {.n = 2, .stages = stages};
    const char *search[] = {at_desk("check"), NULL};
    struct sl_report report;

    (void)state;
    put("check/one.gp", "#: series train/loss\n#: data 2\n");
    sl_report_init(&report, &arena);
    sl_figure_check(&experiment, "one", (struct sl_mark){"e.yaml", 7, 3}, search, &arena,
                    &report);
    assert_int_equal(report.errors, 0);
}

static void
test_check_unknown(void **state)
{
    const struct sl_experiment experiment = {.n = 0};
    const char *search[] = {at_desk("check"), NULL};
    struct sl_report report;

    (void)state;
    put("check/histogram.gp", "#: metric train/loss\n");
    sl_report_init(&report, &arena);
    sl_figure_check(&experiment, "histgram", (struct sl_mark){"e.yaml", 7, 3}, search,
                    &arena, &report);
    assert_int_equal(report.errors, 1);
    assert_string_equal(report.problems[0].text,
                        "unknown figure 'histgram'; did you mean 'histogram'?");
    assert_int_equal(report.problems[0].mark.line, 7);
}

/* ---- drawing ------------------------------------------------------------------------- */

static enum sl_status
draw(const struct sl_run_record *run, const char *name, const char *program,
     struct sl_error *err)
{
    const char *search[] = {at_desk("plots"), NULL};
    struct sl_figure figure;
    struct sl_drawing drawing = {
        .run = run,
        .figure = &figure,
        .folder = at_desk("out"),
        .formats = SL_SVG | SL_PNG,
        .gnuplot = program,
    };

    SL_TRY(sl_figure_read(search, name, &arena, &figure, err));
    return sl_figure_draw(&drawing, &arena, err);
}

#define STYLE                                                                            \
    "set terminal (format eq 'svg' ? 'svg' : 'png')\n"                                   \
    "set output picture\n"

static void
test_data(void **state)
{
    static double loss[] = {0.5, 0.25, (double)NAN}, at[] = {10, 20, 30};
    static float cube[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9.5f, 10, 0.1f};
    struct sl_tensor tensor = {SL_F32, 3, {2, 2, 3}, cube};
    struct sl_stage_record stages[] = {
        run_record_stage(&arena, "train", "train", ""),
        run_record_stage(&arena, "detect", "detect",
                         "normal=test anomalous=it's split=x"),
    };
    struct sl_run_record run = {
        .name = "n'\n`id`", .seed = UINT64_MAX, .n = 2, .stages = stages};
    struct sl_error err;
    const char *script;

    (void)state;
    put("plots/style.gp", STYLE);
    put("plots/data.gp", "# Shows.\n#: tensor detect/cube rows 2 0\n"
                         "#: series train/loss\n#: series train/loss_* as m\n"
                         "#: metric detect/auroc\n#: metric detect/none optional\n"
                         "#: input detect/normal\n#: input detect/anomalous\n"
                         "#: input detect/lit\n#: tensor detect/no optional\n");
    run_record_add(&stages[0].series, "loss", sl_tensor_vector(SL_F64, loss, 3),
                   "iteration", at);
    run_record_add(&stages[0].series, "loss_a'b", sl_tensor_vector(SL_F64, loss, 1),
                   "epoch", at);
    run_record_add(&stages[1].tensors, "cube", tensor, NULL, NULL);
    run_record_metric(&stages[1].metrics, "auroc", 0.9973);

    assert_int_equal(draw(&run, "data", NULL, &err), SL_OK);
    assert_false(there("out/data.svg"));
    assert_string_equal(get("out/data.dat"), "# detect/cube\n0 3\n6 9.5\n1 4\n7 10\n2 5\n"
                                             "8 0.100000001\n\n\n"
                                             "# train/loss\n10 0.5\n20 0.25\n30 NaN\n\n\n"
                                             "# m/1\n10 0.5\n\n\n");
    script = get("out/data.gp");
    static const char *const lines[] = {
        "# Shows.\n",
        "\ndata = 'data.dat'\n",
        "\nexperiment = 'n'.\"'\".'`id`'\n",
        "\nseed = '18446744073709551615'\n",
        "\ndetect_cube_shape = '2 2 3'\n",
        "\ntrain_loss_shape = '3'\n",
        "\ntrain_loss_axis = 'iteration'\n",
        "\nm_count = 1\narray m_names[1] = ['a'.\"'\".'b']\n",
        "\ndetect_auroc = 0.9973\n",
        "\ndetect_none = NaN\n",
        "\ndetect_normal = 'test'\n",
        "\ndetect_anomalous = 'it'.\"'\".'s'\n",
        "\ndetect_lit = 'lit'\n",
        "\ndetect_no_shape = ''\n",
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        if (!strstr(script, lines[i]))
            fail_msg("no %s in\n%s", lines[i], script);
}

static void
skip_without_gnuplot(void)
{
    if (!gnuplot) {
        print_message("no gnuplot here\n");
        skip();
    }
}

static void
test_draw(void **state)
{
    struct sl_stage_record stages[] = {run_record_stage(&arena, "train", "train", "")};
    struct sl_run_record run = {
        .name = "'; system \"touch x\"", .n = 1, .stages = stages};
    struct sl_error err;
    char *svg, *png;

    (void)state;
    skip_without_gnuplot();
    put("plots/style.gp", STYLE);
    put("plots/one.gp",
        "#: metric train/loss\nset title experiment noenhanced\nplot train_loss\n");
    run_record_metric(&stages[0].metrics, "loss", 0.0119);
    assert_int_equal(draw(&run, "one", gnuplot, &err), SL_OK);
    svg = get("out/one.svg");
    png = get("out/one.png");
    assert_non_null(strstr(svg, "; system \"touch x\""));
    assert_memory_equal(png, "\x89PNG", 4);

    /* The same bytes again, and from the script by itself. */
    struct sl_gnuplot call = {gnuplot, at_desk("out"), "one.gp", 30000};

    assert_int_equal(unlink(at_desk("out/one.svg")), 0);
    assert_int_equal(sl_gnuplot_run(&call, &err), SL_OK);
    assert_string_equal(get("out/one.svg"), svg);
    assert_int_equal(draw(&run, "one", gnuplot, &err), SL_OK);
    assert_string_equal(get("out/one.svg"), svg);
}

static void
test_draw_fails(void **state)
{
    struct sl_stage_record stages[] = {run_record_stage(&arena, "train", "train", "")};
    struct sl_run_record run = {.name = "n", .n = 1, .stages = stages};
    struct sl_error err;

    (void)state;
    skip_without_gnuplot();
    put("plots/style.gp", STYLE);
    put("plots/wrong.gp", "#: metric train/loss\nplot nosuch(x)\n");
    put("plots/empty.gp", "#: metric train/loss\nset output\n");
    run_record_metric(&stages[0].metrics, "loss", 0.0119);
    assert_int_equal(draw(&run, "wrong", gnuplot, &err), SL_ERR_IO);
    assert_non_null(strstr(err.text, "gnuplot failed on 'wrong.gp': "));
    assert_non_null(strstr(err.text, "undefined function: nosuch"));
    assert_false(there("out/wrong.dat") || there("out/wrong.gp"));
    assert_int_equal(draw(&run, "empty", gnuplot, &err), SL_ERR_IO);
    assert_false(there("out/empty.dat") || there("out/empty.svg"));
}

static void
test_missing(void **state)
{
    static const struct {
        const char *script, *want;
    } cases[] = {
        {"#: metric train/auroc\n", "stage 'train' did not record the metric 'auroc'"},
        {"#: series train/los\n", "stage 'train' did not record the series 'los'"},
        {"#: series train/loss\n#: tensor train/w_* as w\n",
         "stage 'train' did not record the tensor 'w_*'"},
        {"#: metric train/loss\n#: metric detect/auroc\n",
         "the run has no stage of kind 'detect'"},
        {"#: metric sample/loss\n", "the run has no stage of kind 'sample'"},
        {"#: tensor train/v rows 1\n",
         "tensor 'v' has rank 1, and dimension 1 is to make up lines"},
        {"#: tensor train/v columns 2\n",
         "tensor 'v' makes 1 columns, and the figure shows 2"},
        {"#: metric train*/auroc\n", "stage 'train' did not record the metric 'auroc'"},
        {"#: series detect*/loss\n", "the run has no stage of kind 'detect'"},
        {"#: metric train/loss\n#: metric sample*/ks as ks\n",
         "the run has no stage of kind 'sample'"},
    };
    static double values[] = {1.5, 2.5};
    struct sl_stage_record stages[] = {run_record_stage(&arena, "train", "train", "")};
    struct sl_run_record run = {.name = "n", .n = 1, .stages = stages};
    struct sl_error err;

    (void)state;
    run_record_metric(&stages[0].metrics, "loss", 0.0119);
    run_record_add(&stages[0].series, "loss", sl_tensor_vector(SL_F64, values, 2),
                   "epoch", NULL);
    run_record_add(&stages[0].tensors, "v", sl_tensor_vector(SL_F64, values, 2), NULL,
                   NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        put("plots/m.gp", cases[i].script);
        assert_int_equal(draw(&run, "m", NULL, &err), SL_ERR_SHAPE);
        assert_string_equal(err.text, cases[i].want);
        assert_false(there("out/m.gp"));
    }
}

/* One picture a stage, and each takes the calibration nearest before it. */
static void
test_several_stages(void **state)
{
    struct sl_stage_record stages[] = {
        run_record_stage(&arena, "cal-a", "calibrate", ""),
        run_record_stage(&arena, "detect", "detect", "normal=a"),
        run_record_stage(&arena, "cal-b", "calibrate", ""),
        run_record_stage(&arena, "../x y", "detect", "normal=b"),
    };
    struct sl_run_record run = {.name = "n", .n = 4, .stages = stages};
    struct sl_error err;

    (void)state;
    put("plots/two.gp", "#: input detect/normal\n#: metric calibrate/threshold\n");
    run_record_metric(&stages[0].metrics, "threshold", 0.25);
    run_record_metric(&stages[2].metrics, "threshold", 0.75);
    assert_int_equal(draw(&run, "two", NULL, &err), SL_OK);
    assert_false(there("out/two.gp"));
    assert_non_null(strstr(get("out/two-detect.gp"), "calibrate_threshold = 0.25\n"));
    assert_non_null(strstr(get("out/two-detect.gp"), "detect_normal = 'a'\n"));
    assert_non_null(strstr(get("out/two-___x_y.gp"), "calibrate_threshold = 0.75\n"));
    assert_non_null(strstr(get("out/two-___x_y.gp"), "detect_normal = 'b'\n"));
}

/* One picture of all stages; what some of them lack has its place. */
static void
test_every_stage(void **state)
{
    static double loss[] = {2.5, 1.25};
    struct sl_stage_record stages[] = {
        run_record_stage(&arena, "load", "load", ""),
        run_record_stage(&arena, "three", "train", ""),
        run_record_stage(&arena, "it's", "train", ""),
        run_record_stage(&arena, "two", "train", ""),
    };
    struct sl_run_record run = {.name = "n", .n = 4, .stages = stages};
    struct sl_error err;

    (void)state;
    put("plots/every.gp", "#: series train*/loss as l\n#: metric train*/ceiling as c\n"
                          "#: metric load/entropy\n#: metric detect*/x as x optional\n");
    run_record_metric(&stages[0].metrics, "entropy", 1.0986);
    run_record_metric(&stages[1].metrics, "ceiling", -10.25);
    run_record_metric(&stages[3].metrics, "ceiling", -11.75);
    run_record_add(&stages[1].series, "loss", sl_tensor_vector(SL_F64, loss, 1), "epoch",
                   NULL);
    run_record_add(&stages[2].series, "loss", sl_tensor_vector(SL_F64, loss, 2), "epoch",
                   NULL);
    assert_int_equal(draw(&run, "every", NULL, &err), SL_OK);
    assert_string_equal(get("out/every.dat"),
                        "# l/1\n1 2.5\n\n\n# l/2\n1 2.5\n2 1.25\n\n\n");
    static const char *const lines[] = {
        "\nl_1_shape = '1'\n",
        "\nl_2_axis = 'epoch'\n",
        "\nl_3_shape = ''\n",
        "\nl_count = 3\narray l_names[3] = ['three', 'it'.\"'\".'s', 'two']\n",
        "\nc_count = 3\n",
        "\narray c[3] = [-10.25, NaN, -11.75]\n",
        "\nload_entropy = 1.0986\n",
        "\nx_count = 0\n",
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        if (!strstr(get("out/every.gp"), lines[i]))
            fail_msg("no %s in\n%s", lines[i], get("out/every.gp"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_check_unknown),
        cmocka_unit_test(test_data),
        cmocka_unit_test(test_draw),
        cmocka_unit_test(test_draw_fails),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_several_stages),
        cmocka_unit_test(test_check_data),
        cmocka_unit_test(test_check_data_of_one),
        cmocka_unit_test(test_every_stage),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
