/* SPDX-License-Identifier: MIT */
/* Fields as JSON Schema: what bind accepts of each type, as a rule. */
#include <assert.h>
#include <math.h>

#include "runner/command/schema.h"
#include "runner/config/field_say.h"
#include "runner/config/node_json.h"

/* A text that stands for a value that is known later. */
#define REFERENCE "\\$\\{"
#define NAME "^" SL_NAME_RULE "$"

json_t *
sl_schema_ref(const char *name)
{
    return json_pack("{s:o}", "$ref", json_sprintf("#/$defs/%s", name));
}

json_t *
sl_schema_one_or_many(json_t *value)
{
    return json_pack("{s:[O, {s:s, s:o}]}", "anyOf", value, "type", "array", "items",
                     value);
}

/* ---- single values ------------------------------------------------------------------ */

/* A value of that type or a reference: keywords of the one don't apply to the other. */
static json_t *
open_schema(const char *type)
{
    return json_pack("{s:[s, s], s:s}", "type", type, "string", "pattern", REFERENCE);
}

/* An upper bound of integers that nobody means as one is none (sl_field_range). */
#define NO_LIMIT 9e15

static json_t *
bound(double number)
{
    return number == floor(number) && fabs(number) < NO_LIMIT
               ? json_integer((json_int_t)number)
               : json_real(number);
}

static void
add_range(const struct sl_field *field, json_t *schema)
{
    bool ranged = field->low != 0 || field->high != 0;

    if (field->flags & SL_POSITIVE)
        json_object_set_new(schema, "exclusiveMinimum", bound(field->low));
    else if (ranged && isfinite(field->low))
        json_object_set_new(schema, "minimum", bound(field->low));
    if (ranged && isfinite(field->high) && field->high < NO_LIMIT)
        json_object_set_new(schema, "maximum", bound(field->high));
}

static json_t *
ranged_schema(const struct sl_field *field, const char *type)
{
    json_t *schema = open_schema(type);

    add_range(field, schema);
    return schema;
}

static json_t *
seed_schema(void)
{
    json_t *schema = open_schema("integer");

    json_object_set_new(schema, "minimum", json_integer(0));
    json_object_set_new(schema, "exclusiveMaximum", json_real(18446744073709551616.0));
    return schema;
}

/* A title may be 2026. */
static json_t *
text_schema(void)
{
    return json_pack("{s:[s, s, s]}", "type", "string", "number", "boolean");
}

static json_t *
file_schema(void)
{
    json_t *schema = text_schema();

    json_object_set_new(schema, "minLength", json_integer(1));
    return schema;
}

/* A word is compared by its text: one that reads as a number may stand bare. */
json_t *
sl_schema_words(const char *const *words, size_t n)
{
    json_t *all = json_array();

    for (size_t i = 0; i < n; i++) {
        struct sl_node node = {.text = words[i]};
        json_t *bare = sl_node_json(&node);
        json_array_append_new(all, json_string(words[i]));
        if (!json_is_string(bare))
            json_array_append(all, bare);
        json_decref(bare);
    }
    return json_pack("{s:o}", "enum", all);
}

static size_t
count_words(const struct sl_field *field)
{
    size_t n = 0;

    while (field->words[n])
        n++;
    return n;
}

static json_t *
word_schema(const struct sl_field *field)
{
    return json_pack("{s:[o, o]}", "anyOf",
                     sl_schema_words(field->words, count_words(field)),
                     sl_schema_ref("reference"));
}

/* ---- choices by name ---------------------------------------------------------------- */

/* What stands behind the name of an entry: its keys, or nothing. */
static void
add_entry(struct sl_schema_maker *maker, const struct sl_entry *entry, json_t *map)
{
    static const struct sl_field none[] = {SL_FIELD_END};
    json_t *fields = sl_schema_fields(maker, entry->fields ? entry->fields : none, false);

    json_object_set_new(fields, "type",
                        json_pack("[s, s, s]", "object", "string", "null"));
    json_object_set_new(fields, "description", json_string(entry->summary));
    json_object_set_new(map, entry->name, fields);
}

/* NAME or {NAME: {...}}. */
static json_t *
choice_schema(struct sl_schema_maker *maker, enum sl_table_id table)
{
    json_t *names = json_array(), *help = json_array(), *map = json_object();

    for (size_t i = 0; i < maker->registry->n; i++) {
        const struct sl_row *row = &maker->registry->rows[i];
        if (row->table != table)
            continue;
        json_array_append_new(names, json_string(row->as[0]->name));
        json_array_append_new(help, json_string(row->as[0]->summary));
        add_entry(maker, row->as[0], map);
    }
    return json_pack("{s:[{s:o, s:o}, {s:s, s:o, s:i, s:i, s:b}, o]}", "anyOf", "enum",
                     names, "enumDescriptions", help, "type", "object", "properties", map,
                     "minProperties", 1, "maxProperties", 1, "additionalProperties", 0,
                     sl_schema_ref("reference"));
}

/* Tables lead to each other, and a layer may hold layers: each is made once, and its name
 * is taken before. */
static json_t *
table_schema(struct sl_schema_maker *maker, enum sl_table_id table)
{
    const char *name = sl_table_name(table);

    /* The name alone is the stage's, which says what it is by `module:`. */
    if (table < SL_STAGE_KINDS)
        name = sl_arena_format(maker->arena, "%s-within", name);

    if (!json_object_get(maker->defs, name)) {
        json_object_set_new(maker->defs, name, json_object());
        json_object_set_new(maker->defs, name, choice_schema(maker, table));
    }
    return sl_schema_ref(name);
}

/* ---- lists and mappings ------------------------------------------------------------- */

static json_t *
list_schema(const struct sl_field *field, json_t *element)
{
    json_t *schema;

    if (field->flags & SL_SINGLE)
        return sl_schema_one_or_many(element);
    schema = open_schema("array");
    json_object_set_new(schema, "items", element);
    return schema;
}

static json_t *
matrix_schema(const struct sl_field *field)
{
    json_t *schema = open_schema("array");

    json_object_set_new(schema, "minItems", json_integer(1));
    json_object_set_new(schema, "items",
                        json_pack("{s:s, s:i, s:o}", "type", "array", "minItems", 1,
                                  "items", ranged_schema(field, "number")));
    return schema;
}

static json_t *
map_schema(json_t *value)
{
    json_t *schema = open_schema("object");

    json_object_set_new(schema, "propertyNames", json_pack("{s:s}", "pattern", NAME));
    json_object_set_new(schema, "additionalProperties", value);
    return schema;
}

static json_t *
word_or_ints_schema(const struct sl_field *field)
{
    return json_pack("{s:[o, {s:s, s:o}, o]}", "anyOf",
                     sl_schema_words(field->words, count_words(field)), "type", "array",
                     "items", ranged_schema(field, "integer"),
                     sl_schema_ref("reference"));
}

static json_t *
type_schema(struct sl_schema_maker *maker, const struct sl_field *field)
{
    switch (field->type) {
    case SL_TYPE_BOOL:
        return open_schema("boolean");
    case SL_TYPE_INT:
        return ranged_schema(field, "integer");
    case SL_TYPE_SEED:
        return seed_schema();
    case SL_TYPE_DOUBLE:
        return ranged_schema(field, "number");
    case SL_TYPE_STRING:
        return text_schema();
    case SL_TYPE_FILE:
        return file_schema();
    case SL_TYPE_WORD:
        return word_schema(field);
    case SL_TYPE_INT_LIST:
        return list_schema(field, ranged_schema(field, "integer"));
    case SL_TYPE_DOUBLE_LIST:
        return list_schema(field, ranged_schema(field, "number"));
    case SL_TYPE_STRING_LIST:
        return list_schema(field, text_schema());
    case SL_TYPE_WORD_OR_INTS:
        return word_or_ints_schema(field);
    case SL_TYPE_MATRIX:
        return matrix_schema(field);
    case SL_TYPE_INT_MAP:
        return map_schema(ranged_schema(field, "integer"));
    case SL_TYPE_CHOICE:
        return table_schema(maker, field->table);
    case SL_TYPE_CHOICE_LIST:
        return list_schema(field, table_schema(maker, field->table));
    case SL_TYPE_RECORD:
        return sl_schema_fields(maker, field->fields, false);
    case SL_TYPE_RECORD_LIST:
        return list_schema(field, sl_schema_fields(maker, field->fields, true));
    case SL_TYPE_RECORD_MAP:
        return map_schema(sl_schema_fields(maker, field->fields, false));
    case SL_TYPE_END:
    case SL_TYPE_INCLUDE:
        break;
    }
    assert(!"a field has a type");
    return NULL;
}

/* ---- fields ------------------------------------------------------------------------- */

/* What takes away a value that may be absent. */
static json_t *
or_null(json_t *schema)
{
    return json_pack("{s:[o, {s:s}]}", "anyOf", schema, "type", "null");
}

static void
add_words(struct sl_schema_maker *maker, const struct sl_field *field, json_t *schema)
{
    struct sl_mark mark = {0};
    struct sl_node *preset = sl_field_preset_node(field, mark, maker->arena);
    struct sl_text text = {0};

    sl_text_append(&text, field->help ? field->help : "");
    if (field->unit)
        sl_text_format(&text, "%sin %s", text.count ? "; " : "", field->unit);
    if (field->flags & SL_REQUIRED)
        sl_text_format(&text, "%srequired", text.count ? "; " : "");
    if (text.count)
        json_object_set_new(schema, "description", json_string(text.bytes));
    if (preset)
        json_object_set_new(schema, "default", sl_node_json(preset));
    sl_text_release(&text);
}

json_t *
sl_schema_field(struct sl_schema_maker *maker, const struct sl_field *field)
{
    json_t *schema = type_schema(maker, field);

    if (sl_field_is_optional(field))
        schema = or_null(schema);
    add_words(maker, field, schema);
    return schema;
}

static void
add_fields(struct sl_schema_maker *maker, const struct sl_field *fields, json_t *keys,
           json_t *required)
{
    for (; fields->type != SL_TYPE_END; fields++) {
        if (fields->type == SL_TYPE_INCLUDE) {
            add_fields(maker, fields->fields, keys, required);
            continue;
        }
        json_object_set_new(keys, fields->key, sl_schema_field(maker, fields));
        if (fields->flags & SL_REQUIRED)
            json_array_append_new(required, json_string(fields->key));
    }
}

json_t *
sl_schema_fields(struct sl_schema_maker *maker, const struct sl_field *fields, bool whole)
{
    json_t *keys = json_object(), *required = json_array(), *schema;

    add_fields(maker, fields, keys, required);
    schema = open_schema("object");
    json_object_set_new(schema, "properties", keys);
    json_object_set_new(schema, "additionalProperties", json_false());
    if (whole && json_array_size(required) > 0)
        json_object_set(schema, "required", required);
    json_decref(required);
    return schema;
}
