/* SPDX-License-Identifier: MIT */
#include "runner/command/load.h"

#include "runner/config/compose.h"
#include "runner/plot/figure.h"

static void
check_figures(struct sl_call *call, const struct sl_experiment *experiment)
{
    const char *const *search = sl_figure_search(call->arena, call->program);

    for (size_t i = 0; i < experiment->figures.n; i++)
        sl_figure_check(experiment, experiment->figures.at[i],
                        experiment->figures.marks[i], search, call->arena, call->report);
}

enum sl_status
sl_call_load(struct sl_call *call, struct sl_experiment *experiment, struct sl_error *err)
{
    struct sl_compose compose = {
        .arena = call->arena,
        .report = call->report,
        .registry = call->registry,
        .search = sl_compose_search(call->arena, call->program),
    };
    struct sl_binder binder = {call->arena, call->report, call->registry};
    struct sl_node *tree = NULL;

    SL_TRY(
        sl_compose(&compose, call->words[0], call->words + 1, call->n - 1, &tree, err));
    if (tree && tree->kind == SL_NODE_MAP) {
        sl_experiment_bind(&binder, tree, experiment);
        check_figures(call, experiment);
    }
    call->tell(call);
    return sl_report_status(call->report, err);
}
