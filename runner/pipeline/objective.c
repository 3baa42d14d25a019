/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/objective.h"

#include <string.h>

#include "runner/pipeline/results.h"

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

bool
sl_runs_record(const struct sl_runs *runs, const char *metric)
{
    const struct sl_registry *registry = runs->call->compose->registry;

    for (size_t i = 0; i < runs->n; i++)
        if (sl_experiment_records(runs->at[i].experiment, registry, metric))
            return true;
    return false;
}

void
sl_runs_refuse_metric(const struct sl_runs *runs, struct sl_mark mark, const char *what,
                      const char *metric)
{
    const struct sl_compose *compose = runs->call->compose;
    const char *near = sl_experiment_nearest(runs->at[0].experiment, compose->registry,
                                             metric, compose->arena);

    sl_report_add(compose->report, SL_ERROR, mark,
                  near ? "%sno stage records '%s'; did you mean '%s'?"
                       : "%sno stage records '%s'",
                  what, metric, near);
}

/* ---- halving ------------------------------------------------------------------------ */

/* Appends the paths of the horizons of a stage; true if one of them is `path`. */
static bool
list_horizons(const struct sl_stage *stage, const struct sl_field *fields,
              const char *path, struct sl_text *known)
{
    bool found = false;

    for (; fields && fields->type != SL_TYPE_END; fields++) {
        if (fields->type == SL_TYPE_INCLUDE)
            found = list_horizons(stage, fields->fields, path, known) || found;
        if (!(fields->flags & SL_HORIZON))
            continue;
        sl_text_format(known, "%s%s.%s", known->count ? ", " : "", stage->name,
                       fields->key);
        found = found || (strncmp(path, stage->name, strlen(stage->name)) == 0 &&
                          path[strlen(stage->name)] == '.' &&
                          strcmp(path + strlen(stage->name) + 1, fields->key) == 0);
    }
    return found;
}

void
sl_horizon_check(const struct sl_runs *runs, struct sl_report *report)
{
    const struct sl_halving *halving = &runs->sweep.halving;
    const struct sl_experiment *x = runs->n ? runs->at[0].experiment : NULL;
    struct sl_text known = {0};
    bool found = false;

    if (!x || !halving->horizon)
        return;
    for (size_t i = 0; i < x->n; i++)
        found = list_horizons(&x->stages[i], x->stages[i].module->entry.fields,
                              halving->horizon, &known) ||
                found;
    if (!found)
        sl_report_add(report, SL_ERROR, halving->mark,
                      "'%s' is no horizon, on which a stage could go on from where it "
                      "stopped; there %s%s",
                      halving->horizon, known.count ? "is " : "is none",
                      known.count ? known.bytes : "");
    sl_text_release(&known);
}

/* ---- objectives --------------------------------------------------------------------- */

void
sl_objective_check(const struct sl_runs *runs, struct sl_report *report)
{
    const struct sl_experiment *x = runs->n ? runs->at[0].experiment : NULL;

    for (size_t i = 0; x && i < runs->sweep.objective_count; i++) {
        const struct sl_objective *objective = &runs->sweep.objectives[i];
        const struct sl_stage *stage = sl_experiment_stage(x, objective->stage);
        const char *metric = sl_arena_format(runs->call->compose->arena, "%s.%s",
                                             objective->stage, objective->metric);
        if (!sl_runs_record(runs, metric)) {
            sl_runs_refuse_metric(runs, objective->mark, "", metric);
        } else if (stage) {
            warn_of_final_splits(x, objective, stage, report);
            warn_of_idle_axes(runs, x, objective, stage, report);
        }
    }
}
