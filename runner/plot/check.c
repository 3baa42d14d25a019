/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "runner/plot/figure.h"
#include "runner/plot/header.h"

static bool
records(const struct sl_module *module, const struct sl_need *need)
{
    static const enum sl_result_type types[] = {
        [SL_NEED_METRIC] = SL_RESULT_METRIC,
        [SL_NEED_SERIES] = SL_RESULT_SERIES,
        [SL_NEED_TENSOR] = SL_RESULT_TENSOR,
    };

    for (const struct sl_result *r = module->results; r && r->name; r++)
        if (r->type == types[need->type] && sl_names_meet(r->name, need->name))
            return true;
    return false;
}

static void
check_need(const struct sl_experiment *experiment, const struct sl_figure *figure,
           const struct sl_need *need, struct sl_mark mark, struct sl_report *report)
{
    const struct sl_stage *lacking = NULL;

    for (size_t i = 0; i < experiment->n; i++) {
        const struct sl_stage *stage = &experiment->stages[i];

        if (!stage->row || strcmp(sl_table_name(stage->row->table), need->kind) != 0)
            continue;
        if (!stage->module || need->type == SL_NEED_INPUT || records(stage->module, need))
            return;
        lacking = stage;
    }
    if (lacking)
        sl_report_add(report, SL_ERROR, mark,
                      "figure '%s' needs the %s '%s', which module '%s' of stage '%s' "
                      "does not record",
                      figure->name, sl_need_word(need->type), need->name,
                      lacking->module->entry.name, lacking->name);
    else
        sl_report_add(report, SL_ERROR, mark,
                      "figure '%s' needs a stage of kind '%s', and there is none",
                      figure->name, need->kind);
}

/* Whether a figure can show such data, as far as they are known. */
static bool
fits(const struct sl_figure *figure, const struct sl_schema *schema)
{
    if (schema->d == 0)
        return true;
    return (!figure->columns || schema->d == figure->columns) &&
           (!figure->images || schema->height > 0);
}

/* One stage that it is for is enough. */
static void
check_data(const struct sl_experiment *experiment, const struct sl_figure *figure,
           struct sl_mark mark, struct sl_report *report)
{
    const struct sl_stage *other = NULL;

    for (size_t i = 0; i < experiment->n; i++) {
        const struct sl_stage *stage = &experiment->stages[i];

        if (!stage->row ||
            strcmp(sl_table_name(stage->row->table), figure->needs[0].kind) != 0)
            continue;
        if (fits(figure, &stage->schema))
            return;
        other = stage;
    }
    if (!other)
        return;
    if (figure->images)
        sl_report_add(report, SL_ERROR, mark,
                      "figure '%s' is for images, and the rows of stage '%s' are none",
                      figure->name, other->name);
    else
        sl_report_add(report, SL_ERROR, mark,
                      "figure '%s' is for rows of %u column%s, and those of stage '%s' "
                      "have %zu",
                      figure->name, figure->columns, figure->columns == 1 ? "" : "s",
                      other->name, other->schema.d);
}

void
sl_figure_check(const struct sl_experiment *experiment, const char *name,
                struct sl_mark mark, const char *const *search, struct sl_arena *arena,
                struct sl_report *report)
{
    size_t errors = report->errors;
    struct sl_figure figure;
    struct sl_error err;

    if (sl_figure_read(search, name, arena, &figure, &err)) {
        sl_report_add(report, SL_ERROR, err.mark.line ? err.mark : mark, "%s", err.text);
        return;
    }
    if (figure.subject != SL_OF_RUN)
        sl_report_add(report, SL_ERROR, mark,
                      "figure '%s' is of a sweep; name it below 'sweep', in 'figures'",
                      name);
    for (size_t i = 0; i < figure.n; i++)
        if (!figure.needs[i].optional)
            check_need(experiment, &figure, &figure.needs[i], mark, report);
    if (report->errors == errors)
        check_data(experiment, &figure, mark, report);
}
