/* SPDX-License-Identifier: MIT */
/* The block `sweep` as JSON Schema: its grammar, of runner/sweep/sweep.h, as rules. */
#include "runner/command/schema.h"

#include <string.h>

#include "runner/sweep/keys.h"
#include "runner/sweep/sweep.h"

#define METRIC "^[^.]+\\..+$|\\$\\{"

static json_t *
or_reference(json_t *schema)
{
    return json_pack("{s:[o, o]}", "anyOf", schema, sl_schema_ref("reference"));
}

static json_t *
metric_schema(void)
{
    return json_pack("{s:s, s:s, s:s}", "type", "string", "pattern", METRIC,
                     "description", "STAGE.METRIC");
}

/* One key out of some. */
static json_t *
one_of_keys(json_t *keys)
{
    return json_pack("{s:s, s:o, s:i, s:i, s:b}", "type", "object", "properties", keys,
                     "minProperties", 1, "maxProperties", 1, "additionalProperties", 0);
}

/* n numbers, at least one where n is 0. */
static json_t *
numbers_schema(int n)
{
    json_t *number = json_pack("{s:s}", "type", "number");

    return json_pack("{s:s, s:o, s:i, s:i}", "type", "array", "items",
                     or_reference(number), "minItems", n, "maxItems", n);
}

/* A list, or {range: [first, last, step]} and its like. */
static json_t *
values_schema(void)
{
    json_t *made = json_object();
    const char *name;

    for (size_t i = 0; (name = sl_made_name(i)) != NULL; i++)
        json_object_set_new(made, name, numbers_schema(3));
    return json_pack("{s:[{s:s, s:i}, o, o]}", "anyOf", "type", "array", "minItems", 1,
                     one_of_keys(made), sl_schema_ref("reference"));
}

static json_t *
space_schema(void)
{
    json_t *keys = json_object();

    for (const char *const *name = sl_space_names; *name; name++)
        json_object_set_new(
            keys, *name,
            or_reference(name[1] ? numbers_schema(2) : sl_schema_ref("values")));
    return one_of_keys(keys);
}

/* {PATH: SOMETHING, ...} */
static json_t *
paths_schema(json_t *value, bool may_be_empty)
{
    json_t *schema =
        json_pack("{s:s, s:o}", "type", "object", "additionalProperties", value);

    if (!may_be_empty)
        json_object_set_new(schema, "minProperties", json_integer(1));
    return schema;
}

/* A mapping with `space` and the keys of a table. */
static json_t *
drawn_schema(struct sl_schema_maker *maker, const struct sl_field *fields)
{
    json_t *schema = sl_schema_fields(maker, fields, false);

    json_object_set_new(json_object_get(schema, "properties"), "space",
                        paths_schema(sl_schema_ref("space"), false));
    return schema;
}

static json_t *
objective_schema(void)
{
    json_t *keys =
        json_pack("{s:s, s:{s:o, s:o}, s:i, s:b}", "type", "object", "properties",
                  "minimize", metric_schema(), "maximize", metric_schema(),
                  "minProperties", 1, "additionalProperties", 0);
    json_t *words = json_pack("{s:s, s:s}", "type", "string", "pattern",
                              "^(minimize|maximize) +[^. ]+\\..+$|\\$\\{");
    json_t *one = json_pack("{s:[o, o]}", "anyOf", keys, words);
    json_t *schema = sl_schema_one_or_many(one);

    json_decref(one);
    return schema;
}

/* NAME or {NAME: METRICS}. */
static json_t *
figures_schema(const struct sl_schema_maker *maker)
{
    json_t *names = sl_schema_figures(maker, true), *keys = json_object(), *name;
    json_t *metric = metric_schema(), *metrics = sl_schema_one_or_many(metric);
    size_t i;

    json_array_foreach(json_object_get(names, "enum"), i, name)
        json_object_set(keys, json_string_value(name), metrics);
    json_decref(metric);
    json_decref(metrics);
    return json_pack("{s:s, s:{s:[o, o, o]}}", "type", "array", "items", "anyOf", names,
                     one_of_keys(keys), sl_schema_ref("reference"));
}

static json_t *
conditions_schema(void)
{
    json_t *text = json_pack("{s:s}", "type", "string");
    json_t *schema = sl_schema_one_or_many(text);

    json_decref(text);
    return schema;
}

static json_t *
list_of(json_t *items)
{
    return json_pack("{s:s, s:i, s:o}", "type", "array", "minItems", 1, "items", items);
}

/* {PATH: VALUES, ...}: of a grid no value stands twice; groups take the names of files. */
static json_t *
axes_schema(bool distinct)
{
    json_t *values = sl_schema_ref("values");
    json_t *schema, *name = json_pack("{s:[s, s, s], s:s}", "type", "string", "number",
                                      "boolean", "pattern", "^" SL_NAME_RULE "$|\\$\\{");

    if (distinct)
        json_object_set_new(values, "uniqueItems", json_true());
    schema = paths_schema(values, false);
    json_object_set_new(schema, "patternProperties",
                        json_pack("{s:{s:o, s:o}}", "^use\\.", "$ref",
                                  json_string("#/$defs/values"), "items", name));
    return schema;
}

static json_t *
shape_schema(struct sl_schema_maker *maker, const struct sl_sweep_key *key)
{
    switch (key->shape) {
    case SL_SWEEP_AXES:
        return axes_schema(strcmp(key->name, "grid") == 0);
    case SL_SWEEP_POINTS:
        return list_of(paths_schema(json_true(), true));
    case SL_SWEEP_DRAWS:
        return drawn_schema(maker, sl_draw_fields);
    case SL_SWEEP_EXPRESSIONS:
        return list_of(sl_schema_ref("expression"));
    case SL_SWEEP_CONDITION:
        return conditions_schema();
    case SL_SWEEP_REPEATS:
        return sl_schema_field(maker, sl_repeat_fields);
    case SL_SWEEP_OBJECTIVE:
        return objective_schema();
    case SL_SWEEP_HALVING:
        return sl_schema_fields(maker, sl_halving_fields, false);
    case SL_SWEEP_SEARCH:
        return one_of_keys(
            json_pack("{s:o}", "tpe", drawn_schema(maker, sl_round_fields)));
    case SL_SWEEP_FIGURES:
        return figures_schema(maker);
    }
    return json_true();
}

/* A mapping of keys, or a list of expressions, one after the other. */
static json_t *
expression_schema(struct sl_schema_maker *maker, bool outermost)
{
    json_t *keys = json_object(), *map;
    const struct sl_sweep_key *key;

    for (size_t i = 0; (key = sl_sweep_key(i)) != NULL; i++) {
        json_t *schema;
        if (key->outermost && !outermost)
            continue;
        schema = or_reference(shape_schema(maker, key));
        json_object_set_new(schema, "description", json_string(key->help));
        json_object_set_new(keys, key->name, schema);
    }
    map = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", keys,
                    "additionalProperties", 0);
    return or_reference(
        json_pack("{s:[o, o]}", "anyOf", map, list_of(sl_schema_ref("expression"))));
}

json_t *
sl_schema_sweep(struct sl_schema_maker *maker)
{
    json_object_set_new(maker->defs, "values", values_schema());
    json_object_set_new(maker->defs, "space", space_schema());
    json_object_set_new(maker->defs, "expression", expression_schema(maker, false));
    return expression_schema(maker, true);
}
