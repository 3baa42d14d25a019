/* SPDX-License-Identifier: MIT */
/* sluice resolve FILE: the file after composition, defaults filled in. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "runner/command/composed.h"
#include "runner/command/load.h"
#include "runner/command/resolved.h"
#include "runner/config/interpolate.h"
#include "runner/config/node_json.h"
#include "runner/config/override.h"
#include "runner/config/yaml.h"
#include "runner/pipeline/runs.h"

/* Tells every mistake, as `check` does. */
static enum sl_status
check(struct sl_call *call, struct sl_error *err)
{
    struct sl_load load = {call->words[0], call->n - 1, call->words + 1};
    struct sl_runs runs;

    SL_TRY(sl_load_read(call, &load, &runs, err));
    call->tell(call);
    SL_TRY(sl_report_status(call->report, err));
    for (size_t i = 0; i < runs.sweep.axis_count; i++)
        if (strncmp(runs.sweep.axes[i].path, "use.", 4) == 0)
            return sl_fail(
                err, SL_ERR_CONFIG,
                "the sweep chooses files by '%s', which a resolved file can't; "
                "resolve one of them: '~sweep' %s=NAME",
                runs.sweep.axes[i].path, runs.sweep.axes[i].path);
    return SL_OK;
}

/* The file once more: reading its runs has taken the sweep out. What a sweep changes may
 * be what references lead to: there they stay. */
static enum sl_status
compose(struct sl_call *call, struct sl_outline *outline, struct sl_error *err)
{
    struct sl_interpolation interpolation;
    const struct sl_compose *quiet;
    struct sl_report told;
    struct sl_node *tree;

    sl_report_init(&told, call->arena);
    quiet = sl_call_composing(call, &told);
    SL_TRY(sl_compose(quiet, call->words[0], call->words + 1, call->n - 1, &tree, err));
    *outline = (struct sl_outline){call->registry, call->arena, tree};
    if (sl_node_get(tree, "sweep"))
        return SL_OK;
    sl_interpolation_init(&interpolation, quiet, tree);
    outline->tree = sl_interpolate(&interpolation, tree);
    return SL_OK;
}

/* ---- JSON --------------------------------------------------------------------------- */

static json_t *
origin_json(const struct sl_node *node)
{
    const struct sl_mark *mark = &node->mark;

    if (!mark->file)
        return json_pack("{s:s}", "from", "default");
    if (strcmp(mark->file, SL_COMMAND_LINE) == 0)
        return json_pack("{s:s, s:s*}", "from", SL_COMMAND_LINE, "written",
                         node->written);
    return json_pack("{s:s, s:s, s:i, s:i, s:s*}", "from", "file", "file", mark->file,
                     "line", (int)mark->line, "column", (int)mark->column, "written",
                     node->written);
}

static json_t *
origins_json(const struct sl_resolved_line *lines, size_t n)
{
    json_t *origins = json_object();

    for (size_t i = 0; i < n; i++)
        if (lines[i].node)
            json_object_set_new(origins, lines[i].path, origin_json(lines[i].node));
    return origins;
}

static void
print_json(struct sl_call *call, const struct sl_resolved_line *lines, size_t n,
           const struct sl_text *yaml)
{
    struct sl_node *tree = NULL;
    struct sl_report report;
    json_t *top;

    sl_report_init(&report, call->arena);
    sl_yaml_parse("resolved", yaml->bytes, yaml->count, call->arena, &report, &tree);
    assert(tree && report.errors == 0);
    top = json_pack("{s:s, s:o, s:o}", "file", call->words[0], "config",
                    sl_node_json(tree), "origins", origins_json(lines, n));
    json_dumpf(top, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(top);
}

/* ---- the command -------------------------------------------------------------------- */

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct sl_resolved_line *lines;
    struct sl_outline outline;
    struct sl_text text = {0};
    size_t n;

    (void)exit_status;
    SL_TRY(check(call, err));
    SL_TRY(compose(call, &outline, err));
    n = sl_resolve(&outline, sl_node_get(outline.tree, "sweep") == NULL, &lines);
    sl_resolved_print(lines, n, call->arena, &text);
    if (sl_call_option(call, "json"))
        print_json(call, lines, n, &text);
    else
        fputs(text.bytes, stdout);
    sl_text_release(&text);
    return SL_OK;
}

static const struct sl_option options[] = {
    {"json", NULL, "as JSON: 'config', and 'origins' by key", false},
    SL_MODULE_OPTION,
    SL_OPTION_END,
};

const struct sl_command sl_command_resolve = {
    .name = "resolve",
    .arguments = "FILE [KEY=VALUE]...",
    .summary = "print a file as it is composed, and where each value came from",
    .help =
        "What is printed is a file itself: it has what 'use' brought and the defaults\n"
        "of this version, and running it gives the same results. Comments name the file\n"
        "and line of each value, 'command line' or 'default'.\n",
    .options = options,
    .least = 1,
    .most = 1000,
    .run = run,
};
