/* SPDX-License-Identifier: MIT */
#include "runner/command/modules.h"
#include "runner/command/figures.h"
#include "runner/command/modules.h"

#include "runner/base/text.h"
#include "runner/command/modules.h"

static enum sl_status
list_those(struct sl_call *call, bool of_run, struct sl_text *out, struct sl_error *err)
{
    const char *const *search = sl_call_figure_search(call);
    struct sl_string_list names = sl_figure_names(search, call->arena);
    struct sl_figure figure;

    for (size_t i = 0; i < names.n; i++) {
        SL_TRY(sl_figure_read(search, names.at[i], call->arena, &figure, err));
        if ((figure.subject == SL_OF_RUN) == of_run)
            sl_text_format(out, "  %-18s %s\n", figure.name, figure.summary);
    }
    return SL_OK;
}

enum sl_status
sl_figures_list(struct sl_call *call, struct sl_text *out, struct sl_error *err)
{
    sl_text_append(out, "figures of a run\n");
    SL_TRY(list_those(call, true, out, err));
    sl_text_append(out, "\nfigures of a sweep\n");
    return list_those(call, false, out, err);
}

static void
describe_need(const struct sl_need *need, struct sl_text *out)
{
    static const char *const words[] = {"metric", "series", "tensor", "split of"};

    sl_text_format(out, "  %-8s %s%s.%s%s", words[need->type], need->kind,
                   need->every ? "*" : "", need->name, need->family ? "*" : "");
    if (need->columns)
        sl_text_format(out, ", of %u columns", need->columns);
    sl_text_append(out, need->optional ? ", if it is there\n" : "\n");
}

static void
describe_sweep(const struct sl_figure *figure, struct sl_text *out)
{
    sl_text_format(out, "  metrics  %u%s\n", figure->metrics,
                   figure->metrics == 1 ? ", a picture for each objective" : "");
    if (figure->subject == SL_OF_HALVING)
        sl_text_append(out, "  rungs    of halving\n");
    sl_text_format(out, "  paths    %u", figure->least_axes);
    if (figure->most_axes != figure->least_axes && figure->most_axes < 1000)
        sl_text_format(out, " to %u", figure->most_axes);
    else if (figure->most_axes != figure->least_axes)
        sl_text_append(out, " or more");
    sl_text_append(out, " that are swept\n");
    if (figure->on_request)
        sl_text_append(out, "  drawn    where the sweep's `figures` ask for it\n");
}

void
sl_figure_describe(const struct sl_figure *figure, struct sl_text *out)
{
    sl_text_format(out, "figure %s, of a %s: %s\n\ntakes\n", figure->name,
                   figure->subject == SL_OF_RUN ? "run" : "sweep", figure->summary);
    if (figure->subject != SL_OF_RUN)
        describe_sweep(figure, out);
    for (size_t i = 0; i < figure->n; i++)
        describe_need(&figure->needs[i], out);
    if (figure->images)
        sl_text_append(out, "  data     images\n");
    if (figure->columns)
        sl_text_format(out, "  data     of %u columns\n", figure->columns);
    sl_text_format(out, "\n%u x %u points\n", figure->width, figure->height);
}
