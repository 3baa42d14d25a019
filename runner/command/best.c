/* SPDX-License-Identifier: MIT */
/* sluice best PATH: the points of a sweep by what they were swept for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/command/command.h"
#include "runner/command/ranking.h"
#include "runner/command/show_sweep.h"

/* ---- objectives --------------------------------------------------------------------- */

static enum sl_status
parse_objective(const struct sl_results_sweep *s, const char *text,
                struct sl_ranking_goal *goal, struct sl_error *err)
{
    const struct sl_table *points = &s->record.points;

    goal->text = text;
    goal->maximize = strncmp(text, "maximize ", 9) == 0;
    if (!goal->maximize && strncmp(text, "minimize ", 9) != 0)
        return sl_fail(err, SL_ERR_CONFIG,
                       "'%s' is no objective; write 'minimize STAGE.METRIC' or 'maximize "
                       "STAGE.METRIC'",
                       text);
    text += 9;
    text += strspn(text, " ");
    if (sl_shown_find(points, text, &goal->shown) &&
        goal->shown.value->type == SL_COLUMN_DOUBLE)
        return SL_OK;
    return sl_unknown_metric(text, s->metrics, s->metric_count, err);
}

/* Whether a metric's means are not all the same. */
static bool
differs(const struct sl_table *points, const char *metric, struct sl_arena *arena)
{
    const struct sl_column *means =
        sl_table_column(points, sl_arena_format(arena, "%s.mean", metric));

    for (size_t i = 1; means && means->type == SL_COLUMN_DOUBLE && i < points->rows; i++)
        if (means->at.doubles[i] != means->at.doubles[0] && !isnan(means->at.doubles[i]))
            return true;
    return false;
}

/* "train.components.recorded": a swept value that is recorded as well. */
static bool
is_swept(const struct sl_results_sweep *s, const char *metric)
{
    for (size_t i = 0; i < s->axis_count; i++) {
        size_t n = strlen(s->axes[i]);
        if (strncmp(metric, s->axes[i], n) == 0 && strcmp(metric + n, ".recorded") == 0)
            return true;
    }
    return false;
}

/* The first metric by which points can be told apart, else the first. */
static const char *
metric_to_suggest(const struct sl_results_sweep *s)
{
    for (size_t i = 0; i < s->metric_count; i++)
        if (!is_swept(s, s->metrics[i]) &&
            differs(&s->record.points, s->metrics[i], s->arena))
            return s->metrics[i];
    return s->metric_count ? s->metrics[0] : "STAGE.METRIC";
}

static enum sl_status
read_objectives(const struct sl_results_sweep *s, const struct sl_call *call,
                struct sl_ranking *ranking, struct sl_error *err)
{
    const char *given = sl_call_option(call, "objective");
    const char *const *lines =
        sl_lines(given ? given : s->record.objectives, s->arena, &ranking->goal_count);
    struct sl_ranking_goal *goals =
        sl_arena_alloc(s->arena, ranking->goal_count * sizeof *goals);

    if (ranking->goal_count == 0)
        return sl_fail(err, SL_ERR_CONFIG,
                       "the sweep states no objective; say one: --objective 'minimize "
                       "%s'",
                       metric_to_suggest(s));
    for (size_t i = 0; i < ranking->goal_count; i++)
        SL_TRY(parse_objective(s, lines[i], &goals[i], err));
    ranking->goals = goals;
    return SL_OK;
}

/* ---- what is said of it ------------------------------------------------------------- */

/* The blank line between the table and what is said of it, before the first of that. */
static void
separate(bool *said)
{
    if (!*said)
        putchar('\n');
    *said = true;
}

/* "3, 5 and 9", at most ten. */
static void
print_points(const size_t *points, size_t n)
{
    for (size_t i = 0; i < n && i < 10; i++)
        printf("%s%zu", i == 0 ? "" : i + 1 == n ? " and " : ", ", points[i]);
    if (n > 10)
        printf(" and %zu more", n - 10);
}

static void
print_ties(const struct sl_ranking *r, size_t shown, bool *said)
{
    for (size_t i = 0, last; i < shown; i = last) {
        for (last = i + 1;
             last < r->n && r->ranks[r->rows[last]] == r->ranks[r->rows[i]];)
            last++;
        if (last == i + 1)
            continue;
        separate(said);
        printf("  points ");
        print_points(r->rows + i, last - i);
        printf(" tie\n");
    }
}

/* How many runs a point has, and how many of them are done. */
struct tally {
    size_t runs, done;
};

static struct tally *
tally_runs(const struct sl_results_sweep *s)
{
    struct tally *tallies =
        sl_arena_alloc(s->arena, s->record.points.rows * sizeof *tallies);

    for (size_t i = 0; i < s->record.runs.rows; i++) {
        tallies[s->points[i]].runs++;
        tallies[s->points[i]].done += strcmp(s->states[i], "done") == 0;
    }
    return tallies;
}

static void
print_failures(const struct sl_results_sweep *s, const struct sl_ranking *r, size_t shown,
               bool *said)
{
    const struct tally *tallies = tally_runs(s);

    for (size_t i = 0; i < shown; i++) {
        const struct tally *t = &tallies[r->rows[i]];
        if (t->done == t->runs)
            continue;
        separate(said);
        printf("  point %zu stands on %zu of its %zu runs; the others are not done\n",
               r->rows[i], t->done, t->runs);
    }
    if (r->unranked_count == 0)
        return;
    separate(said);
    printf("  no rank for point%s ", r->unranked_count == 1 ? "" : "s");
    print_points(r->unranked, r->unranked_count);
    puts(": no run that is done has a value");
}

static void
print_best(const struct sl_results_sweep *s, const struct sl_ranking *r,
           const struct sl_view *view)
{
    struct sl_shown *shown =
        sl_arena_alloc(s->arena, (3 + s->axis_count + r->goal_count) * sizeof *shown);
    bool front = r->goal_count > 1, said = false;
    size_t n = 0;

    printf("%s: %zu of %zu points%s\n\n", s->record.name, view->n,
           r->n + r->dominated + r->unranked_count, front ? ", the Pareto front" : "");
    for (size_t i = 0; i < r->goal_count; i++)
        printf("  objective  %s, mean over repeats\n", r->goals[i].text);
    putchar('\n');
    if (!front)
        n += sl_shown_find(view->table, "rank", &shown[n]);
    n += sl_shown_find(view->table, "point", &shown[n]);
    n += sl_shown_find(view->table, "runs", &shown[n]);
    for (size_t i = 0; i < s->axis_count; i++)
        n += sl_shown_find(view->table, s->axes[i], &shown[n]);
    for (size_t i = 0; i < r->goal_count; i++)
        shown[n++] = r->goals[i].shown;
    sl_view_print(view, shown, n, stdout);
    if (front)
        separate(&said);
    if (front)
        printf("  %zu point%s beaten by one of the front\n", r->dominated,
               r->dominated == 1 ? " is" : "s are");
    else
        print_ties(r, view->n, &said);
    print_failures(s, r, view->n, &said);
}

static void
print_json(const struct sl_results_sweep *s, const struct sl_ranking *r,
           const struct sl_view *view)
{
    struct sl_view_named rows = {"points", view};
    json_t *objectives = json_array(), *unranked = json_array();

    for (size_t i = 0; i < r->goal_count; i++)
        json_array_append_new(objectives, json_string(r->goals[i].text));
    for (size_t i = 0; i < r->unranked_count; i++)
        json_array_append_new(unranked, json_integer((json_int_t)r->unranked[i]));
    sl_view_json(json_pack("{s:s, s:s, s:o, s:o}", "path", s->file, "name",
                           s->record.name, "objectives", objectives, "unranked",
                           unranked),
                 &rows, 1, stdout);
}

/* ---- the command -------------------------------------------------------------------- */

/* The points' table with the ranks in front. */
static struct sl_table
ranked_table(const struct sl_results_sweep *s, const struct sl_ranking *r)
{
    const struct sl_table *points = &s->record.points;
    struct sl_column *columns =
        sl_arena_alloc(s->arena, (points->n + 1) * sizeof *columns);

    columns[0] = sl_column_int("rank", r->ranks);
    memcpy(columns + 1, points->columns, points->n * sizeof *columns);
    return (struct sl_table){points->rows, points->n + 1, columns};
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct sl_ranking ranking = {0};
    struct sl_results_sweep s;
    struct sl_table table;
    struct sl_view view;
    long count;

    (void)exit_status;
    SL_TRY(sl_call_format(call, err));
    SL_TRY(sl_call_number(call, "count", 1, 1000000000, 10, &count, err));
    SL_TRY(sl_results_sweep_open(call->words[0], call->arena, &s, err));
    SL_TRY(read_objectives(&s, call, &ranking, err));
    sl_view_init(&view, &s.record.points, call->arena);
    if (sl_call_option(call, "where"))
        SL_TRY(sl_view_where(&view, sl_call_option(call, "where"), call, err));
    sl_rank(&ranking, view.rows, view.n, s.record.points.rows, call->arena);
    table = ranked_table(&s, &ranking);
    view.table = &table;
    view.n = ranking.n < (size_t)count ? ranking.n : (size_t)count;
    memcpy(view.rows, ranking.rows, view.n * sizeof *view.rows);
    if (sl_call_option(call, "sort"))
        SL_TRY(sl_view_sort(&view, sl_call_option(call, "sort"), err));
    if (sl_call_option(call, "json"))
        print_json(&s, &ranking, &view);
    else if (sl_call_option(call, "csv"))
        sl_view_csv(&view, stdout);
    else
        print_best(&s, &ranking, &view);
    return SL_OK;
}

static const struct sl_option options[] = {
    {"objective", "OBJECTIVE", "'minimize train.loss'; several: the Pareto front", true},
    {"count", "N", "how many points; by default 10", false},
    SL_VIEW_OPTIONS,
    SL_OPTION_END,
};

const struct sl_command sl_command_best = {
    .name = "best",
    .arguments = "PATH",
    .summary = "rank the points of a sweep",
    .help =
        "PATH is a results folder with a sweep. Points are ranked by the mean over\n"
        "their repeats, by the objective of the sweep or the ones that are given.\n"
        "--where takes points out before they are ranked, --sort orders the ones that\n"
        "are shown.\n",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
