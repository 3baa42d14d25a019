/* SPDX-License-Identifier: MIT */
/* A point of a sweep, with its runs. */
#include <string.h>

#include "runner/command/show_sweep.h"
#include "runner/store/runfile.h"

struct shown_point {
    struct sl_results_sweep sweep;
    const char *path; /* without the '#' */
    int64_t point;
    struct sl_view points, runs; /* its row, and theirs */
};

static void
keep_point(struct sl_view *runs, const int64_t *points, int64_t point)
{
    size_t kept = 0;

    for (size_t i = 0; i < runs->n; i++)
        if (points[runs->rows[i]] == point)
            runs->rows[kept++] = runs->rows[i];
    runs->n = kept;
}

static enum sl_status
open_point(struct shown_point *p, struct sl_call *call, struct sl_error *err)
{
    struct sl_results_sweep *s = &p->sweep;

    SL_TRY(sl_results_sweep_open(p->path, call->arena, s, err));
    if ((size_t)p->point >= s->record.points.rows)
        return sl_fail(err, SL_ERR_CONFIG, "'%s' has no point %lld; it has 0..%zu",
                       p->path, (long long)p->point, s->record.points.rows - 1);
    if (sl_call_option(call, "metrics"))
        SL_TRY(sl_results_sweep_pick(s, sl_call_option(call, "metrics"), err));
    sl_view_init(&p->points, &s->record.points, call->arena);
    p->points.rows[0] = (size_t)p->point;
    p->points.n = 1;
    sl_view_init(&p->runs, &s->record.runs, call->arena);
    keep_point(&p->runs, s->points, p->point);
    return sl_view_choose(&p->runs, call, err);
}

/* The configuration of its first run. */
static enum sl_status
print_config(const struct shown_point *p, struct sl_error *err)
{
    const struct sl_results_sweep *s = &p->sweep;
    struct sl_run_record run;

    if (p->runs.n == 0)
        return sl_fail(err, SL_ERR_IO, "point %lld has no runs", (long long)p->point);
    SL_TRY(sl_run_read(
        sl_arena_format(s->arena, "%s/%s/run.h5", s->root, s->folders[p->runs.rows[0]]),
        s->arena, &run, err));
    fputs(run.config, stdout);
    return SL_OK;
}

/* A line each: name, value. */
static void
print_row(const struct shown_point *p, const char *const *names, size_t n)
{
    struct sl_sheet sheet = {.columns = 2};
    struct sl_shown shown;

    sl_sheet_cell(&sheet, "%s", "");
    sl_sheet_cell(&sheet, "%s", "");
    for (size_t i = 0; i < n; i++) {
        if (!sl_shown_find(&p->sweep.record.points, names[i], &shown))
            continue;
        sl_sheet_cell(&sheet, "%s", names[i]);
        sl_shown_cell(&sheet, &shown, (size_t)p->point);
    }
    sl_sheet_print(&sheet, stdout, 0);
    sl_sheet_release(&sheet);
}

static void
print_point(const struct shown_point *p)
{
    static const char *const names[] = {"seed", "state", "folder", "reason"};
    const struct sl_results_sweep *s = &p->sweep;
    struct sl_shown shown[4];
    size_t n = 0, done = 0;

    for (size_t i = 0; i < p->runs.n; i++)
        done += strcmp(s->states[p->runs.rows[i]], "done") == 0;
    printf("%s, point %lld: %zu of %zu run%s done\n", s->record.name, (long long)p->point,
           done, p->runs.n, p->runs.n == 1 ? "" : "s");
    print_row(p, s->axes, s->axis_count);
    print_row(p, s->metrics, s->metric_count);
    putchar('\n');
    for (size_t i = 0; i < 3 + (done < p->runs.n); i++)
        n += sl_shown_find(&s->record.runs, names[i], &shown[n]);
    sl_view_print(&p->runs, shown, n, stdout);
}

enum sl_status
sl_show_point(struct sl_call *call, const char *path, int64_t point, struct sl_error *err)
{
    struct shown_point p = {.path = path, .point = point};

    SL_TRY(open_point(&p, call, err));
    if (sl_call_option(call, "config"))
        return print_config(&p, err);
    if (sl_call_option(call, "json")) {
        const struct sl_view_named views[] = {{"points", &p.points}, {"runs", &p.runs}};
        sl_view_json(json_pack("{s:s, s:s, s:I}", "path", p.sweep.file, "name",
                               p.sweep.record.name, "point", (json_int_t)point),
                     views, 2, stdout);
    } else if (sl_call_option(call, "csv")) {
        sl_view_csv(&p.runs, stdout);
    } else {
        print_point(&p);
    }
    return SL_OK;
}
