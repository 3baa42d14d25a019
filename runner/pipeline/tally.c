/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/tally.h"

#include <math.h>
#include <string.h>

#include "runner/pipeline/point_values.h"
#include "runner/sweep/summary.h"
#include "runner/sweep/value.h"

#define RUN_COLUMNS 7
#define SUMMARY_COLUMNS 5

struct tally {
    const struct sl_execution *x;
    const struct sl_runs *runs;
    const struct sl_node *const *values; /* of sl_point_values */
    struct sl_arena *arena;
    size_t n; /* runs */
    size_t metric_count,
        capacity; /* distinct STAGE.METRIC, in the order of their coming */
    struct metric {
        const char *name, *unit;
        double *values; /* n */
    } * by_name;
};

static void *
column_of(const struct tally *t, size_t rows, size_t size)
{
    return sl_arena_alloc(t->arena, rows * size);
}

/* ---- metrics ------------------------------------------------------------------------ */

static struct metric *
add_metric(struct tally *t, const struct sl_run_metric *metric)
{
    if (t->metric_count == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 32;
        struct metric *more = column_of(t, t->capacity, sizeof *more);
        if (t->metric_count)
            memcpy(more, t->by_name, t->metric_count * sizeof *more);
        t->by_name = more;
    }
    struct metric *new = &t->by_name[t->metric_count++];
    new->name = sl_arena_format(t->arena, "%s.%s", metric->stage, metric->name);
    new->unit = metric->unit;
    new->values = column_of(t, t->n, sizeof *new->values);
    for (size_t i = 0; i < t->n; i++)
        new->values[i] = (double)NAN;
    return new;
}

static bool
is_metric(const struct metric *m, const struct sl_run_metric *metric)
{
    size_t n = strlen(metric->stage);

    return strncmp(m->name, metric->stage, n) == 0 && m->name[n] == '.' &&
           strcmp(m->name + n + 1, metric->name) == 0;
}

/* Runs of a sweep mostly have the same metrics in the same order, so the place of a metric
 * is the first guess. */
static struct metric *
find_metric(struct tally *t, const struct sl_run_metric *metric, size_t place)
{
    if (place < t->metric_count && is_metric(&t->by_name[place], metric))
        return &t->by_name[place];
    for (size_t i = 0; i < t->metric_count; i++)
        if (is_metric(&t->by_name[i], metric))
            return &t->by_name[i];
    return add_metric(t, metric);
}

static void
sort_metrics(struct tally *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct sl_run_result *result = &t->x->results[i];
        for (size_t j = 0; j < result->n; j++)
            find_metric(t, &result->metrics[j], j)->values[i] = result->metrics[j].value;
    }
}

/* ---- columns ------------------------------------------------------------------------ */

/* A table has each name once: what is both swept and recorded, as the `components` of pca
 * are, is recorded under another one. */
static const char *
metric_title(const struct tally *t, const struct metric *metric)
{
    for (size_t i = 0; i < t->runs->sweep.axis_count; i++)
        if (strcmp(t->runs->sweep.axes[i].path, metric->name) == 0)
            return sl_arena_format(t->arena, "%s.recorded", metric->name);
    return metric->name;
}

static bool
all_numbers(const struct sl_node *const *values, size_t n)
{
    double ignored;

    for (size_t i = 0; i < n; i++)
        if (values[i] &&
            (values[i]->kind != SL_NODE_SCALAR || !sl_node_double(values[i], &ignored)))
            return false;
    return true;
}

/* A swept path's values at some points. */
static struct sl_column
axis_column(const struct tally *t, size_t axis, size_t rows, const int64_t *points)
{
    const struct sl_node *const *at = t->values + axis * t->runs->sweep.n;
    struct sl_column column = {.name = t->runs->sweep.axes[axis].path};

    if (all_numbers(at, t->runs->sweep.n)) {
        double *values = column_of(t, rows, sizeof *values);
        for (size_t i = 0; i < rows; i++)
            if (!at[points[i]] || !sl_node_double(at[points[i]], &values[i]))
                values[i] = (double)NAN;
        column.type = SL_COLUMN_DOUBLE;
        column.at.doubles = values;
    } else {
        const char **texts = column_of(t, rows, sizeof *texts);
        for (size_t i = 0; i < rows; i++)
            texts[i] = at[points[i]] ? sl_value_text(at[points[i]], t->arena) : NULL;
        column.type = SL_COLUMN_TEXT;
        column.at.texts = texts;
    }
    return column;
}

static const char *
state_of(const struct sl_run_result *result)
{
    if (result->state == SL_RUN_DONE || result->state == SL_RUN_RECORDED)
        return "done";
    return result->state == SL_RUN_FAILED ? "failed" : "missing";
}

struct run_rows {
    const char **folder, **key, **state, **reason;
    int64_t *point, *repeat, *seed;
};

static void
fill_run_rows(const struct tally *t, struct run_rows *rows)
{
    char hex[SL_DIGEST_HEX];

    rows->folder = column_of(t, t->n, sizeof *rows->folder);
    rows->key = column_of(t, t->n, sizeof *rows->key);
    rows->state = column_of(t, t->n, sizeof *rows->state);
    rows->reason = column_of(t, t->n, sizeof *rows->reason);
    rows->point = column_of(t, t->n, sizeof *rows->point);
    rows->repeat = column_of(t, t->n, sizeof *rows->repeat);
    rows->seed = column_of(t, t->n, sizeof *rows->seed);
    for (size_t i = 0; i < t->n; i++) {
        const struct sl_run_result *result = &t->x->results[i];
        sl_digest_hex(&t->x->plan->runs[i].key, hex);
        rows->folder[i] = t->x->plan->runs[i].folder;
        rows->key[i] = sl_arena_string(t->arena, hex);
        rows->state[i] = state_of(result);
        rows->reason[i] = result->state == SL_RUN_FAILED ? result->reason : NULL;
        rows->point[i] = (int64_t)t->runs->at[i].point;
        rows->repeat[i] = t->runs->at[i].repeat;
        rows->seed[i] = (int64_t)t->runs->at[i].experiment->seed;
    }
}

static struct sl_column
text_column(const char *name, const char *const *texts)
{
    return (struct sl_column){
        .name = name, .type = SL_COLUMN_TEXT, .at = {.texts = texts}};
}

static struct sl_column
int_column(const char *name, const int64_t *ints)
{
    return (struct sl_column){.name = name, .type = SL_COLUMN_INT, .at = {.ints = ints}};
}

static struct sl_column
double_column(const char *name, const char *unit, const double *doubles)
{
    return (struct sl_column){
        .name = name, .unit = unit, .type = SL_COLUMN_DOUBLE, .at = {.doubles = doubles}};
}

static struct sl_table
tally_runs(const struct tally *t)
{
    size_t n = 0, axes = t->runs->sweep.axis_count;
    struct sl_column *columns =
        column_of(t, RUN_COLUMNS + axes + t->metric_count, sizeof *columns);
    struct run_rows rows;

    fill_run_rows(t, &rows);
    columns[n++] = text_column("folder", rows.folder);
    columns[n++] = text_column("key", rows.key);
    columns[n++] = text_column("state", rows.state);
    columns[n++] = text_column("reason", rows.reason);
    columns[n++] = int_column("point", rows.point);
    columns[n++] = int_column("repeat", rows.repeat);
    columns[n++] = int_column("seed", rows.seed);
    for (size_t i = 0; i < axes; i++)
        if (strcmp(t->runs->sweep.axes[i].path, "seed") != 0) /* it is there already */
            columns[n++] = axis_column(t, i, t->n, rows.point);
    for (size_t i = 0; i < t->metric_count; i++)
        columns[n++] = double_column(metric_title(t, &t->by_name[i]), t->by_name[i].unit,
                                     t->by_name[i].values);
    return (struct sl_table){t->n, n, columns};
}

/* ---- points ------------------------------------------------------------------------- */

/* Runs stand point by point, so those of a point are neighbours. */
static size_t
runs_of_point(const struct tally *t, size_t first)
{
    size_t n = 0;

    while (first + n < t->n && t->runs->at[first + n].point == t->runs->at[first].point)
        n++;
    return n;
}

static bool
is_done(const struct tally *t, size_t run)
{
    enum sl_run_state state = t->x->results[run].state;

    return state == SL_RUN_DONE || state == SL_RUN_RECORDED;
}

/* The summary of a metric at each point: columns .mean, .std, .low, .high and .n. */
static void
summarize_metric(const struct tally *t, const struct metric *metric, size_t points,
                 struct sl_column *columns)
{
    static const char *const words[SUMMARY_COLUMNS] = {"mean", "std", "low", "high", "n"};
    const char *title = metric_title(t, metric);
    double *values[SUMMARY_COLUMNS];
    size_t first = 0;

    for (size_t i = 0; i < SUMMARY_COLUMNS; i++) {
        values[i] = column_of(t, points, sizeof **values);
        columns[i] = double_column(sl_arena_format(t->arena, "%s.%s", title, words[i]),
                                   i < 4 ? metric->unit : NULL, values[i]);
    }
    for (size_t p = 0; p < points; p++) {
        size_t n = runs_of_point(t, first);
        struct sl_summary s = sl_summarize(metric->values + first, n);
        values[0][p] = s.mean;
        values[1][p] = s.std;
        values[2][p] = s.low;
        values[3][p] = s.high;
        values[4][p] = (double)s.n;
        first += n;
    }
}

static struct sl_table
tally_points(const struct tally *t)
{
    size_t points = t->runs->sweep.n, axes = t->runs->sweep.axis_count, n = 0, first = 0;
    struct sl_column *columns =
        column_of(t, 2 + axes + SUMMARY_COLUMNS * t->metric_count, sizeof *columns);
    int64_t *index = column_of(t, points, sizeof *index);
    int64_t *done = column_of(t, points, sizeof *done);

    for (size_t p = 0; p < points; p++) {
        size_t last = first + runs_of_point(t, first);
        index[p] = (int64_t)p;
        for (; first < last; first++)
            done[p] += is_done(t, first);
    }
    columns[n++] = int_column("point", index);
    columns[n++] = int_column("runs", done);
    for (size_t i = 0; i < axes; i++)
        columns[n++] = axis_column(t, i, points, index);
    for (size_t i = 0; i < t->metric_count; i++, n += SUMMARY_COLUMNS)
        summarize_metric(t, &t->by_name[i], points, columns + n);
    return (struct sl_table){points, n, columns};
}

/* ---- the whole ---------------------------------------------------------------------- */

/* What was gathered, as long as the arena. */
static const char *
keep_lines(struct sl_text *text, struct sl_arena *arena)
{
    const char *lines = sl_arena_string(arena, text->bytes ? text->bytes : "");

    sl_text_release(text);
    return lines;
}

static const char *
axis_lines(const struct sl_sweep *sweep, struct sl_arena *arena)
{
    struct sl_text text = {0};

    for (size_t i = 0; i < sweep->axis_count; i++)
        sl_text_format(&text, "%s%s", i ? "\n" : "", sweep->axes[i].path);
    return keep_lines(&text, arena);
}

static const char *
objective_lines(const struct sl_sweep *sweep, struct sl_arena *arena)
{
    struct sl_text text = {0};

    for (size_t i = 0; i < sweep->objective_count; i++) {
        const struct sl_objective *o = &sweep->objectives[i];
        sl_text_format(&text, "%s%s %s.%s", i ? "\n" : "",
                       o->maximize ? "maximize" : "minimize", o->stage, o->metric);
    }
    return keep_lines(&text, arena);
}

static const char *
figure_lines(const struct sl_sweep *sweep, struct sl_arena *arena)
{
    struct sl_text text = {0};

    for (size_t i = 0; i < sweep->figure_count; i++) {
        const struct sl_sweep_figure *figure = &sweep->figures[i];
        sl_text_format(&text, "%s%s", i ? "\n" : "", figure->name);
        for (size_t j = 0; j < figure->n; j++)
            sl_text_format(&text, " %s", figure->metrics[j]);
    }
    return keep_lines(&text, arena);
}

void
sl_tally_heading(const struct sl_runs *runs, struct sl_arena *arena,
                 struct sl_sweep_record *record)
{
    const struct sl_experiment *x = runs->at[0].experiment;

    *record = (struct sl_sweep_record){
        .name = x->name,
        .description = x->description,
        .axes = axis_lines(&runs->sweep, arena),
        .objectives = objective_lines(&runs->sweep, arena),
        .figures = figure_lines(&runs->sweep, arena),
        .repeats = (uint64_t)runs->sweep.repeats,
    };
}

void
sl_tally(const struct sl_execution *execution, const struct sl_runs *runs,
         struct sl_arena *arena, struct sl_sweep_record *record)
{
    struct tally t = {
        .x = execution, .runs = runs, .arena = arena, .n = execution->plan->run_count};
    struct sl_digest key = sl_plan_digest(execution->plan);
    char hex[SL_DIGEST_HEX];

    t.values = sl_point_values(runs, arena);
    sort_metrics(&t);
    sl_digest_hex(&key, hex);
    sl_tally_heading(runs, arena, record);
    record->key = sl_arena_string(arena, hex);
    record->program = "sluice " SL_VERSION;
    record->platform = execution->plan->platform;
    record->runs = tally_runs(&t);
    record->points = tally_points(&t);
}
