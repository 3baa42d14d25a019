/* SPDX-License-Identifier: MIT */
/* sluice show PATH: a run, or the runs of the latest plan of a results folder. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "runner/command/command.h"
#include "runner/command/print.h"
#include "runner/command/results.h"
#include "runner/command/show_sweep.h"

static enum sl_status
show_json(struct sl_call *call, const char *const *files, size_t n, struct sl_error *err)
{
    json_t *runs = json_array(), *top;
    struct sl_run_record run;

    for (size_t i = 0; i < n; i++) {
        if (sl_run_read(files[i], call->arena, &run, err)) {
            json_decref(runs);
            return err->status;
        }
        json_array_append_new(runs, sl_run_json(files[i], &run));
    }
    top =
        n == 1 ? json_incref(json_array_get(runs, 0)) : json_pack("{s:O}", "runs", runs);
    json_dumpf(top, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(top);
    json_decref(runs);
    return SL_OK;
}

/* A sweep that nobody has brought to its end yet. */
static enum sl_status
show_unfinished(const char *const *files, size_t n, struct sl_call *call,
                struct sl_error *err)
{
    struct sl_sheet sheet = {.columns = 2};
    const char *key, *state;

    printf("%s: %zu run%s so far; the table of a sweep comes with its sweep.h5, when\n"
           "'sluice run' ends or is asked to stop\n\n",
           call->words[0], n, n == 1 ? "" : "s");
    sl_sheet_cell(&sheet, "run");
    sl_sheet_cell(&sheet, "state");
    for (size_t i = 0; i < n; i++) {
        if (sl_run_peek(files[i], call->arena, &key, &state, err)) {
            sl_sheet_release(&sheet);
            return err->status;
        }
        sl_sheet_cell(&sheet, "%s", files[i]);
        sl_sheet_cell(&sheet, "%s", state);
    }
    sl_sheet_print(&sheet, stdout, 0);
    sl_sheet_release(&sheet);
    return SL_OK;
}

/* Options that choose among the rows of a sweep. */
static enum sl_status
refuse_choices(const struct sl_call *call, struct sl_error *err)
{
    static const char *const names[] = {"runs", "where", "sort", "metrics"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sl_call_option(call, names[i]))
            return sl_fail(err, SL_ERR_CONFIG,
                           "--%s is for sweeps, and '%s' has no sweep.h5", names[i],
                           call->words[0]);
    return SL_OK;
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    const char **files, *file, *root;
    struct sl_run_record record;
    int64_t point;
    size_t n;

    (void)exit_status;
    SL_TRY(sl_call_format(call, err));
    if (sl_point_parse(call->words[0], call->arena, &file, &point))
        return sl_show_point(call, file, point, err);
    if (sl_results_sweep_find(call->words[0], call->arena, &file, &root))
        return sl_show_sweep(call, call->words[0], err);
    SL_TRY(refuse_choices(call, err));
    SL_TRY(sl_results_find(call->words[0], call->arena, &files, &n, err));
    if (sl_call_option(call, "json"))
        return show_json(call, files, n, err);
    if (n > 1 && !sl_call_option(call, "config") && !sl_call_option(call, "csv"))
        return show_unfinished(files, n, call, err);
    if (sl_call_option(call, "csv"))
        puts("run,stage,metric,value,unit,low,high");
    for (size_t i = 0; i < n; i++) {
        SL_TRY(sl_run_read(files[i], call->arena, &record, err));
        if (sl_call_option(call, "config"))
            fputs(record.config, stdout);
        else if (sl_call_option(call, "csv"))
            sl_print_run_csv(stdout, files[i], &record);
        else
            sl_print_run(stdout, files[i], &record);
        if (i + 1 < n && !sl_call_option(call, "csv"))
            putchar('\n');
    }
    return SL_OK;
}

static const struct sl_option options[] = {
    {"runs", NULL, "of a sweep: one row a run, not one a point", false},
    {"config", NULL, "the resolved configuration alone, as YAML", false},
    SL_METRICS_OPTION,
    SL_VIEW_OPTIONS,
    SL_OPTION_END,
};

const struct sl_command sl_command_show = {
    .name = "show",
    .arguments = "PATH",
    .summary = "print what a run or a sweep came to",
    .help =
        "PATH is a run.h5, a run's folder, a sweep.h5, a results folder, of which the\n"
        "latest plan is shown, or PATH#3, a point of a sweep with its runs. A sweep is "
        "a\n"
        "table of its points: means over the repeats with 95 % intervals; metrics that "
        "are\n"
        "the same in every row stand below it. --metrics is for that table, --where and\n"
        "--sort take its columns, as --csv names them; --json has configuration, state,\n"
        "metrics and provenance.\n",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
