/* SPDX-License-Identifier: MIT */
/* sluice schema: what a file may hold, for editors. */
#include "runner/command/schema.h"

#include <stdio.h>
#include <string.h>

#include "runner/command/list_configs.h"
#include "runner/command/modules.h"
#include "runner/pipeline/block.h"
#include "runner/plot/figure.h"

#define DRAFT "https://json-schema.org/draft/2020-12/schema"

/* ---- figures ------------------------------------------------------------------------ */

json_t *
sl_schema_figures(const struct sl_schema_maker *maker, bool of_sweep)
{
    struct sl_string_list all = sl_figure_names(maker->figures, maker->arena);
    json_t *names = json_array(), *help = json_array();

    for (size_t i = 0; i < all.n; i++) {
        struct sl_figure figure;
        struct sl_error ignored;
        if (sl_figure_read(maker->figures, all.at[i], maker->arena, &figure, &ignored) ||
            (figure.subject != SL_OF_RUN) != of_sweep)
            continue;
        json_array_append_new(names, json_string(figure.name));
        json_array_append_new(help, json_string(figure.summary));
    }
    return json_pack("{s:o, s:o}", "enum", names, "enumDescriptions", help);
}

/* ---- stages ------------------------------------------------------------------------- */

/* {"if": KEY is VALUE, "then": {"$ref": ...}} */
static json_t *
when_key_is(const char *key, const char *value, const char *ref)
{
    return json_pack("{s:{s:{s:{s:s}}, s:[s]}, s:o}", "if", "properties", key, "const",
                     value, "required", key, "then", sl_schema_ref(ref));
}

/* Where the key is not said, `use` has brought it: some of what it may be has to fit. */
static json_t *
when_key_is_missing(const char *key, json_t *any)
{
    return json_pack("{s:{s:{s:[s]}}, s:{s:o}}", "if", "not", "required", key, "then",
                     "anyOf", any);
}

static void
add_module(struct sl_schema_maker *maker, const struct sl_row *row, const char *name)
{
    const struct sl_field *fields = sl_block_fields(maker->registry, row, maker->arena);
    json_t *schema = sl_schema_fields(maker, fields, false);

    json_object_set_new(schema, "description", json_string(row->as[0]->summary));
    json_object_set_new(maker->defs, name, schema);
}

/* A block of one kind of stage, its keys by its module. */
static json_t *
kind_schema(struct sl_schema_maker *maker, enum sl_table_id kind)
{
    json_t *names = json_array(), *help = json_array(), *rules = json_array();
    json_t *any = json_array();

    for (size_t i = 0; i < maker->registry->n; i++) {
        const struct sl_row *row = &maker->registry->rows[i];
        const char *name = row->as[0]->name, *ref;
        if (row->table != kind)
            continue;
        ref = sl_arena_format(maker->arena, "%s.%s", sl_table_name(kind), name);
        add_module(maker, row, ref);
        json_array_append_new(names, json_string(name));
        json_array_append_new(help, json_string(row->as[0]->summary));
        json_array_append_new(rules, when_key_is("module", name, ref));
        json_array_append_new(any, sl_schema_ref(ref));
    }
    json_array_append_new(rules, when_key_is_missing("module", any));
    return json_pack("{s:[s, s], s:{s:{s:o, s:o, s:s}}, s:o}", "type", "object", "string",
                     "properties", "module", "enum", names, "enumDescriptions", help,
                     "description", "what does the work of the stage", "allOf", rules);
}

/* A stage with a name of the user's making. */
static json_t *
stage_schema(void)
{
    const char *kinds[SL_STAGE_KINDS];
    json_t *rules = json_array(), *any = json_array();

    for (unsigned i = 0; i < SL_STAGE_KINDS; i++) {
        kinds[i] = sl_table_name((enum sl_table_id)i);
        json_array_append_new(rules, when_key_is("kind", kinds[i], kinds[i]));
        json_array_append_new(any, sl_schema_ref(kinds[i]));
    }
    json_array_append_new(rules, when_key_is_missing("kind", any));
    return json_pack("{s:[s, s], s:s, s:{s:o}, s:o}", "type", "object", "string",
                     "description", "a stage that says its 'kind:'", "properties", "kind",
                     sl_schema_words(kinds, SL_STAGE_KINDS), "allOf", rules);
}

/* ---- the top level ------------------------------------------------------------------ */

/* The names of groups and of their files. Files beside the experiment may add to them. */
static json_t *
groups_schema(const struct sl_table *configs)
{
    json_t *groups = json_object(), *name, *known;

    for (size_t i = 0; i < configs->rows; i++) {
        const char *group = configs->columns[0].at.texts[i];
        name = json_string(configs->columns[1].at.texts[i]);
        known = json_object_get(groups, group);
        if (!known) {
            known = json_pack("{s:[{s:[]}, {s:s, s:s}]}", "anyOf", "enum", "type",
                              "string", "pattern", "^" SL_NAME_RULE "$");
            json_object_set_new(groups, group, known);
        }
        known = json_array_get(json_object_get(known, "anyOf"), 0);
        json_array_append_new(json_object_get(known, "enum"), name);
    }
    return groups;
}

/* What is read before references are followed. */
static json_t *
path_schema(void)
{
    return json_pack("{s:s, s:i, s:{s:s}}", "type", "string", "minLength", 1, "not",
                     "pattern", "\\$\\{");
}

/* One or a list of them; takes the schema of one over. */
static json_t *
listed(const struct sl_field *field, json_t *one)
{
    json_t *schema = sl_schema_one_or_many(one);

    json_object_set_new(schema, "description", json_string(field->help));
    json_decref(one);
    return schema;
}

static json_t *
variable_schema(void)
{
    return json_pack("{s:s, s:s}", "type", "string", "pattern",
                     "^[A-Za-z_][A-Za-z0-9_]*$");
}

/* A name of files: 2026 is one, -1 is none. */
static void
add_name_rule(json_t *schema)
{
    json_object_set_new(schema, "pattern", json_string("^" SL_NAME_RULE "$|\\$\\{"));
    json_object_set_new(schema, "minimum", json_integer(0));
}

/* PATH or {GROUP: NAME}, one or a list of them. */
static json_t *
use_schema(const struct sl_schema_maker *maker, const struct sl_field *field)
{
    json_t *group = json_pack("{s:s, s:o, s:{s:s, s:s}}", "type", "object", "properties",
                              groups_schema(&maker->configs), "additionalProperties",
                              "type", "string", "pattern", "^" SL_NAME_RULE "$");

    json_object_set_new(group, "propertyNames",
                        json_pack("{s:s}", "pattern", "^" SL_NAME_RULE "$"));
    return listed(field, json_pack("{s:[o, o]}", "anyOf", path_schema(), group));
}

static void
add_head(struct sl_schema_maker *maker, json_t *keys)
{
    json_t *figures = sl_schema_figures(maker, false);

    for (const struct sl_field *f = sl_experiment_fields; f->type != SL_TYPE_END; f++) {
        json_t *schema = sl_schema_field(maker, f);
        if (strcmp(f->key, "figures") == 0)
            json_object_set(schema, "items", figures);
        if (strcmp(f->key, "name") == 0)
            add_name_rule(schema);
        json_object_set_new(keys, f->key, schema);
    }
    json_decref(figures);
    for (const struct sl_field *f = sl_file_fields; f->type != SL_TYPE_END; f++)
        if (strcmp(f->key, "use") == 0)
            json_object_set_new(keys, f->key, use_schema(maker, f));
        else if (strcmp(f->key, "modules") == 0)
            json_object_set_new(keys, f->key, listed(f, path_schema()));
        else if (strcmp(f->key, "env") == 0)
            json_object_set_new(keys, f->key, listed(f, variable_schema()));
        else if (strcmp(f->key, "sweep") == 0)
            json_object_set_new(keys, f->key, sl_schema_sweep(maker));
        else
            json_object_set_new(keys, f->key, sl_schema_field(maker, f));
}

/* Other stages say their kind; where files are used, these may have said it. */
static json_t *
kind_is_said(const json_t *keys)
{
    json_t *known = json_object();
    const char *key;

    for (void *at = json_object_iter((json_t *)keys); at;
         at = json_object_iter_next((json_t *)keys, at)) {
        key = json_object_iter_key(at);
        json_object_set_new(known, key, json_true());
    }
    return json_pack("{s:o, s:{s:[s]}}", "properties", known, "additionalProperties",
                     "required", "kind");
}

json_t *
sl_schema_make(struct sl_schema_maker *maker)
{
    json_t *keys = json_object();

    maker->defs = json_object();
    json_object_set_new(maker->defs, "reference",
                        json_pack("{s:s, s:s, s:s}", "type", "string", "pattern",
                                  "\\$\\{", "description", "${PATH}: another value"));
    add_head(maker, keys);
    for (unsigned i = 0; i < SL_STAGE_KINDS; i++) {
        const char *kind = sl_table_name((enum sl_table_id)i);
        json_object_set_new(maker->defs, kind, kind_schema(maker, (enum sl_table_id)i));
        json_object_set_new(keys, kind, sl_schema_ref(kind));
    }
    json_object_set_new(maker->defs, "stage", stage_schema());
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:{s:s}, s:o, s:{s:{s:[s]}}, s:o, s:o}",
                     "$schema", DRAFT, "title", "sluice", "description",
                     "An experiment of sluice " SL_VERSION ", or a part that one uses.",
                     "type", "object", "properties", keys, "propertyNames", "pattern",
                     "^" SL_NAME_RULE "$", "additionalProperties", sl_schema_ref("stage"),
                     "if", "not", "required", "use", "then", kind_is_said(keys), "$defs",
                     maker->defs);
}

/* ---- the command -------------------------------------------------------------------- */

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct sl_schema_maker maker = {.registry = call->registry, .arena = call->arena};
    json_t *schema;

    (void)exit_status;
    sl_call_modules_all(call);
    call->tell(call);
    maker.figures = sl_call_figure_search(call);
    sl_configs_list(call, &maker.configs);
    schema = sl_schema_make(&maker);
    if (!schema)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the schema");
    json_dumpf(schema, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(schema);
    return SL_OK;
}

static const struct sl_option options[] = {SL_MODULE_OPTION, SL_OPTION_END};

const struct sl_command sl_command_schema = {
    .name = "schema",
    .arguments = "",
    .summary = "print a JSON Schema of experiments' files, for editors",
    .help =
        "Write it to a file, and tell your editor about it in the first line of an\n"
        "experiment: '# yaml-language-server: $schema=sluice.schema.json'. It knows "
        "the\n"
        "modules, figures and configurations of this program, those in\n"
        "$SLUICE_MODULE_PATH, and what --module names, and describes a file as it "
        "stands,\n"
        "before composition: keys that 'use' may bring are not missed. 'sluice check' "
        "says\n"
        "more: editors read 010, 0x1F and 1e3 as integers, which sluice wants decimal;\n"
        "and no schema follows ${...}, joins stages, or knows where a path of a sweep\n"
        "leads.\n",
    .options = options,
    .least = 0,
    .most = 0,
    .run = run,
};
