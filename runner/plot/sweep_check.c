/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/objective.h"
#include "runner/plot/sweep.h"

/* What keeps a sweep from having a figure, as far as it shows before anything runs. */
struct checking {
    const struct sl_runs *runs;
    struct sl_arena *arena;
    struct sl_report *report;
    const struct sl_sweep_figure *wanted;
    const struct sl_figure *figure;
};

static void
check_metrics(const struct checking *c)
{
    const struct sl_sweep_figure *wanted = c->wanted;

    for (size_t i = 0; i < wanted->n; i++)
        if (!sl_runs_record(c->runs, wanted->metrics[i]))
            sl_runs_refuse_metric(
                c->runs, wanted->marks[i],
                sl_arena_format(c->arena, "figure '%s': ", wanted->name),
                wanted->metrics[i]);
}

static void
check_counts(const struct checking *c)
{
    const struct sl_sweep *sweep = &c->runs->sweep;
    const struct sl_figure *figure = c->figure;
    size_t metrics = c->wanted->n ? c->wanted->n : sweep->objective_count;

    if ((c->wanted->n || figure->metrics > 1) &&
        (c->wanted->n ? metrics != figure->metrics : metrics < figure->metrics))
        sl_report_add(c->report, SL_ERROR, c->wanted->mark,
                      "figure '%s' shows %u metric%s, and there %s %zu", figure->name,
                      figure->metrics, figure->metrics == 1 ? "" : "s",
                      metrics == 1 ? "is" : "are", metrics);
    if (sweep->axis_count < figure->least_axes)
        sl_report_add(c->report, SL_ERROR, c->wanted->mark,
                      "figure '%s' shows at least %u swept paths, and there %s %zu",
                      figure->name, figure->least_axes,
                      sweep->axis_count == 1 ? "is" : "are", sweep->axis_count);
    if (figure->subject == SL_OF_HALVING && !sweep->halving.horizon)
        sl_report_add(c->report, SL_ERROR, c->wanted->mark,
                      "figure '%s' shows halving, and the sweep has none", figure->name);
}

void
sl_sweep_figures_check(const struct sl_runs *runs, const char *const *search,
                       struct sl_arena *arena, struct sl_report *report)
{
    for (size_t i = 0; i < runs->sweep.figure_count; i++) {
        const struct sl_sweep_figure *wanted = &runs->sweep.figures[i];
        struct sl_figure figure;
        struct checking c = {runs, arena, report, wanted, &figure};
        struct sl_error err;

        if (sl_figure_read(search, wanted->name, arena, &figure, &err)) {
            sl_report_add(report, SL_ERROR, err.mark.line ? err.mark : wanted->mark, "%s",
                          err.text);
        } else if (figure.subject == SL_OF_RUN) {
            sl_report_add(report, SL_ERROR, wanted->mark,
                          "figure '%s' is of a run; 'sluice plot RUN' draws it",
                          wanted->name);
        } else {
            check_metrics(&c);
            check_counts(&c);
        }
    }
}
