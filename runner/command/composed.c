/* SPDX-License-Identifier: MIT */
#include "runner/command/composed.h"

#include <string.h>

#include "runner/command/modules.h"
#include "runner/config/interpolate.h"
#include "runner/config/override.h"

const struct sl_compose *
sl_call_composing(const struct sl_call *call, struct sl_report *report)
{
    struct sl_compose *compose = SL_NEW(call->arena, struct sl_compose);

    *compose = (struct sl_compose){
        .arena = call->arena,
        .report = report,
        .registry = call->registry,
        .search = sl_compose_search(call->arena, call->program),
        .modules = sl_call_module_opener(call),
    };
    return compose;
}

/* The tree with its references made, or, where that can't be done without a sweep, as it
 * is written. */
static struct sl_node *
interpolate(const struct sl_call *call, struct sl_node *tree)
{
    struct sl_report *report = SL_NEW(call->arena, struct sl_report);
    struct sl_node *env = sl_node_get(tree, "env"), *made;
    struct sl_interpolation interpolation;

    sl_report_init(report, call->arena);
    sl_interpolation_init(&interpolation, sl_call_composing(call, report), tree);
    made = sl_interpolate(&interpolation, tree);
    if (report->errors)
        made = tree;
    if (env)
        sl_node_append(made, sl_node_copy(call->arena, env));
    return made;
}

enum sl_status
sl_call_outline(struct sl_call *call, size_t first, struct sl_outline *outline,
                struct sl_error *err)
{
    struct sl_node *tree;

    SL_TRY(sl_compose(sl_call_composing(call, call->report), call->words[0],
                      call->words + first, call->n - first, &tree, err));
    call->tell(call);
    SL_TRY(sl_report_status(call->report, err));
    *outline = (struct sl_outline){call->registry, call->arena, interpolate(call, tree)};
    return SL_OK;
}

const char *
sl_origin_of(const struct sl_node *node, struct sl_arena *arena)
{
    if (!node->mark.file)
        return "default";
    if (strcmp(node->mark.file, SL_COMMAND_LINE) == 0)
        return SL_COMMAND_LINE;
    return sl_arena_format(arena, "%s:%u", node->mark.file, node->mark.line);
}
