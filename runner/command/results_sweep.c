/* SPDX-License-Identifier: MIT */
#include "runner/command/results_sweep.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/text.h"

#define PLAN_MAX ((size_t)1 << 30)

/* ---- finding it --------------------------------------------------------------------- */

static bool
is_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* plans/<hash8> stands in the results folder. */
static const char *
root_of_plan(const char *plan, struct sl_arena *arena)
{
    return sl_arena_format(arena, "%s/../..", plan);
}

bool
sl_results_sweep_find(const char *path, struct sl_arena *arena, const char **file,
                      const char **root)
{
    char *trimmed = sl_arena_string(arena, path);
    size_t length = strlen(trimmed);

    while (length > 1 && trimmed[length - 1] == '/')
        trimmed[--length] = '\0';
    *file = sl_arena_format(arena, "%s/latest/sweep.h5", trimmed);
    *root = trimmed;
    if (is_file(*file))
        return true;
    *file = sl_arena_format(arena, "%s/sweep.h5", trimmed);
    *root = root_of_plan(trimmed, arena);
    if (is_file(*file))
        return true;
    *file = trimmed;
    const char *slash = strrchr(trimmed, '/'), *name = slash ? slash + 1 : trimmed;
    *root = slash ? root_of_plan(sl_arena_copy(arena, trimmed, (size_t)(slash - trimmed)),
                                 arena)
                  : "../..";
    return strcmp(name, "sweep.h5") == 0 && is_file(trimmed);
}

bool
sl_point_parse(const char *word, struct sl_arena *arena, const char **path,
               int64_t *point)
{
    const char *hash = strrchr(word, '#');
    char *end;

    if (!hash || access(word, F_OK) == 0 || hash[1] < '0' || hash[1] > '9')
        return false;
    *point = strtoll(hash + 1, &end, 10);
    *path = sl_arena_copy(arena, word, (size_t)(hash - word));
    return *end == '\0';
}

/* ---- what is in it ------------------------------------------------------------------ */

const char *const *
sl_lines(const char *text, struct sl_arena *arena, size_t *n)
{
    return sl_split(text, '\n', arena, n);
}

const char *const *
sl_split(const char *text, char separator, struct sl_arena *arena, size_t *n)
{
    char *at = sl_arena_string(arena, text);
    const char **lines = sl_arena_alloc(arena, (strlen(at) + 1) * sizeof *lines);

    for (*n = 0; at && *at;) {
        lines[(*n)++] = at;
        at = strchr(at, separator);
        if (at)
            *at++ = '\0';
    }
    return lines;
}

static const struct sl_column *
column_of(const struct sl_table *table, const char *name, enum sl_column_type type)
{
    const struct sl_column *column = sl_table_column(table, name);

    return column && column->type == type ? column : NULL;
}

/* The columns that every table of runs has. */
static bool
take_runs(struct sl_results_sweep *s)
{
    const struct sl_table *runs = &s->record.runs;
    const struct sl_column *folder = column_of(runs, "folder", SL_COLUMN_TEXT);
    const struct sl_column *state = column_of(runs, "state", SL_COLUMN_TEXT);
    const struct sl_column *reason = column_of(runs, "reason", SL_COLUMN_TEXT);
    const struct sl_column *point = column_of(runs, "point", SL_COLUMN_INT);
    const struct sl_column *seed = column_of(runs, "seed", SL_COLUMN_INT);

    if (!folder || !state || !reason || !point || !seed)
        return false;
    s->folders = folder->at.texts;
    s->states = state->at.texts;
    s->reasons = reason->at.texts;
    s->points = point->at.ints;
    s->seeds = seed->at.ints;
    for (size_t i = 0; i < runs->rows; i++) {
        if (s->points[i] < 0 || (size_t)s->points[i] >= s->record.points.rows)
            return false;
        s->done += strcmp(s->states[i], "done") == 0;
        s->failed += strcmp(s->states[i], "failed") == 0;
    }
    s->missing = runs->rows - s->done - s->failed;
    return column_of(&s->record.points, "point", SL_COLUMN_INT) != NULL;
}

static bool
is_listed(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Those of the objectives, then the others in the order of the table. */
static void
take_metrics(struct sl_results_sweep *s)
{
    const struct sl_table *points = &s->record.points;
    const char **names = sl_arena_alloc(s->arena, points->n * sizeof *names);
    size_t lines;
    const char *const *objectives = sl_lines(s->record.objectives, s->arena, &lines);
    struct sl_shown shown;

    for (size_t i = 0; i < lines; i++) {
        const char *blank = strchr(objectives[i], ' ');
        if (blank && sl_shown_find(points, blank + 1, &shown) && shown.low &&
            !is_listed(names, s->metric_count, blank + 1))
            names[s->metric_count++] = blank + 1;
    }
    s->objective_count = s->metric_count;
    for (size_t i = 0; i < points->n; i++) {
        const char *name = points->columns[i].name;
        size_t length = strlen(name);
        if (length < 6 || strcmp(name + length - 5, ".mean") != 0)
            continue;
        name = sl_arena_copy(s->arena, name, length - 5);
        if (!is_listed(names, s->objective_count, name))
            names[s->metric_count++] = name;
    }
    s->metrics = names;
}

static enum sl_status
no_sweep(const char *path, struct sl_error *err)
{
    return sl_fail(err, SL_ERR_IO,
                   "'%s' has no sweep.h5; it is written when a sweep has run", path);
}

enum sl_status
sl_results_sweep_open(const char *path, struct sl_arena *arena,
                      struct sl_results_sweep *sweep, struct sl_error *err)
{
    *sweep = (struct sl_results_sweep){.arena = arena};
    if (!sl_results_sweep_find(path, arena, &sweep->file, &sweep->root))
        return no_sweep(path, err);
    SL_TRY(sl_sweep_file_read(sweep->file, arena, &sweep->record, err));
    if (!take_runs(sweep))
        return sl_fail(err, SL_ERR_IO,
                       "'%s' lacks columns that every sweep has; the next 'sluice run' "
                       "writes it anew",
                       sweep->file);
    sweep->axes = sl_lines(sweep->record.axes, arena, &sweep->axis_count);
    take_metrics(sweep);
    return SL_OK;
}

/* Whether a metric is called so but for its stage: "loss" for "train.loss". */
static bool
is_end_of(const char *metric, const char *name)
{
    const char *dot = strchr(metric, '.');

    return dot && strcmp(dot + 1, name) == 0;
}

enum sl_status
sl_unknown_metric(const char *name, const char *const *names, size_t n,
                  struct sl_error *err)
{
    const char *near = sl_nearest(name, names, n);

    if (near)
        return sl_fail(err, SL_ERR_CONFIG, "there is no metric '%s'; did you mean '%s'?",
                       name, near);
    for (size_t i = 0; i < n; i++)
        if (is_end_of(names[i], name))
            return sl_fail(err, SL_ERR_CONFIG,
                           "there is no metric '%s'; did you mean '%s'?", name, names[i]);
    return sl_fail(err, SL_ERR_CONFIG,
                   "there is no metric '%s'; 'sluice show' prints those that there are",
                   name);
}

enum sl_status
sl_results_sweep_pick(struct sl_results_sweep *s, const char *list, struct sl_error *err)
{
    size_t n;
    const char *const *names = sl_split(list, ',', s->arena, &n);

    for (size_t i = 0; i < n; i++)
        if (!is_listed(s->metrics, s->metric_count, names[i]))
            return sl_unknown_metric(names[i], s->metrics, s->metric_count, err);
    s->metrics = names;
    s->metric_count = n;
    return SL_OK;
}

/* ---- its configuration -------------------------------------------------------------- */

/* The lines behind "base:", which are indented by four blanks. */
const char *
sl_results_sweep_config(const struct sl_results_sweep *s)
{
    size_t folder = strlen(s->file) - strlen("sweep.h5"), count;
    const char *path = sl_arena_format(s->arena, "%.*splan.yaml", (int)folder, s->file);
    struct sl_error ignored;
    struct sl_text config = {0};
    char *bytes, *line, *end;

    if (sl_file_read(path, PLAN_MAX, s->arena, &bytes, &count, &ignored))
        return NULL;
    line = strstr(bytes, "\nbase:\n");
    if (!line)
        return NULL;
    for (line += strlen("\nbase:\n"); strncmp(line, "    ", 4) == 0; line = end) {
        end = line + strcspn(line, "\n");
        end += *end == '\n';
        sl_text_append_bytes(&config, line + 4, (size_t)(end - line - 4));
    }
    line = sl_arena_string(s->arena, config.bytes ? config.bytes : "");
    sl_text_release(&config);
    return line;
}
