/* SPDX-License-Identifier: MIT */
/* sluice check FILE: reads a configuration as `run` would, and no data. */
#include <stdio.h>

#include "runner/command/load.h"

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct sl_runs runs;

    (void)exit_status;
    SL_TRY(sl_call_load(call, &runs, err));
    if (sl_call_option(call, "quiet"))
        return SL_OK;
    size_t stages = runs.at[0].experiment->n;
    printf("%s: ok, %zu stage%s", call->words[0], stages, stages == 1 ? "" : "s");
    if (runs.swept)
        printf(", %zu points, %zu runs", runs.sweep.n, runs.n);
    putchar('\n');
    return SL_OK;
}

static const struct sl_option options[] = {
    {"quiet", NULL, "say nothing when all is well", false},
    SL_SWEEP_OPTIONS,
    SL_OPTION_END,
};

const struct sl_command sl_command_check = {
    .name = "check",
    .arguments = "FILE [KEY=VALUE]...",
    .summary = "tell every mistake in an experiment's file",
    .options = options,
    .least = 1,
    .most = 1000,
    .run = run,
};
