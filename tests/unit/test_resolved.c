/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glob.h>

#include <cmocka.h>

#include "runner/command/composed.h"
#include "runner/command/resolved.h"
#include "runner/pipeline/runs.h"

static struct sl_arena arena;
static struct sl_report report;
static char written[] = "/tmp/sluice-resolved-XXXXXX";

static int
set_up(void **state)
{
    int fd = mkstemp(written);

    (void)state;
    sl_arena_init(&arena);
    sl_report_init(&report, &arena);
    /* where no folder `configs` is in the way of the search path's */
    return fd < 0 || chdir("/") != 0 ? -1 : close(fd);
}

static int
tear_down(void **state)
{
    (void)state;
    sl_arena_release(&arena);
    unlink(written);
    memcpy(written + sizeof written - 7, "XXXXXX", 6);
    return 0;
}

static const char *const search[] = {SL_TEST_SOURCE "/configs", NULL};

static struct sl_compose *
composing(void)
{
    struct sl_compose *compose = SL_NEW(&arena, struct sl_compose);

    *compose = (struct sl_compose){
        .arena = &arena, .report = &report, .registry = &sl_builtin, .search = search};
    return compose;
}

static struct sl_runs
read_runs(const char *path, const char *const *words, size_t n)
{
    struct sl_runs_call *what = SL_NEW(&arena, struct sl_runs_call);
    struct sl_runs runs;
    struct sl_error err;

    *what = (struct sl_runs_call){
        .compose = composing(), .path = path, .n = n, .overrides = words};
    assert_int_equal(sl_runs_read(what, &runs, &err), SL_OK);
    if (report.errors)
        fail_msg("%s:%u: %s", report.problems[0].mark.file,
                 (unsigned)report.problems[0].mark.line, report.problems[0].text);
    assert_true(runs.n > 0);
    return runs;
}

/* The resolved text of a file, which lies in `written` then. */
static const char *
resolve(const char *path, const char *const *words, size_t n)
{
    struct sl_outline outline = {&sl_builtin, &arena, NULL};
    struct sl_interpolation interpolation;
    struct sl_resolved_line *lines;
    struct sl_node *tree;
    struct sl_text text = {0};
    struct sl_error err;
    FILE *file = fopen(written, "w");
    const char *copy;
    size_t count;

    assert_int_equal(sl_compose(composing(), path, words, n, &tree, &err), SL_OK);
    assert_non_null(tree);
    if (!sl_node_get(tree, "sweep")) {
        sl_interpolation_init(&interpolation, composing(), tree);
        tree = sl_interpolate(&interpolation, tree);
    }
    outline.tree = tree;
    count = sl_resolve(&outline, sl_node_get(tree, "sweep") == NULL, &lines);
    sl_resolved_print(lines, count, &arena, &text);
    assert_non_null(file);
    assert_true(fputs(text.bytes, file) >= 0);
    assert_int_equal(fclose(file), 0);
    copy = sl_arena_string(&arena, text.bytes);
    sl_text_release(&text);
    return copy;
}

/* Files beside the experiment are named in full in what it resolves to. */
static const char *
without_folder(const char *text, const char *path)
{
    size_t count = (size_t)(strrchr(path, '/') - path) + 1;
    const char *folder = sl_arena_copy(&arena, path, count), *found;
    struct sl_text out = {0};

    while ((found = strstr(text, folder))) {
        sl_text_format(&out, "%.*s", (int)(found - text), text);
        text = found + count;
    }
    sl_text_append(&out, text);
    const char *copy = sl_arena_string(&arena, out.bytes);
    sl_text_release(&out);
    return copy;
}

static void
assert_same_run(const char *path, const struct sl_run_config *a,
                const struct sl_run_config *b)
{
    struct sl_text x = {0}, y = {0};

    sl_experiment_print(a->experiment, &x);
    sl_experiment_print(b->experiment, &y);
    assert_string_equal(x.bytes, without_folder(y.bytes, path));
    assert_string_equal(a->label, b->label);
    sl_text_release(&x);
    sl_text_release(&y);
}

/* What the resolved file means is what the file means: its runs are the same. */
static void
assert_same_runs(const char *path, const char *const *words, size_t n)
{
    enum { COMPARED = 25 };
    struct sl_runs runs = read_runs(path, words, n), again;
    size_t step = runs.n / COMPARED + 1;

    resolve(path, words, n);
    again = read_runs(written, NULL, 0);
    assert_int_equal(again.n, runs.n);
    for (size_t i = 0; i < runs.n; i += step)
        assert_same_run(path, &runs.at[i], &again.at[i]);
}

/* Whether the sweep of a file chooses what it uses: then there is nothing to resolve it to
 * but one point. */
static bool
chooses_files(const char *path)
{
    struct sl_runs runs = read_runs(path, NULL, 0);

    for (size_t i = 0; i < runs.sweep.axis_count; i++)
        if (strncmp(runs.sweep.axes[i].path, "use.", 4) == 0)
            return true;
    return false;
}

static void
every_shipped_experiment_resolves_to_the_same_runs(void **state)
{
    static const char *const no_sweep[] = {"~sweep"};
    glob_t found;

    (void)state;
    assert_int_equal(
        glob(SL_TEST_SOURCE "/experiments/*/experiment.yaml", 0, NULL, &found), 0);
    assert_true(found.gl_pathc > 10);
    for (size_t i = 0; i < found.gl_pathc; i++)
        assert_same_runs(found.gl_pathv[i], no_sweep, chooses_files(found.gl_pathv[i]));
    globfree(&found);
}

static void
overrides_resolve_to_the_same_runs(void **state)
{
    static const char *const words[] = {
        "train.layers.1.spline-coupling.hidden.0=16",
        "load.splits.train=60000",
        "sample.compare=null",
        "description=\"no: 3 # is {no} $${comment}\"",
        "train.optimizer.adam.beta1=0.5",
        "train.schedule=constant",
        "train.monitor=[]",
        "seed=18446744073709551615",
        "on_failure=stop",
        "train.epochs=${= 2 * load.splits.test / 10000}",
        "sample.count=${train.epochs}",
        "train.layers.2=${train.layers.1}",
    };

    (void)state;
    assert_same_runs(SL_TEST_SOURCE "/experiments/flow-2d-rings/experiment.yaml", words,
                     sizeof words / sizeof *words);
}

static void
references_stay_where_a_sweep_may_change_them(void **state)
{
    static const char *const words[] = {
        "train.batch_size=${= 64 * train.layers.0.mixture-cdf.components}",
        "description=at ${train.optimizer.adam.lr}, not $${x}",
    };

    (void)state;
    assert_same_runs(SL_TEST_SOURCE "/experiments/sweep-flow/experiment.yaml", words, 2);
}

/* The line that begins so, with blanks for what is between the value and the comment. */
static void
assert_line(const char *text, const char *value, const char *origin)
{
    const char *at = strstr(text, value);

    assert_non_null(at);
    assert_true(at == text || at[-1] == ' ' || at[-1] == '\n');
    at += strlen(value);
    at += strspn(at, " ");
    if (strncmp(at, origin, strlen(origin)) != 0 || at[strlen(origin)] != '\n')
        fail_msg("%s: expected %s, got %.60s", value, origin, at);
}

static void
each_value_says_where_it_came_from(void **state)
{
    static const char *const words[] = {"train.epochs=7",
                                        "train.layers.1.spline-coupling.hidden.1=8"};
    const char *text =
        resolve(SL_TEST_SOURCE "/experiments/flow-2d-rings/experiment.yaml", words, 2);
    const char *config = "# " SL_TEST_SOURCE "/configs/model/spline-flow-2d.yaml";

    (void)state;
    assert_line(text, "epochs: 7", "# command line");
    assert_line(text, "on_failure: continue", "# default");
    assert_line(text, "batch_size: 500", sl_arena_format(&arena, "%s:13", config));
    assert_line(text, "lr: 5e-3", sl_arena_format(&arena, "%s:10", config));
    assert_line(text, "beta1: 0.9", "# default");
    /* a list of which the command line changed a part */
    assert_line(text, "- 32", sl_arena_format(&arena, "%s:6", config));
    assert_line(text, "- 8", "# command line");
    assert_null(strstr(text, "split_seed"));
}

static void
files_are_named_by_where_they_are(void **state)
{
    static const char data[] = "/tmp/sluice-resolved-order.i32";
    static const char *const words[] = {"train.order=sluice-resolved-order.i32"};
    FILE *file = fopen(data, "w");
    const char *text;

    (void)state;
    assert_non_null(file);
    fclose(file);
    assert_int_equal(chdir("/tmp"), 0);
    text =
        resolve(SL_TEST_SOURCE "/experiments/flow-mixture-1d/experiment.yaml", words, 1);
    assert_line(text, "order: /tmp/sluice-resolved-order.i32", "# command line");
    unlink(data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_shipped_experiment_resolves_to_the_same_runs),
        TEST(overrides_resolve_to_the_same_runs),
        TEST(references_stay_where_a_sweep_may_change_them),
        TEST(each_value_says_where_it_came_from),
        TEST(files_are_named_by_where_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
