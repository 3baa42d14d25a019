/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "runner/config/field_type.h"

static void
pad(struct sl_text *out, unsigned indent)
{
    sl_text_format(out, "%*s", (int)indent, "");
}

/* Shortens the text. */
static void
cut(struct sl_text *out, size_t count)
{
    out->count = count;
    out->bytes[count] = '\0';
}

/* "key:\n    value\n", whose value begins `skip` bytes after the colon, becomes
 * "key: value\n". */
static void
join(struct sl_text *out, size_t colon, size_t skip)
{
    size_t rest = out->count - colon - skip;

    memmove(out->bytes + colon + 1, out->bytes + colon + skip, rest);
    out->bytes[colon] = ' ';
    cut(out, colon + 1 + rest);
}

/* Whether a record was not given: then it lacks what it cannot be without. */
static bool
is_absent(const struct sl_field *fields, const void *config)
{
    for (; fields->type != SL_TYPE_END; fields++) {
        const void *value = (const char *)config + fields->offset;
        const struct sl_field_class *class;

        if (!(fields->flags & SL_REQUIRED))
            continue;
        class = sl_field_class(fields->type);
        if (class->is_set && !class->is_set(value))
            return true;
    }
    return false;
}

static void
print_row(const struct sl_printer *printer, const struct sl_field *field,
          const void *value, unsigned indent)
{
    const struct sl_field_class *class = sl_field_class(field->type);
    struct sl_text *out = printer->out;
    size_t start = out->count, colon;

    if ((class->is_set && !class->is_set(value)) ||
        (field->type == SL_TYPE_RECORD && is_absent(field->fields, value)))
        return;
    pad(out, indent);
    sl_text_format(out, "%s:", field->key);
    colon = out->count;
    sl_text_append(out, class->token ? " " : "\n");
    if (class->token) {
        class->token(printer, field, value);
        sl_text_append(out, "\n");
    } else if (class->block(printer, field, value, indent + 2)) {
        /* An empty record says nothing; other single lines go behind the key. */
        if (field->type == SL_TYPE_RECORD)
            cut(out, start);
        else
            join(out, colon, 1 + indent + 2);
    }
}

static bool
is_left_out(const struct sl_field *field, enum sl_print what)
{
    static const unsigned flags[] = {
        [SL_PRINT_ALL] = 0,
        [SL_PRINT_KEYED] = SL_UNKEYED,
        [SL_PRINT_TRAJECTORY] = SL_UNKEYED | SL_HORIZON,
        [SL_PRINT_ROWS] = SL_UNKEYED | SL_CHOOSES,
    };

    return field->flags & flags[what];
}

static void
print_rows(const struct sl_printer *printer, const struct sl_field *fields,
           const void *config, unsigned indent)
{
    for (; fields && fields->type != SL_TYPE_END; fields++) {
        const void *value = (const char *)config + fields->offset;

        if (fields->type == SL_TYPE_INCLUDE)
            print_rows(printer, fields->fields, value, indent);
        else if (!is_left_out(fields, printer->what))
            print_row(printer, fields, value, indent);
    }
}

void
sl_fields_print(const struct sl_field *fields, const void *config, enum sl_print print,
                unsigned indent, struct sl_text *out)
{
    struct sl_printer printer = {print, out};

    if (print == SL_PRINT_TRAJECTORY && sl_fields_read_horizon(fields, config))
        printer.what = SL_PRINT_KEYED;
    print_rows(&printer, fields, config, indent);
}

/* ---- types that hold others ---------------------------------------------------------- */

void
sl_flow_token(const struct sl_printer *printer, const struct sl_field *field,
              const void *value)
{
    const struct sl_field_class *element =
        sl_field_class(sl_field_class(field->type)->element);
    struct sl_list_head list = sl_list_get(field->type, value);

    sl_text_append(printer->out, "[");
    for (size_t i = 0; i < list.n; i++) {
        sl_text_append(printer->out, i ? ", " : "");
        element->token(printer, field, (const char *)list.at + i * element->size);
    }
    sl_text_append(printer->out, "]");
}

/* A line that stands for nothing or for a name alone. */
static bool
single_line(struct sl_text *out, unsigned indent, const char *text)
{
    pad(out, indent);
    sl_text_format(out, "%s\n", text);
    return true;
}

bool
sl_list_block(const struct sl_printer *printer, const struct sl_field *field,
              const void *value, unsigned indent)
{
    const struct sl_field_class *element =
        sl_field_class(sl_field_class(field->type)->element);
    struct sl_list_head list = sl_list_get(field->type, value);
    const char *at = list.at;

    if (list.n == 0)
        return single_line(printer->out, indent, "[]");
    for (size_t i = 0; i < list.n; i++, at += sl_element_size(field)) {
        size_t start = printer->out->count;

        element->block(printer, field, at, indent + 2);
        printer->out->bytes[start + indent] = '-';
    }
    return false;
}

bool
sl_choice_is_set(const void *value)
{
    return ((const struct sl_choice *)value)->row != NULL;
}

bool
sl_choice_block(const struct sl_printer *printer, const struct sl_field *field,
                const void *value, unsigned indent)
{
    const struct sl_choice *choice = value;
    const struct sl_entry *entry = choice->row->as[0];
    struct sl_text *out = printer->out;
    size_t start = out->count, behind;

    (void)field;
    pad(out, indent);
    sl_text_format(out, "%s:\n", entry->name);
    behind = out->count;
    print_rows(printer, entry->fields, choice->config, indent + 2);
    if (out->count > behind)
        return false;
    cut(out, start);
    return single_line(out, indent, entry->name);
}

bool
sl_record_block(const struct sl_printer *printer, const struct sl_field *field,
                const void *value, unsigned indent)
{
    size_t start = printer->out->count;

    print_rows(printer, field->fields, value, indent);
    return printer->out->count == start && single_line(printer->out, indent, "{}");
}

bool
sl_record_map_block(const struct sl_printer *printer, const struct sl_field *field,
                    const void *value, unsigned indent)
{
    const struct sl_record_map *map = value;
    struct sl_text *out = printer->out;

    if (map->n == 0)
        return single_line(out, indent, "{}");
    for (size_t i = 0; i < map->n; i++) {
        size_t colon;

        pad(out, indent);
        sl_node_print_string(map->names[i], out);
        sl_text_append(out, ":");
        colon = out->count;
        sl_text_append(out, "\n");
        if (sl_record_block(printer, field, (const char *)map->at + i * field->size,
                            indent + 2))
            join(out, colon, 1 + indent + 2);
    }
    return false;
}
