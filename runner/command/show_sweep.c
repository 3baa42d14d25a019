/* SPDX-License-Identifier: MIT */
#include "runner/command/show_sweep.h"

#include <string.h>

#include "runner/base/text.h"
#include "runner/command/print.h"

#define REASONS 10

/* ---- head and foot ------------------------------------------------------------------ */

/* Name, counts, where it stands. */
static void
print_head(const struct sl_results_sweep *s, FILE *out)
{
    const struct sl_sweep_record *r = &s->record;
    size_t n;
    const char *const *objectives = sl_lines(r->objectives, s->arena, &n);

    fprintf(out, "%s: %zu points, %zu runs: %zu done", r->name, r->points.rows,
            r->runs.rows, s->done);
    if (s->failed)
        fprintf(out, ", %zu failed", s->failed);
    if (s->missing)
        fprintf(out, ", %zu missing", s->missing);
    fputc('\n', out);
    if (r->description[0])
        fprintf(out, "%s\n", r->description);
    fputc('\n', out);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "  objective  %s\n", objectives[i]);
    fprintf(out, "  record     %s\n", s->file);
}

struct reason {
    const char *text, *folder; /* folder: of the first run */
    size_t runs;
};

/* The reasons that come up first; returns how many runs have another one. */
static size_t
count_reasons(const struct sl_results_sweep *s, struct reason *reasons, size_t *n)
{
    size_t others = 0, k;

    *n = 0;
    for (size_t i = 0; i < s->record.runs.rows; i++) {
        if (strcmp(s->states[i], "failed") != 0)
            continue;
        for (k = 0; k < *n && strcmp(reasons[k].text, s->reasons[i]) != 0;)
            k++;
        if (k == REASONS) {
            others++;
            continue;
        }
        if (k == *n)
            reasons[(*n)++] = (struct reason){s->reasons[i], s->folders[i], 0};
        reasons[k].runs++;
    }
    return others;
}

static void
print_failures(const struct sl_results_sweep *s, FILE *out)
{
    struct reason reasons[REASONS];
    struct sl_sheet sheet = {.columns = 3};
    size_t n, others = count_reasons(s, reasons, &n);

    if (n == 0)
        return;
    sl_sheet_cell(&sheet, "failed");
    sl_sheet_cell(&sheet, "reason");
    sl_sheet_cell(&sheet, "first in");
    for (size_t i = 0; i < n; i++) {
        sl_sheet_cell(&sheet, "%zu", reasons[i].runs);
        sl_sheet_cell(&sheet, "%s", reasons[i].text);
        sl_sheet_cell(&sheet, "%s", reasons[i].folder);
    }
    fputc('\n', out);
    sl_sheet_print(&sheet, out, 0);
    sl_sheet_release(&sheet);
    if (others)
        fprintf(out, "  %zu runs failed for other reasons\n", others);
    fprintf(out, "  'sluice list %s --where \"state == failed\"' names the runs\n",
            s->root);
}

/* ---- tables ------------------------------------------------------------------------- */

/* Whether a metric, which is no objective, has one value in several rows. */
static bool
is_constant(const struct sl_view *view, const struct sl_shown *shown)
{
    const double *values = shown->value->at.doubles;

    if (shown->value->type != SL_COLUMN_DOUBLE || view->n < 2)
        return false;
    for (size_t i = 0; i < view->n; i++)
        if (!(values[view->rows[i]] == values[view->rows[0]]))
            return false;
    return true;
}

/* The metrics that say something about the rows; those with one value are told below. */
static size_t
add_metrics(const struct sl_results_sweep *s, const struct sl_view *view, bool all,
            struct sl_shown *shown, struct sl_text *constant)
{
    size_t n = 0;

    for (size_t i = 0; i < s->metric_count; i++) {
        double value;

        if (!sl_shown_find(view->table, s->metrics[i], &shown[n]))
            continue;
        if (all || i < s->objective_count || !is_constant(view, &shown[n])) {
            n++;
            continue;
        }
        value = shown[n].value->at.doubles[view->rows[0]];
        sl_text_format(constant, "%s%s %.*g", constant->count ? ", " : "", s->metrics[i],
                       sl_metric_digits(value), value);
    }
    return n;
}

/* all: every metric has its column. */
static void
print_table(const struct sl_results_sweep *s, const struct sl_view *view, bool runs,
            bool all)
{
    static const char *const of_runs[] = {"point", "repeat", "seed", "state"};
    static const char *const of_points[] = {"point", "runs"};
    const char *const *first = runs ? of_runs : of_points;
    size_t n = 0, firsts = runs ? 4 : 2;
    struct sl_shown *shown = sl_arena_alloc(
        s->arena, (firsts + s->axis_count + s->metric_count + 1) * sizeof *shown);
    struct sl_text constant = {0};

    for (size_t i = 0; i < firsts; i++)
        n += sl_shown_find(view->table, first[i], &shown[n]);
    for (size_t i = 0; i < s->axis_count; i++)
        if (!runs || strcmp(s->axes[i], "seed") != 0) /* it is there */
            n += sl_shown_find(view->table, s->axes[i], &shown[n]);
    n += add_metrics(s, view, all, &shown[n], &constant);
    sl_view_print(view, shown, n, stdout);
    if (constant.count)
        printf("  in every row: %s\n", constant.bytes);
    sl_text_release(&constant);
}

static json_t *
lines_json(const char *const *lines, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(lines[i]));
    return list;
}

static json_t *
failures_json(const struct sl_results_sweep *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->record.runs.rows; i++)
        if (strcmp(s->states[i], "failed") == 0)
            json_array_append_new(
                list, json_pack("{s:s, s:I, s:I, s:s}", "folder", s->folders[i], "point",
                                (json_int_t)s->points[i], "seed", (json_int_t)s->seeds[i],
                                "reason", s->reasons[i]));
    return list;
}

static json_t *
head_json(const struct sl_results_sweep *s)
{
    const struct sl_sweep_record *r = &s->record;
    const char *config = sl_results_sweep_config(s);
    size_t n;
    const char *const *objectives = sl_lines(r->objectives, s->arena, &n);
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o}", "path", s->file, "name", r->name,
        "description", r->description, "key", r->key, "program", r->program, "platform",
        r->platform, "repeats", (json_int_t)r->repeats, "axes",
        lines_json(s->axes, s->axis_count), "objectives", lines_json(objectives, n));

    json_object_set_new(json, "state",
                        json_pack("{s:I, s:I, s:I}", "done", (json_int_t)s->done,
                                  "failed", (json_int_t)s->failed, "missing",
                                  (json_int_t)s->missing));
    json_object_set_new(json, "failed", failures_json(s));
    if (config)
        json_object_set_new(json, "config", json_string(config));
    return json;
}

enum sl_status
sl_show_sweep(struct sl_call *call, const char *path, struct sl_error *err)
{
    bool runs = sl_call_option(call, "runs") != NULL;
    struct sl_results_sweep s;
    struct sl_view view;

    SL_TRY(sl_results_sweep_open(path, call->arena, &s, err));
    if (sl_call_option(call, "config")) {
        const char *config = sl_results_sweep_config(&s);
        if (!config)
            return sl_fail(err, SL_ERR_IO, "there is no plan.yaml beside '%s'", s.file);
        fputs(config, stdout);
        return SL_OK;
    }
    if (sl_call_option(call, "metrics"))
        SL_TRY(sl_results_sweep_pick(&s, sl_call_option(call, "metrics"), err));
    sl_view_init(&view, runs ? &s.record.runs : &s.record.points, call->arena);
    SL_TRY(sl_view_choose(&view, call, err));
    if (sl_call_option(call, "json")) {
        struct sl_view_named rows = {runs ? "runs" : "points", &view};
        sl_view_json(head_json(&s), &rows, 1, stdout);
    } else if (sl_call_option(call, "csv")) {
        sl_view_csv(&view, stdout);
    } else {
        print_head(&s, stdout);
        putchar('\n');
        print_table(&s, &view, runs, sl_call_option(call, "metrics") != NULL);
        print_failures(&s, stdout);
    }
    return SL_OK;
}
