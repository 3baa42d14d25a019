/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/block.h"

#include <string.h>

const struct sl_field sl_file_fields[] = {
    {.key = "use",
     .type = SL_TYPE_STRING_LIST,
     .help = "files and {GROUP: NAME} that this one builds on, in order; it wins"},
    {.key = "env",
     .type = SL_TYPE_STRING_LIST,
     .help = "names of environment variables that ${env:NAME} may read, as a list"},
    {.key = "modules",
     .type = SL_TYPE_STRING_LIST,
     .flags = SL_SINGLE,
     .help = "modules from outside, FILE.so: beside this file, in the current folder, or "
             "in $SLUICE_MODULE_PATH"},
    {.key = "sweep",
     .type = SL_TYPE_RECORD,
     .help = "many runs: values to try, in which combinations, and how often"},
    SL_FIELD_END,
};

const char *const sl_block_keys[] = {"module", "kind",    "inputs",
                                     "score",  "timeout", NULL};

/* The kind whose name it is, or SL_STAGE_KINDS. */
static unsigned
kind_named(const char *name)
{
    unsigned kind = 0;

    while (kind < SL_STAGE_KINDS &&
           strcmp(name, sl_table_name((enum sl_table_id)kind)) != 0)
        kind++;
    return kind;
}

unsigned
sl_block_kind(const struct sl_node *block)
{
    const struct sl_node *kind = sl_node_get(block, "kind");

    if (kind && kind->kind == SL_NODE_SCALAR)
        return kind_named(kind->text);
    return kind_named(block->key);
}

static bool
scores(const struct sl_port *ports)
{
    for (; ports && ports->name; ports++)
        if (ports->type == SL_PORT_SCORES)
            return true;
    return false;
}

/* ---- rows of the engine ------------------------------------------------------------- */

static const char *const *
module_names(const struct sl_registry *registry, enum sl_table_id table,
             struct sl_arena *arena)
{
    const char **names = sl_arena_alloc(arena, (registry->n + 1) * sizeof *names);

    sl_registry_names(registry, table, names, registry->n);
    return names;
}

static const char *const *
kind_names(struct sl_arena *arena)
{
    const char **names = sl_arena_alloc(arena, (SL_STAGE_KINDS + 1) * sizeof *names);

    for (unsigned kind = 0; kind < SL_STAGE_KINDS; kind++)
        names[kind] = sl_table_name((enum sl_table_id)kind);
    return names;
}

/* What `inputs:` may name: the ports, and for scores the model that gives them. */
static const struct sl_field *
port_fields(const struct sl_port *ports, struct sl_arena *arena)
{
    struct sl_field *fields;
    size_t n = 0, filled = 0;

    while (ports && ports[n].name)
        n++;
    fields = sl_arena_alloc(arena, (n + 1) * sizeof *fields);
    for (size_t i = 0; i < n; i++) {
        bool score = ports[i].type == SL_PORT_SCORES;
        const char *key = score ? "model" : ports[i].name;
        if (!sl_field_find(fields, key))
            fields[filled++] = (struct sl_field){
                .key = key,
                .type = SL_TYPE_STRING,
                .help = score ? "the stage whose model scores" : ports[i].help};
    }
    return fields;
}

/* Splits that score ports are joined to. */
static struct sl_field *
add_splits(struct sl_field *fields, const struct sl_port *ports, struct sl_arena *arena)
{
    for (; ports && ports->name; ports++)
        if (ports->key)
            *fields++ = (struct sl_field){
                .key = ports->key,
                .type = SL_TYPE_STRING,
                .flags = SL_REQUIRED | SL_SPLITS,
                .help = sl_arena_format(arena, "split of the data: %s",
                                        ports->help ? ports->help : ports->name)};
    return fields;
}

#define ROWS_MAX 24

const struct sl_field *
sl_block_fields(const struct sl_registry *registry, const struct sl_row *row,
                struct sl_arena *arena)
{
    const struct sl_module *module = (const struct sl_module *)row->as[0];
    struct sl_field *rows = sl_arena_alloc(arena, ROWS_MAX * sizeof *rows), *at = rows;

    *at++ = (struct sl_field){.key = "module",
                              .type = SL_TYPE_WORD,
                              .flags = SL_REQUIRED,
                              .words = module_names(registry, row->table, arena),
                              .help = "what does the work of the stage"};
    *at++ =
        (struct sl_field){.key = "kind",
                          .type = SL_TYPE_WORD,
                          .number = row->table,
                          .words = kind_names(arena),
                          .help = "the kind of the stage; by default its name says it"};
    at = add_splits(at, module->inputs, arena);
    if (scores(module->inputs))
        *at++ = (struct sl_field){
            .key = "score",
            .type = SL_TYPE_STRING,
            .help = "which of the model's scores; by default its first"};
    *at++ = (struct sl_field){
        .key = "timeout",
        .type = SL_TYPE_DOUBLE,
        .high = SL_TIMEOUT_MAX,
        .unit = "s",
        .help = "after so long it is asked to stop, and has failed; only --isolate ends "
                "one that does not listen; 0: it may take any time"};
    if (module->inputs && module->inputs->name)
        *at++ = (struct sl_field){
            .key = "inputs",
            .type = SL_TYPE_RECORD,
            .fields = port_fields(module->inputs, arena),
            .help = "{PORT: STAGE}, where several stages yield what a port takes"};
    if (module->entry.fields)
        *at++ = (struct sl_field){
            .key = "", .type = SL_TYPE_INCLUDE, .fields = module->entry.fields};
    return rows;
}
