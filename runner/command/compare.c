/* SPDX-License-Identifier: MIT */
/* sluice compare A B: what two runs, or two points of a sweep, differ in. */
#include <math.h>
#include <string.h>

#include "runner/command/command.h"
#include "runner/command/contrast.h"
#include "runner/command/show_sweep.h"

#define PAIRS_FOR_TEST 6

struct comparison {
    struct sl_contrast_side a, b;
    struct sl_table config, metrics;
};

/* ---- for a terminal ----------------------------------------------------------------- */

static void
print_side(char letter, const struct sl_contrast_side *side)
{
    printf("  %c  %s, %zu run%s done\n", letter, side->title, side->n,
           side->n == 1 ? "" : "s");
}

static void
print_config(const struct comparison *c, struct sl_arena *arena)
{
    struct sl_shown shown[3];
    struct sl_view view;

    if (!c->a.config[0] || !c->b.config[0])
        puts("\n  a run.h5 is gone: what follows are the swept values");
    else if (c->config.rows == 0)
        puts("\n  the configurations are equal");
    if (c->config.rows == 0)
        return;
    putchar('\n');
    sl_view_init(&view, &c->config, arena);
    for (size_t i = 0; i < 3; i++)
        sl_shown_find(&c->config, c->config.columns[i].name, &shown[i]);
    sl_view_print(&view, shown, 3, stdout);
}

static void
count_tests(const struct comparison *c, size_t *most, size_t *tests)
{
    const int64_t *pairs = sl_table_column(&c->metrics, "pairs")->at.ints;
    const double *p = sl_table_column(&c->metrics, "p")->at.doubles;

    *most = *tests = 0;
    for (size_t i = 0; i < c->metrics.rows; i++) {
        *most = (size_t)pairs[i] > *most ? (size_t)pairs[i] : *most;
        *tests += !isnan(p[i]);
    }
}

/* What the numbers can't say. */
static void
print_notes(const struct comparison *c)
{
    size_t most, tests;

    count_tests(c, &most, &tests);
    putchar('\n');
    if (most == 0)
        puts("  no two runs share a seed: the differences are those of the means, and "
             "have\n"
             "  no interval");
    else if (most == 1)
        puts("  one pair of runs has no interval; 'sluice run --repeats N' makes more");
    else
        puts("  ± is the 95 % interval of the difference over pairs of equal seeds");
    if (tests)
        printf("  p: Wilcoxon's signed rank test%s\n",
               tests > 1 ? ", corrected by Holm for all metrics here; --metrics "
                           "A,B\n  takes fewer"
                         : "");
    else if (most > 1 && most < PAIRS_FOR_TEST)
        printf("  %zu pairs are too few for a test: below %d it can't reach 5 %%\n", most,
               PAIRS_FOR_TEST);
}

static void
print_metrics(const struct comparison *c, const struct sl_view *view)
{
    struct sl_shown shown[6];
    size_t most, tests, n = 0;

    count_tests(c, &most, &tests);
    n += sl_shown_find(&c->metrics, "metric", &shown[n]);
    n += sl_shown_find(&c->metrics, "a", &shown[n]);
    n += sl_shown_find(&c->metrics, "b", &shown[n]);
    n += sl_shown_find(&c->metrics, "difference", &shown[n]);
    shown[n - 1].low = sl_table_column(&c->metrics, "low");
    shown[n - 1].high = sl_table_column(&c->metrics, "high");
    n += sl_shown_find(&c->metrics, "pairs", &shown[n]);
    if (tests)
        n += sl_shown_find(&c->metrics, "p", &shown[n]);
    putchar('\n');
    sl_view_print(view, shown, n, stdout);
}

/* ---- JSON --------------------------------------------------------------------------- */

static json_t *
side_json(const struct sl_contrast_side *side)
{
    json_t *seeds = json_array();

    for (size_t i = 0; i < side->n; i++)
        json_array_append_new(seeds, json_integer((json_int_t)side->seeds[i]));
    return json_pack("{s:s, s:o}", "path", side->title, "seeds", seeds);
}

static void
print_json(const struct comparison *c, const struct sl_view *metrics)
{
    struct sl_view config;
    const struct sl_view_named views[] = {{"config", &config}, {"metrics", metrics}};

    sl_view_init(&config, &c->config, metrics->arena);
    sl_view_json(json_pack("{s:o, s:o}", "a", side_json(&c->a), "b", side_json(&c->b)),
                 views, 2, stdout);
}

/* ---- which metrics ------------------------------------------------------------------- */

static bool
has_metric(const struct sl_contrast_side *side, const char *name)
{
    for (size_t i = 0; i < side->metric_count; i++)
        if (strcmp(side->metrics[i].name, name) == 0)
            return true;
    return false;
}

/* --metrics, before Holm's correction counts them. */
static enum sl_status
pick_metrics(struct comparison *c, const struct sl_call *call, struct sl_error *err)
{
    const char *list = sl_call_option(call, "metrics");
    const char *const *names, **known;
    size_t n;

    if (!list)
        return SL_OK;
    names = sl_split(list, ',', call->arena, &n);
    known = sl_arena_alloc(call->arena, c->a.metric_count * sizeof *known);
    for (size_t i = 0; i < c->a.metric_count; i++)
        known[i] = c->a.metrics[i].name;
    for (size_t i = 0; i < n; i++)
        if (!has_metric(&c->a, names[i]) && !has_metric(&c->b, names[i]))
            return sl_unknown_metric(names[i], known, c->a.metric_count, err);
    sl_contrast_pick(&c->a, names, n, call->arena);
    sl_contrast_pick(&c->b, names, n, call->arena);
    return SL_OK;
}

/* ---- the command -------------------------------------------------------------------- */

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct comparison c;
    struct sl_view view;

    (void)exit_status;
    SL_TRY(sl_call_format(call, err));
    SL_TRY(sl_contrast_open(call->words[0], NULL, call->arena, &c.a, err));
    SL_TRY(sl_contrast_open(call->words[1], call->words[0], call->arena, &c.b, err));
    SL_TRY(pick_metrics(&c, call, err));
    sl_contrast_config(&c.a, &c.b, call->arena, &c.config);
    sl_contrast_metrics(&c.a, &c.b, call->arena, &c.metrics);
    sl_view_init(&view, &c.metrics, call->arena);
    SL_TRY(sl_view_choose(&view, call, err));
    if (sl_call_option(call, "json")) {
        print_json(&c, &view);
    } else if (sl_call_option(call, "csv")) {
        sl_view_csv(&view, stdout);
    } else {
        print_side('a', &c.a);
        print_side('b', &c.b);
        print_config(&c, call->arena);
        print_metrics(&c, &view);
        print_notes(&c);
    }
    return SL_OK;
}

static const struct sl_option options[] = {
    SL_METRICS_OPTION,
    SL_VIEW_OPTIONS,
    SL_OPTION_END,
};

const struct sl_command sl_command_compare = {
    .name = "compare",
    .arguments = "A B",
    .summary = "compare two runs, or two points of a sweep",
    .help =
        "A and B are runs (a run.h5 or its folder) or points of a sweep, PATH#3 for\n"
        "point 3; '#4' as B is a point of A's sweep. Points are compared over runs\n"
        "that share a seed: the mean of the differences, b - a, with its 95 %\n"
        "interval, and from 6 pairs up Wilcoxon's signed rank test, corrected by Holm\n"
        "for the number of metrics, which --metrics makes fewer. --where, --sort and "
        "--csv are of the metrics.\n",
    .options = options,
    .least = 2,
    .most = 2,
    .run = run,
};
