/* SPDX-License-Identifier: MIT */
#include "runner/config/field.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "runner/config/field_type.h"

static const struct sl_field_class nested[] = {
    [SL_TYPE_INT_LIST] = {.name = "a list of integers",
                          .size = sizeof(struct sl_int_list),
                          .element = SL_TYPE_INT,
                          .bind = sl_list_bind,
                          .token = sl_flow_token},
    [SL_TYPE_DOUBLE_LIST] = {.name = "a list of numbers",
                             .size = sizeof(struct sl_double_list),
                             .element = SL_TYPE_DOUBLE,
                             .bind = sl_list_bind,
                             .token = sl_flow_token},
    [SL_TYPE_STRING_LIST] = {.name = "a list of strings",
                             .size = sizeof(struct sl_string_list),
                             .element = SL_TYPE_STRING,
                             .marked = true,
                             .bind = sl_list_bind,
                             .token = sl_flow_token},
    [SL_TYPE_WORD_OR_INTS] = {.name = "a word or a list of integers",
                              .size = sizeof(struct sl_word_or_ints),
                              .element = SL_TYPE_INT,
                              .bind = sl_word_or_ints_bind,
                              .token = sl_word_or_ints_token},
    [SL_TYPE_MATRIX] = {.name = "a matrix",
                        .size = sizeof(struct sl_matrix),
                        .element = SL_TYPE_DOUBLE,
                        .bind = sl_matrix_bind,
                        .is_set = sl_matrix_is_set,
                        .token = sl_matrix_token},
    [SL_TYPE_INT_MAP] = {.name = "a mapping of names to integers",
                         .size = sizeof(struct sl_int_map),
                         .element = SL_TYPE_INT,
                         .bind = sl_int_map_bind,
                         .token = sl_int_map_token},
    [SL_TYPE_CHOICE] = {.name = "a name",
                        .size = sizeof(struct sl_choice),
                        .bind = sl_choice_bind,
                        .is_set = sl_choice_is_set,
                        .block = sl_choice_block},
    [SL_TYPE_CHOICE_LIST] = {.name = "a list",
                             .size = sizeof(struct sl_choice_list),
                             .element = SL_TYPE_CHOICE,
                             .bind = sl_list_bind,
                             .block = sl_list_block},
    [SL_TYPE_RECORD] = {.name = "a mapping",
                        .bind = sl_record_bind,
                        .block = sl_record_block},
    [SL_TYPE_RECORD_LIST] = {.name = "a list of mappings",
                             .size = sizeof(struct sl_record_list),
                             .element = SL_TYPE_RECORD,
                             .marked = true,
                             .bind = sl_list_bind,
                             .block = sl_list_block},
    [SL_TYPE_RECORD_MAP] = {.name = "a mapping of names",
                            .size = sizeof(struct sl_record_map),
                            .element = SL_TYPE_RECORD,
                            .bind = sl_record_map_bind,
                            .block = sl_record_map_block},
};

const struct sl_field_class *
sl_field_class(enum sl_field_type type)
{
    assert(type > SL_TYPE_END && type < SL_TYPE_INCLUDE);
    return type <= SL_TYPE_FILE ? &sl_scalar_classes[type] : &nested[type];
}

/* The lists of field.h are structs of their own, which begin alike. */
static size_t
head_size(enum sl_field_type type)
{
    return sl_field_class(type)->marked ? sizeof(struct sl_list_head)
                                        : offsetof(struct sl_list_head, marks);
}

struct sl_list_head
sl_list_get(enum sl_field_type type, const void *value)
{
    struct sl_list_head head = {0};

    memcpy(&head, value, head_size(type));
    return head;
}

void
sl_list_set(enum sl_field_type type, struct sl_list_head head, void *value)
{
    memcpy(value, &head, head_size(type));
}

enum sl_field_type
sl_field_element(const struct sl_field *field)
{
    return sl_field_class(field->type)->element;
}

size_t
sl_element_size(const struct sl_field *field)
{
    size_t size = sl_field_class(sl_field_class(field->type)->element)->size;

    return size ? size : field->size;
}

const struct sl_field *
sl_field_find(const struct sl_field *fields, const char *key)
{
    const struct sl_field *found;

    for (; fields && fields->type != SL_TYPE_END; fields++) {
        if (fields->type != SL_TYPE_INCLUDE && strcmp(fields->key, key) == 0)
            return fields;
        if (fields->type == SL_TYPE_INCLUDE &&
            (found = sl_field_find(fields->fields, key)) != NULL)
            return found;
    }
    return NULL;
}

/* ---- what a row says of its values -------------------------------------------------- */

bool
sl_field_preset(const struct sl_field *field, struct sl_text *out)
{
    if (field->flags & (SL_REQUIRED | SL_UNSET))
        return false;
    switch (field->type) {
    case SL_TYPE_BOOL:
        sl_text_append(out, field->number != 0 ? "true" : "false");
        return true;
    case SL_TYPE_INT:
    case SL_TYPE_SEED:
        sl_text_format(out, "%.0f", field->number);
        return true;
    case SL_TYPE_DOUBLE:
        sl_text_double(out, field->number);
        return true;
    case SL_TYPE_WORD:
        sl_node_print_string(field->words[(size_t)field->number], out);
        return true;
    case SL_TYPE_STRING:
    case SL_TYPE_FILE:
        if (field->text)
            sl_node_print_string(field->text, out);
        return field->text;
    default:
        if (field->text)
            sl_text_append(out, field->text);
        return field->text;
    }
}

/* An integer's upper bound that nobody means as one. */
#define NO_LIMIT 9e15

void
sl_field_range(const struct sl_field *field, struct sl_text *out)
{
    bool ranged = field->low != 0 || field->high != 0;
    bool above = field->flags & SL_POSITIVE;
    bool below = ranged && field->high < NO_LIMIT;

    if (field->type == SL_TYPE_SEED)
        sl_text_append(out, "0..2^64-1");
    if (!ranged && !above)
        return;
    if (above || !below)
        sl_text_append(out, above ? "above " : "at least ");
    if (!isinf(field->low) || above || !below)
        sl_text_double(out, field->low);
    if (below) {
        sl_text_append(out, above ? ", at most " : isinf(field->low) ? "at most " : "..");
        sl_text_double(out, field->high);
    }
}

void
sl_field_words(const char *const *words, size_t n, const char *separator,
               struct sl_text *out)
{
    for (size_t i = 0; i < n; i++)
        sl_text_format(out, "%s%s", i ? separator : "", words[i]);
}

/* ---- what is nested in a configuration ----------------------------------------------- */

/* Each of both may be NULL. */
struct visit {
    void (*file)(void *context, const struct sl_file *file);
    void (*choice)(void *context, const struct sl_row *row);
    void *context;
};

static void visit_fields(const struct visit *visit, const struct sl_field *fields,
                         const void *config);

static void
visit_choice(const struct visit *visit, const struct sl_choice *choice)
{
    if (!choice->row)
        return;
    if (visit->choice)
        visit->choice(visit->context, choice->row);
    visit_fields(visit, choice->row->as[0]->fields, choice->config);
}

static void
visit_records(const struct visit *visit, const struct sl_field *field, size_t n,
              const char *at)
{
    for (size_t i = 0; i < n; i++)
        visit_fields(visit, field->fields, at + i * field->size);
}

static void
visit_value(const struct visit *visit, const struct sl_field *field, const void *value)
{
    const struct sl_choice_list *choices = value;
    const struct sl_record_list *list = value;
    const struct sl_record_map *map = value;

    switch (field->type) {
    case SL_TYPE_FILE:
        if (visit->file && ((const struct sl_file *)value)->path)
            visit->file(visit->context, value);
        break;
    case SL_TYPE_CHOICE:
        visit_choice(visit, value);
        break;
    case SL_TYPE_CHOICE_LIST:
        for (size_t i = 0; i < choices->n; i++)
            visit_choice(visit, &choices->at[i]);
        break;
    case SL_TYPE_RECORD_LIST:
        visit_records(visit, field, list->n, list->at);
        break;
    case SL_TYPE_RECORD_MAP:
        visit_records(visit, field, map->n, map->at);
        break;
    case SL_TYPE_RECORD:
    case SL_TYPE_INCLUDE:
        visit_fields(visit, field->fields, value);
        break;
    default:
        break;
    }
}

static void
visit_fields(const struct visit *visit, const struct sl_field *fields, const void *config)
{
    for (; fields && fields->type != SL_TYPE_END; fields++)
        visit_value(visit, fields, (const char *)config + fields->offset);
}

void
sl_fields_files(const struct sl_field *fields, const void *config,
                void (*call)(void *context, const struct sl_file *file), void *context)
{
    struct visit visit = {.file = call, .context = context};

    visit_fields(&visit, fields, config);
}

void
sl_fields_choices(const struct sl_field *fields, const void *config,
                  void (*call)(void *context, const struct sl_row *row), void *context)
{
    struct visit visit = {.choice = call, .context = context};

    visit_fields(&visit, fields, config);
}

static void
note_horizon(void *context, const struct sl_row *row)
{
    bool *reads = context;

    *reads = *reads || row->as[0]->reads_horizon;
}

bool
sl_fields_read_horizon(const struct sl_field *fields, const void *config)
{
    bool reads = false;
    struct visit visit = {.choice = note_horizon, .context = &reads};

    visit_fields(&visit, fields, config);
    return reads;
}
