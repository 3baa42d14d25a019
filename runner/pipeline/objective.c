/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/objective.h"

#include <string.h>

/* A name that ends in * stands for a family. */
static bool
records(const struct sl_module *module, const char *metric)
{
    for (const struct sl_result *r = module->results; r && r->name; r++) {
        size_t n = strlen(r->name);
        if (r->type == SL_RESULT_METRIC &&
            (strcmp(r->name, metric) == 0 ||
             (r->name[n - 1] == '*' && strncmp(r->name, metric, n - 1) == 0)))
            return true;
    }
    return false;
}

/* Whether what a stage yields depends on another stage. */
static bool
depends(const struct sl_stage *stage, const struct sl_stage *on)
{
    if (stage == on)
        return true;
    for (size_t i = 0; i < stage->n; i++)
        if (stage->joins[i].from && depends(stage->joins[i].from, on))
            return true;
    return false;
}

/* Whether a metric of a stage is a number about that split: scores that it takes from it,
 * or "loss_SPLIT" by its name. */
static bool
reads_split(const struct sl_stage *stage, const char *metric, const char *split)
{
    size_t n = strlen(metric), m = strlen(split);

    for (size_t i = 0; i < stage->n; i++)
        if (stage->joins[i].split && strcmp(stage->joins[i].split, split) == 0)
            return true;
    return n > m && metric[n - m - 1] == '_' && strcmp(metric + n - m, split) == 0;
}

static void
warn_of_final_splits(const struct sl_experiment *x, const struct sl_objective *objective,
                     const struct sl_stage *stage, struct sl_report *report)
{
    for (size_t i = 0; i < x->n; i++) {
        const struct sl_stage *final = &x->stages[i];
        if (final->row->table != SL_DETECT)
            continue;
        for (size_t j = 0; j < final->n; j++) {
            const char *split = final->joins[j].split;
            if (split && reads_split(stage, objective->metric, split)) {
                sl_report_add(report, SL_WARNING, objective->mark,
                              "'%s.%s' reads split '%s', on which the metrics of '%s' "
                              "stand: what is chosen by it looks better there than it is",
                              objective->stage, objective->metric, split, final->name);
                return;
            }
        }
    }
}

static void
warn_of_idle_axes(const struct sl_runs *runs, const struct sl_experiment *x,
                  const struct sl_objective *objective, const struct sl_stage *stage,
                  struct sl_report *report)
{
    for (size_t i = 0; i < runs->sweep.axis_count; i++) {
        const struct sl_axis *axis = &runs->sweep.axes[i];
        size_t n = strcspn(axis->path, ".");
        for (size_t j = 0; j < x->n; j++)
            if (strlen(x->stages[j].name) == n &&
                strncmp(x->stages[j].name, axis->path, n) == 0 &&
                !depends(stage, &x->stages[j]))
                sl_report_add(report, SL_WARNING, axis->mark,
                              "'%s.%s' can't depend on '%s'", objective->stage,
                              objective->metric, axis->path);
    }
}

void
sl_objective_check(const struct sl_runs *runs, struct sl_report *report)
{
    const struct sl_experiment *x = runs->n ? runs->at[0].experiment : NULL;

    for (size_t i = 0; x && i < runs->sweep.objective_count; i++) {
        const struct sl_objective *objective = &runs->sweep.objectives[i];
        const struct sl_stage *stage = sl_experiment_stage(x, objective->stage);
        if (!stage || !records(stage->module, objective->metric)) {
            sl_report_add(report, SL_ERROR, objective->mark,
                          stage ? "stage '%s' records no metric '%s'"
                                : "there is no stage '%s' that could record '%s'",
                          objective->stage, objective->metric);
            continue;
        }
        warn_of_final_splits(x, objective, stage, report);
        warn_of_idle_axes(runs, x, objective, stage, report);
    }
}

bool
sl_experiment_records(const struct sl_experiment *experiment, const char *metric)
{
    for (size_t i = 0; i < experiment->n; i++) {
        const struct sl_stage *stage = &experiment->stages[i];
        size_t n = strlen(stage->name);
        if (strncmp(stage->name, metric, n) == 0 && metric[n] == '.')
            return stage->module && records(stage->module, metric + n + 1);
    }
    return false;
}
