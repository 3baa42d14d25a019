/* SPDX-License-Identifier: MIT */
/* sluice describe [NAME]: what the tables know. */
#include <stdio.h>
#include <string.h>

#include "runner/command/command.h"
#include "runner/config/field.h"
#include "runner/pipeline/experiment.h"

static void
print_table(const struct sl_registry *registry, enum sl_table_id table)
{
    bool any = false;

    for (size_t i = 0; i < registry->n; i++) {
        const struct sl_entry *entry = registry->rows[i].as[0];
        if (registry->rows[i].table != table)
            continue;
        if (!any)
            printf("\n%s\n", sl_table_name(table));
        any = true;
        printf("  %-18s %s%s%s\n", entry->name, entry->summary,
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
print_ports(const char *title, const struct sl_port *ports)
{
    if (!ports || !ports->name)
        return;
    printf("\n%s\n", title);
    for (const struct sl_port *p = ports; p->name; p++) {
        printf("  %-18s %s%s%s%s", p->name, port_word(p->type), p->shape ? ", " : "",
               p->shape ? p->shape : "", p->optional ? ", optional" : "");
        if (p->key)
            printf(", of the split that '%s:' names", p->key);
        printf("%s%s\n", p->help ? ": " : "", p->help ? p->help : "");
    }
}

static void
print_results(const struct sl_result *results)
{
    static const char *const words[] = {"metric", "series", "tensor"};

    if (!results || !results->name)
        return;
    puts("\nrecords");
    for (const struct sl_result *r = results; r->name; r++)
        printf("  %-18s %s%s%s: %s\n", r->name, words[r->type], r->unit ? ", " : "",
               r->unit ? r->unit : "", r->help ? r->help : "");
}

static void
print_scores(const struct sl_model_class *model)
{
    if (!model || !model->score)
        return;
    puts("\nscores");
    for (const struct sl_score_kind *s = model->scores; s->name; s++)
        printf("  %-18s %s%s%s\n", s->name, s->unit ? s->unit : "", s->unit ? ": " : "",
               s->help);
}

static void
print_row(const struct sl_registry *registry, const struct sl_row *row)
{
    const struct sl_entry *entry = row->as[0];
    struct sl_text text = {0};
    char hex[SL_DIGEST_HEX];

    printf("%s %s: %s\n", sl_table_name(row->table), entry->name, entry->summary);
    if (row->origin) {
        sl_digest_hex(&row->origin->digest, hex);
        printf("from %s, version %s, sha256 %s\n", row->origin->file,
               row->origin->version, hex);
    }
    if (entry->fields) {
        puts("\nconfiguration");
        sl_fields_describe(registry, entry->fields, 2, &text);
        fputs(text.bytes ? text.bytes : "", stdout);
    }
    sl_text_release(&text);
    if (row->table >= SL_STAGE_KINDS)
        return;
    const struct sl_module *module = (const struct sl_module *)entry;
    print_ports("inputs", module->inputs);
    print_ports("outputs", module->outputs);
    print_scores(module->model);
    print_results(module->results);
}

static void
print_experiment(const struct sl_registry *registry)
{
    struct sl_text text = {0};

    puts("an experiment's file\n");
    sl_fields_describe(registry, sl_experiment_fields, 2, &text);
    fputs(text.bytes, stdout);
    sl_text_release(&text);
    puts("\nand one block for each stage: 'STAGE: {module: NAME, ...}'. The modules, and "
         "what"
         "\nthey choose from by name; 'sluice describe NAME' says more of one.");
    for (unsigned table = 0; table < SL_TABLES; table++)
        print_table(registry, (enum sl_table_id)table);
}

static enum sl_status
no_such_name(const struct sl_call *call, const char *name, struct sl_error *err)
{
    const char *names[256];
    size_t n = 0;

    for (; n < call->registry->n && n < 256; n++)
        names[n] = call->registry->rows[n].as[0]->name;
    const char *near = sl_nearest(name, names, n);
    if (near)
        return sl_fail(err, SL_ERR_CONFIG, "nothing is called '%s'; did you mean '%s'?",
                       name, near);
    return sl_fail(err, SL_ERR_CONFIG,
                   "nothing is called '%s'; 'sluice describe' lists all names", name);
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    bool found = false;

    (void)exit_status;
    sl_call_modules_all(call);
    call->tell(call);
    if (call->n == 0) {
        print_experiment(call->registry);
        return SL_OK;
    }
    for (size_t i = 0; i < call->registry->n; i++) {
        const struct sl_row *row = &call->registry->rows[i];
        if (strcmp(row->as[0]->name, call->words[0]) != 0)
            continue;
        if (found)
            putchar('\n');
        print_row(call->registry, row);
        found = true;
    }
    return found ? SL_OK : no_such_name(call, call->words[0], err);
}

static const struct sl_option options[] = {SL_MODULE_OPTION, SL_OPTION_END};

const struct sl_command sl_command_describe = {
    .name = "describe",
    .arguments = "[NAME]",
    .summary = "print what a module, a layer, ... takes and yields",
    .options = options,
    .least = 0,
    .most = 1,
    .run = run,
};
