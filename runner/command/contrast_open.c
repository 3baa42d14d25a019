/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "runner/command/contrast.h"
#include "runner/command/results.h"
#include "runner/command/results_sweep.h"
#include "runner/store/runfile.h"

/* ---- a run -------------------------------------------------------------------------- */

static void
take_stage(const struct sl_stage_record *stage, struct sl_arena *arena,
           struct sl_contrast_metric *metrics, size_t *n)
{
    for (size_t i = 0; i < stage->metrics.n; i++) {
        const struct sl_item *item = &stage->metrics.items[i];
        double *value = sl_arena_alloc(arena, sizeof *value);

        *value = sl_tensor_at(&item->tensor, 0);
        metrics[(*n)++] = (struct sl_contrast_metric){
            sl_arena_format(arena, "%s.%s", stage->name, item->name), item->unit, value};
    }
}

static enum sl_status
open_run(const char *path, struct sl_arena *arena, struct sl_contrast_side *side,
         struct sl_error *err)
{
    struct sl_run_record run;
    struct sl_contrast_metric *metrics;
    uint64_t *seed = sl_arena_alloc(arena, sizeof *seed);
    size_t n = 0;

    SL_TRY(sl_run_read(path, arena, &run, err));
    for (size_t i = 0; i < run.n; i++)
        n += run.stages[i].metrics.n;
    metrics = sl_arena_alloc(arena, n * sizeof *metrics);
    for (size_t i = 0; i < run.n; i++)
        take_stage(&run.stages[i], arena, metrics, &side->metric_count);
    *seed = run.seed;
    side->config = run.config;
    side->seeds = seed;
    side->n = strcmp(run.state, "done") == 0;
    side->metrics = metrics;
    return SL_OK;
}

/* ---- a point ------------------------------------------------------------------------ */

/* The runs of a point that are done. */
static size_t
find_runs(const struct sl_results_sweep *s, int64_t point, size_t *rows)
{
    size_t n = 0;

    for (size_t i = 0; i < s->record.runs.rows; i++)
        if (s->points[i] == point && strcmp(s->states[i], "done") == 0)
            rows[n++] = i;
    return n;
}

static void
take_metrics(const struct sl_results_sweep *s, const size_t *rows,
             struct sl_contrast_side *side)
{
    const struct sl_table *runs = &s->record.runs;
    struct sl_contrast_metric *metrics =
        sl_arena_alloc(s->arena, s->metric_count * sizeof *metrics);

    for (size_t i = 0; i < runs->n; i++) {
        const struct sl_column *column = &runs->columns[i];
        double *values;
        size_t j = 0;

        while (j < s->metric_count && strcmp(s->metrics[j], column->name) != 0)
            j++;
        if (j == s->metric_count || column->type != SL_COLUMN_DOUBLE)
            continue;
        values = sl_arena_alloc(s->arena, side->n * sizeof *values);
        for (size_t k = 0; k < side->n; k++)
            values[k] = column->at.doubles[rows[k]];
        metrics[side->metric_count++] =
            (struct sl_contrast_metric){column->name, column->unit, values};
    }
    side->metrics = metrics;
}

static const char *
swept_values(const struct sl_results_sweep *s, size_t point)
{
    struct sl_text text = {0};
    const char *config;

    for (size_t i = 0; i < s->axis_count; i++) {
        const struct sl_column *axis = sl_table_column(&s->record.points, s->axes[i]);
        if (!axis || (axis->type == SL_COLUMN_DOUBLE && isnan(axis->at.doubles[point])))
            continue;
        sl_text_format(&text, "%s: ", s->axes[i]);
        if (axis->type == SL_COLUMN_DOUBLE)
            sl_text_double(&text, axis->at.doubles[point]);
        else if (axis->type == SL_COLUMN_TEXT)
            sl_text_append(&text, axis->at.texts[point]);
        sl_text_append(&text, "\n");
    }
    config = sl_arena_string(s->arena, text.bytes ? text.bytes : "");
    sl_text_release(&text);
    return config;
}

static enum sl_status
open_point(const char *path, int64_t point, struct sl_arena *arena,
           struct sl_contrast_side *side, struct sl_error *err)
{
    struct sl_results_sweep s;
    struct sl_run_record run;
    struct sl_error ignored;
    uint64_t *seeds;
    size_t *rows;

    SL_TRY(sl_results_sweep_open(path, arena, &s, err));
    if ((size_t)point >= s.record.points.rows)
        return sl_fail(err, SL_ERR_CONFIG, "'%s' has no point %lld; it has 0..%zu", path,
                       (long long)point, s.record.points.rows - 1);
    rows = sl_arena_alloc(arena, s.record.runs.rows * sizeof *rows);
    side->n = find_runs(&s, point, rows);
    seeds = sl_arena_alloc(arena, side->n * sizeof *seeds);
    for (size_t i = 0; i < side->n; i++)
        seeds[i] = (uint64_t)s.seeds[rows[i]];
    side->seeds = seeds;
    side->swept = swept_values(&s, (size_t)point);
    if (side->n &&
        sl_run_read(sl_arena_format(arena, "%s/%s/run.h5", s.root, s.folders[rows[0]]),
                    arena, &run, &ignored) == SL_OK)
        side->config = run.config;
    take_metrics(&s, rows, side);
    return SL_OK;
}

/* ---- words -------------------------------------------------------------------------- */

enum sl_status
sl_contrast_open(const char *word, const char *other, struct sl_arena *arena,
                 struct sl_contrast_side *side, struct sl_error *err)
{
    const char *path, *root, **files;
    int64_t point;
    size_t n;

    *side = (struct sl_contrast_side){.title = word, .config = "", .swept = ""};
    if (sl_point_parse(word, arena, &path, &point)) {
        if (*path == '\0' && other) {
            path = sl_arena_copy(arena, other, strcspn(other, "#"));
            side->title = sl_arena_format(arena, "%s%s", path, word);
        }
        return open_point(path, point, arena, side, err);
    }
    if (sl_results_sweep_find(word, arena, &path, &root))
        return sl_fail(err, SL_ERR_CONFIG,
                       "'%s' is a sweep; name one of its points, '%s#0'", word, word);
    SL_TRY(sl_results_find(word, arena, &files, &n, err));
    if (n != 1)
        return sl_fail(err, SL_ERR_CONFIG, "'%s' has %zu runs; name one of them", word,
                       n);
    return open_run(files[0], arena, side, err);
}
