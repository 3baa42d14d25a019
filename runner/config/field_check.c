/* SPDX-License-Identifier: MIT */
#include "runner/config/field_check.h"

#include <math.h>
#include <string.h>

#include "runner/config/field_type.h"

/* More rows are taken for a table that lacks its end; so are tables within tables. */
#define ROWS_MAX 1000
#define DEPTH_MAX 16

/* A table while it is checked. */
struct table {
    const struct sl_binder *binder;
    size_t size;
    unsigned depth;
};

static enum sl_status check_rows(const struct table *table, const struct sl_field *fields,
                                 struct sl_error *err);

static bool
is_nested(const struct sl_field *field)
{
    return field->type == SL_TYPE_RECORD || field->type == SL_TYPE_RECORD_LIST ||
           field->type == SL_TYPE_RECORD_MAP;
}

static bool
is_choice(const struct sl_field *field)
{
    return field->type == SL_TYPE_CHOICE || field->type == SL_TYPE_CHOICE_LIST;
}

/* Bytes that the value takes in its struct. */
static size_t
size_of(const struct sl_field *field)
{
    return field->type == SL_TYPE_RECORD ? field->size
                                         : sl_field_class(field->type)->size;
}

static enum sl_status
check_words(const struct sl_field *field, struct sl_error *err)
{
    size_t n = 0;

    if (!field->words || !field->words[0])
        return sl_fail(err, SL_ERR_CONFIG, "key '%s' has no words", field->key);
    while (field->words[n] && n < ROWS_MAX)
        n++;
    if (n == ROWS_MAX)
        return sl_fail(err, SL_ERR_CONFIG, "the words of key '%s' have no end",
                       field->key);
    if (field->type == SL_TYPE_WORD && !(field->flags & SL_REQUIRED) &&
        !(field->number >= 0 && field->number < (double)n))
        return sl_fail(err, SL_ERR_CONFIG,
                       "the default of key '%s' is word %g, and there are %zu",
                       field->key, field->number, n);
    return SL_OK;
}

static enum sl_status
check_shape(const struct table *table, const struct sl_field *field, struct sl_error *err)
{
    if (!field->key || !sl_name_is_valid(field->key))
        return sl_fail(err, SL_ERR_CONFIG, "'%s' is no key; it must match " SL_NAME_RULE,
                       field->key ? field->key : "(null)");
    if (field->offset > table->size || size_of(field) > table->size - field->offset)
        return sl_fail(err, SL_ERR_CONFIG,
                       "key '%s' lies outside its struct, which has %zu bytes",
                       field->key, table->size);
    if (isnan(field->low) || isnan(field->high) || field->low > field->high)
        return sl_fail(err, SL_ERR_CONFIG, "the range of key '%s' is empty: %g..%g",
                       field->key, field->low, field->high);
    if (is_choice(field) && (unsigned)field->table >= SL_TABLES)
        return sl_fail(err, SL_ERR_CONFIG,
                       "key '%s' chooses from table %u, which is none", field->key,
                       (unsigned)field->table);
    if (is_nested(field) && (!field->fields || field->size == 0))
        return sl_fail(err, SL_ERR_CONFIG, "key '%s' has no table of its own",
                       field->key);
    if (field->type == SL_TYPE_WORD || field->type == SL_TYPE_WORD_OR_INTS)
        return check_words(field, err);
    return SL_OK;
}

/* Bound to a scratch struct by the rules for the user's values. */
static enum sl_status
check_preset(const struct table *table, const struct sl_field *field,
             struct sl_error *err)
{
    struct sl_arena *arena = table->binder->arena;
    struct sl_mark nowhere = {"default", 1, 1};
    struct sl_report report;
    struct sl_binder binder = {arena, &report, table->binder->registry};

    if (field->flags & SL_REQUIRED)
        return SL_OK;
    if ((field->type == SL_TYPE_INT || field->type == SL_TYPE_SEED) &&
        field->number != floor(field->number))
        return sl_fail(err, SL_ERR_CONFIG,
                       "the default of key '%s' is wrong: %g is no integer", field->key,
                       field->number);
    sl_report_init(&report, arena);
    sl_field_bind_preset(&binder, field, nowhere, sl_arena_alloc(arena, size_of(field)));
    if (report.errors)
        return sl_fail(err, SL_ERR_CONFIG, "the default of key '%s' is wrong: %s",
                       field->key, report.problems[0].text);
    return SL_OK;
}

static enum sl_status
check_inner(const struct table *table, const struct sl_field *field, struct sl_error *err)
{
    struct table inner = {table->binder, field->size, table->depth + 1};

    if (field->type == SL_TYPE_INCLUDE)
        inner.size = table->size > field->offset ? table->size - field->offset : 0;
    if (inner.depth > DEPTH_MAX)
        return sl_fail(err, SL_ERR_CONFIG, "tables are nested deeper than %d", DEPTH_MAX);
    if (check_rows(&inner, field->fields, err))
        return sl_error_context(err, "below '%s'", field->key ? field->key : "");
    return SL_OK;
}

static enum sl_status
check_row(const struct table *table, const struct sl_field *field, struct sl_error *err)
{
    if ((unsigned)field->type > SL_TYPE_INCLUDE)
        return sl_fail(err, SL_ERR_CONFIG,
                       "type %u of key '%s' is none; does the table end in "
                       "SL_FIELD_END?",
                       (unsigned)field->type, field->key ? field->key : "(null)");
    if (field->type == SL_TYPE_INCLUDE)
        return check_inner(table, field, err);
    SL_TRY(check_shape(table, field, err));
    if (is_nested(field))
        SL_TRY(check_inner(table, field, err));
    return field->type == SL_TYPE_RECORD ? SL_OK : check_preset(table, field, err);
}

static enum sl_status
check_rows(const struct table *table, const struct sl_field *fields, struct sl_error *err)
{
    for (size_t i = 0; fields && fields[i].type != SL_TYPE_END; i++) {
        if (i == ROWS_MAX)
            return sl_fail(err, SL_ERR_CONFIG,
                           "the table of fields has no end; it lacks SL_FIELD_END");
        SL_TRY(check_row(table, &fields[i], err));
        for (size_t j = 0; j < i && fields[i].type != SL_TYPE_INCLUDE; j++)
            if (fields[j].type != SL_TYPE_INCLUDE &&
                strcmp(fields[j].key, fields[i].key) == 0)
                return sl_fail(err, SL_ERR_CONFIG, "key '%s' is there twice",
                               fields[i].key);
    }
    return SL_OK;
}

enum sl_status
sl_fields_check(const struct sl_binder *binder, const struct sl_field *fields,
                size_t size, struct sl_error *err)
{
    struct table table = {binder, size, 0};

    return check_rows(&table, fields, err);
}
