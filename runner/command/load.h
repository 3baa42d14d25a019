/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_LOAD_H
#define SL_COMMAND_LOAD_H

#include "runner/command/command.h"
#include "runner/pipeline/plan.h"
#include "runner/pipeline/runs.h"

/* The rows of a command's options that sl_call_load reads. */
#define SL_SWEEP_OPTIONS                                                                 \
    {"sweep", "KEY=A,B,C", "sweep a value; several combine", true},                      \
        {"repeats", "N", "seeds as replicates: seed, seed + 1, ...", false},             \
        SL_MODULE_OPTION

/* What the commands that take an experiment's file share: composes words[0] with the
 * overrides words[1..] and, where the command has them, the options --sweep and --repeats;
 * binds and checks every run of it, and checks that its figures exist. Problems are in
 * call->report, and told; SL_ERR_CONFIG when there are errors among them. */
enum sl_status sl_call_load(struct sl_call *call, struct sl_runs *runs,
                            struct sl_error *err);

/* Plans the runs that are not in the plan yet. Those whose files can't be read become
 * faults of the plan, unless that is all of them: SL_ERR_IO. */
enum sl_status sl_call_plan(const struct sl_runs *runs, struct sl_plan *plan,
                            struct sl_error *err);

/* sl_call_load for any file and words of overrides, without telling: SL_OK with errors in the
 * report, and runs that are usable if there are none. */
struct sl_load {
    const char *path;
    size_t n;
    const char *const *overrides;
};
enum sl_status sl_load_read(struct sl_call *call, const struct sl_load *load,
                            struct sl_runs *runs, struct sl_error *err);

#endif
