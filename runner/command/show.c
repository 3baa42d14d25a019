/* SPDX-License-Identifier: MIT */
/* sluice show PATH: a run, or the runs of the latest plan of a results folder. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "runner/command/command.h"
#include "runner/command/print.h"
#include "runner/command/results.h"

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

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    const char **files;
    struct sl_run_record record;
    size_t n;

    (void)exit_status;
    SL_TRY(sl_results_find(call->words[0], call->arena, &files, &n, err));
    if (sl_call_option(call, "json"))
        return show_json(call, files, n, err);
    if (sl_call_option(call, "csv"))
        puts("run,stage,metric,value,unit");
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
    {"json", NULL, "configuration, state, metrics and provenance as JSON"},
    {"csv", NULL, "one line a metric"},
    {"config", NULL, "the resolved configuration alone, as YAML"},
    SL_OPTION_END,
};

const struct sl_command sl_command_show = {
    .name = "show",
    .arguments = "PATH",
    .summary = "print what a run came to",
    .help = "PATH is a run.h5, a run's folder, or a results folder, of which the latest\n"
            "plan is shown.\n",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
