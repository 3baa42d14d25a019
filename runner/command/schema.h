/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_SCHEMA_H
#define SL_COMMAND_SCHEMA_H

#include <jansson.h>

#include "runner/command/command.h"
#include "runner/config/field.h"
#include "runner/store/table.h"

/*
 * The JSON Schema (draft 2020-12) of experiments' files, made from the field tables alone.
 * It describes one file as it stands, before composition: what `use` may bring is not
 * demanded, and `${...}` may stand for a single value. Required keys are demanded within
 * the mappings of a list, which composition replaces whole. Owners of what these functions
 * return are their callers.
 */
struct sl_schema_maker {
    const struct sl_registry *registry;
    struct sl_arena *arena;
    const char *const *figures; /* search path */
    struct sl_table configs;    /* of sl_configs_list */
    json_t *defs;               /* the schema's $defs, by name */
};

/* One value of a field, with its description and default. */
json_t *sl_schema_field(struct sl_schema_maker *maker, const struct sl_field *field);
/* A mapping of a table's keys and no others; whole: required ones are demanded. */
json_t *sl_schema_fields(struct sl_schema_maker *maker, const struct sl_field *fields,
                         bool whole);
/* {"$ref": ...} to something of that name in $defs. */
json_t *sl_schema_ref(const char *name);
/* One of n words. */
json_t *sl_schema_words(const char *const *words, size_t n);
/* A value or a list of such; takes value over. */
json_t *sl_schema_one_or_many(json_t *value);

/* The names of the figures that show a run, or a sweep. */
json_t *sl_schema_figures(const struct sl_schema_maker *maker, bool of_sweep);

/* The block `sweep`; its parts go to $defs. */
json_t *sl_schema_sweep(struct sl_schema_maker *maker);

/* The whole. */
json_t *sl_schema_make(struct sl_schema_maker *maker);

#endif
