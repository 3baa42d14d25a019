/* SPDX-License-Identifier: MIT */
#include "runner/command/load.h"

#include <string.h>

#include "runner/command/modules.h"
#include "runner/config/compose.h"
#include "runner/plot/sweep.h"

static void
check_figures(struct sl_call *call, const struct sl_runs *runs)
{
    const char *const *search = sl_call_figure_search(call);
    const struct sl_experiment *experiment = runs->at[0].experiment;

    for (size_t i = 0; i < experiment->figures.n && !sl_report_is_full(call->report); i++)
        sl_figure_check(experiment, experiment->figures.at[i],
                        experiment->figures.marks[i], search, call->arena, call->report);
    sl_sweep_figures_check(runs, search, call->arena, call->report);
}

/* Files that are missing keep their run from being done, and no other one. */
static enum sl_status
plan_run(const struct sl_run_config *run, struct sl_plan *plan, struct sl_error *err)
{
    enum sl_status status = sl_plan_add(plan, run->experiment, run->label, err);

    if (status == SL_ERR_IO)
        sl_plan_add_fault(plan, run->experiment, run->label, err->text);
    return status == SL_ERR_IO ? SL_OK : status;
}

enum sl_status
sl_call_plan(const struct sl_runs *runs, struct sl_plan *plan, struct sl_error *err)
{
    bool sound = false;

    for (size_t i = plan->run_count; i < runs->n; i++)
        SL_TRY(plan_run(&runs->at[i], plan, err));
    for (size_t i = 0; i < plan->run_count && !sound; i++)
        sound = !plan->runs[i].fault;
    return sound ? SL_OK : SL_ERR_IO;
}

/* The words of --sweep, one for each time it was given. */
static const char *const *
axes_of(struct sl_call *call, size_t *n)
{
    char *text = sl_arena_string(call->arena, sl_call_option(call, "sweep"));
    const char **axes = sl_arena_alloc(call->arena, (strlen(text) + 1) * sizeof *axes);

    for (*n = 0; text; (*n)++) {
        char *end = strchr(text, '\n');
        axes[*n] = text;
        if (end)
            *end++ = '\0';
        text = end;
    }
    return axes;
}

enum sl_status
sl_load_read(struct sl_call *call, const struct sl_load *load, struct sl_runs *runs,
             struct sl_error *err)
{
    struct sl_compose *compose = SL_NEW(call->arena, struct sl_compose);
    struct sl_runs_call *what = SL_NEW(call->arena, struct sl_runs_call);
    long repeats = 0;

    if (sl_call_takes(call, "repeats"))
        SL_TRY(sl_call_number(call, "repeats", 1, 1000000, 0, &repeats, err));
    *compose = (struct sl_compose){
        .arena = call->arena,
        .report = call->report,
        .registry = call->registry,
        .search = sl_compose_search(call->arena, call->program),
        .modules = sl_call_module_opener(call),
    };
    *what = (struct sl_runs_call){
        .compose = compose,
        .path = load->path,
        .n = load->n,
        .overrides = load->overrides,
        .repeats = repeats,
    };
    if (sl_call_takes(call, "sweep") && sl_call_option(call, "sweep"))
        what->axes = axes_of(call, &what->axis_count);
    SL_TRY(sl_runs_read(what, runs, err));
    if (runs->n)
        check_figures(call, runs);
    return SL_OK;
}

enum sl_status
sl_call_load(struct sl_call *call, struct sl_runs *runs, struct sl_error *err)
{
    struct sl_load load = {call->words[0], call->n - 1, call->words + 1};

    SL_TRY(sl_load_read(call, &load, runs, err));
    call->tell(call);
    return sl_report_status(call->report, err);
}
