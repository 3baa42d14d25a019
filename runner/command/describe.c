/* SPDX-License-Identifier: MIT */
/* sluice describe [NAME]: what the tables know. */
#include <stdio.h>
#include <string.h>

#include "runner/command/modules.h"
#include "runner/command/figures.h"
#include "runner/command/modules.h"
#include "runner/command/sheet.h"
#include "runner/config/field.h"
#include "runner/pipeline/experiment.h"
#include "runner/sweep/keys.h"

static void
print_table(const struct sl_registry *registry, enum sl_table_id table,
            struct sl_text *out)
{
    bool any = false;

    for (size_t i = 0; i < registry->n; i++) {
        const struct sl_entry *entry = registry->rows[i].as[0];
        if (registry->rows[i].table != table)
            continue;
        if (!any)
            sl_text_format(out, "\n%s\n", sl_table_name(table));
        any = true;
        sl_text_format(out, "  %-18s %s%s%s\n", entry->name, entry->summary,
                       registry->rows[i].origin ? ", from " : "",
                       registry->rows[i].origin ? registry->rows[i].origin->file : "");
    }
}

static const char *
port_word(enum sl_port_type type)
{
    static const char *const words[] = {"data set", "model", "scores", "tensor"};
    return words[type];
}

static void
print_ports(const char *title, const struct sl_port *ports, struct sl_text *out)
{
    if (!ports || !ports->name)
        return;
    sl_text_format(out, "\n%s\n", title);
    for (const struct sl_port *p = ports; p->name; p++) {
        sl_text_format(out, "  %-18s %s%s%s%s", p->name, port_word(p->type),
                       p->shape ? ", " : "", p->shape ? p->shape : "",
                       p->optional ? ", optional" : "");
        if (p->key)
            sl_text_format(out, ", of the split that '%s:' names", p->key);
        sl_text_format(out, "%s%s\n", p->help ? ": " : "", p->help ? p->help : "");
    }
}

static void
print_results(const struct sl_result *results, struct sl_text *out)
{
    static const char *const words[] = {"metric", "series", "tensor"};

    if (!results || !results->name)
        return;
    sl_text_append(out, "\nrecords\n");
    for (const struct sl_result *r = results; r->name; r++)
        sl_text_format(out, "  %-18s %s%s%s: %s\n", r->name, words[r->type],
                       r->unit ? ", " : "", r->unit ? r->unit : "",
                       r->help ? r->help : "");
}

static void
print_scores(const struct sl_model_class *model, struct sl_text *out)
{
    if (!model || !model->score)
        return;
    sl_text_append(out, "\nscores\n");
    for (const struct sl_score_kind *s = model->scores; s->name; s++)
        sl_text_format(out, "  %-18s %s%s%s\n", s->name, s->unit ? s->unit : "",
                       s->unit ? ": " : "", s->help);
}

static void
print_row(const struct sl_registry *registry, const struct sl_row *row,
          struct sl_text *out)
{
    const struct sl_entry *entry = row->as[0];
    char hex[SL_DIGEST_HEX];

    sl_text_format(out, "%s %s: %s\n", sl_table_name(row->table), entry->name,
                   entry->summary);
    if (row->origin) {
        sl_digest_hex(&row->origin->digest, hex);
        sl_text_format(out, "from %s, version %s, sha256 %s\n", row->origin->file,
                       row->origin->version, hex);
    }
    if (entry->fields) {
        sl_text_append(out, "\nconfiguration\n");
        sl_fields_describe(registry, entry->fields, 2, out);
    }
    if (row->table >= SL_STAGE_KINDS)
        return;
    const struct sl_module *module = (const struct sl_module *)entry;
    print_ports("inputs", module->inputs, out);
    print_ports("outputs", module->outputs, out);
    print_scores(module->model, out);
    print_results(module->results, out);
}

static void
print_experiment(const struct sl_registry *registry, struct sl_text *out)
{
    sl_text_append(out, "an experiment's file\n\n");
    sl_fields_describe(registry, sl_experiment_fields, 2, out);
    sl_text_append(
        out,
        "\n'sweep:' turns it into many runs, 'sluice describe sweep' says how; 'sluice "
        "describe figures' lists what can be drawn.\n"
        "\nOne block for each stage: 'STAGE: {module: NAME, ...}'. The modules, and what "
        "they choose from by name; 'sluice describe NAME' says more of one.\n");
    for (unsigned table = 0; table < SL_TABLES; table++)
        print_table(registry, (enum sl_table_id)table, out);
}

static enum sl_status
no_such_name(struct sl_call *call, const char *name, struct sl_error *err)
{
    const char *const *search = sl_call_figure_search(call);
    struct sl_string_list figures = sl_figure_names(search, call->arena);
    const char **names =
        sl_arena_alloc(call->arena, (call->registry->n + figures.n + 2) * sizeof *names);
    size_t n = 0;

    for (; n < call->registry->n; n++)
        names[n] = call->registry->rows[n].as[0]->name;
    for (size_t i = 0; i < figures.n; i++)
        names[n++] = figures.at[i];
    names[n++] = "sweep";
    names[n++] = "figures";
    const char *near = sl_nearest(name, names, n);
    if (near)
        return sl_fail(err, SL_ERR_CONFIG, "nothing is called '%s'; did you mean '%s'?",
                       name, near);
    return sl_fail(err, SL_ERR_CONFIG,
                   "nothing is called '%s'; 'sluice describe' lists all names", name);
}

/* Entries of that name, of any table. */
static bool
print_entries(const struct sl_registry *registry, const char *name, struct sl_text *out)
{
    bool found = false;

    for (size_t i = 0; i < registry->n; i++) {
        if (strcmp(registry->rows[i].as[0]->name, name) != 0)
            continue;
        sl_text_append(out, found ? "\n" : "");
        print_row(registry, &registry->rows[i], out);
        found = true;
    }
    return found;
}

static bool
print_figure(struct sl_call *call, const char *name, struct sl_text *out)
{
    const char *const *search = sl_call_figure_search(call);
    struct sl_figure figure;
    struct sl_error ignored;

    if (sl_figure_read(search, name, call->arena, &figure, &ignored))
        return false;
    sl_text_append(out, out->count ? "\n" : "");
    sl_figure_describe(&figure, out);
    return true;
}

static enum sl_status
print_name(struct sl_call *call, const char *name, struct sl_text *out,
           struct sl_error *err)
{
    bool found;

    if (strcmp(name, "sweep") == 0) {
        sl_sweep_describe(call->registry, out);
        return SL_OK;
    }
    if (strcmp(name, "figures") == 0)
        return sl_figures_list(call, out, err);
    found = print_entries(call->registry, name, out);
    found = print_figure(call, name, out) || found;
    return found ? SL_OK : no_such_name(call, name, err);
}

/* One line, cut between words where it is wider than the terminal; what is left is indented
 * below. width 0: there is none. */
static void
print_line(const char *line, size_t n, size_t width)
{
    size_t indent = strspn(line, " ") + 6, room = width, cut;

    while (width > indent + 20 && n > room) {
        for (cut = room; cut > 0 && line[cut] != ' ';)
            cut--;
        if (strspn(line, " ") >= cut)
            break;
        printf("%.*s\n%*s", (int)cut, line, (int)indent, "");
        n -= cut + strspn(line + cut, " ");
        line += cut + strspn(line + cut, " ");
        room = width - indent;
    }
    printf("%.*s\n", (int)n, line);
}

static void
print_text(const char *text)
{
    size_t width = sl_sheet_width(stdout);

    while (*text) {
        size_t n = strcspn(text, "\n");
        print_line(text, n, width);
        text += n + (text[n] == '\n');
    }
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct sl_text text = {0};
    enum sl_status status = SL_OK;

    (void)exit_status;
    sl_call_modules_all(call);
    call->tell(call);
    if (call->n == 0)
        print_experiment(call->registry, &text);
    else
        status = print_name(call, call->words[0], &text, err);
    if (status == SL_OK)
        print_text(text.bytes);
    sl_text_release(&text);
    return status;
}

static const struct sl_option options[] = {SL_MODULE_OPTION, SL_OPTION_END};

const struct sl_command sl_command_describe = {
    .name = "describe",
    .arguments = "[NAME]",
    .summary = "print what a module, a layer, ... takes and yields",
    .help = "NAME is one of those that it lists without, a figure, 'sweep' for what a\n"
            "sweep block may hold, or 'figures'.\n",
    .options = options,
    .least = 0,
    .most = 1,
    .run = run,
};
