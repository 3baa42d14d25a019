/* SPDX-License-Identifier: MIT */
/* sluice check FILE: reads a configuration as `run` would, and no data. */
#include <stdio.h>

#include "runner/command/load.h"

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct sl_experiment experiment;

    (void)exit_status;
    SL_TRY(sl_call_load(call, &experiment, err));
    if (!sl_call_option(call, "quiet"))
        printf("%s: ok, %zu stage%s\n", call->words[0], experiment.n,
               experiment.n == 1 ? "" : "s");
    return SL_OK;
}

static const struct sl_option options[] = {
    {"quiet", NULL, "say nothing when all is well"},
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
