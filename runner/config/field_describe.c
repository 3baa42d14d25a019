/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "runner/config/field_type.h"

/* What a row of the description says. */
struct line {
    const struct sl_field *field;
    struct sl_text type, preset, range;
};

static size_t
count_rows(const struct sl_field *fields)
{
    size_t n = 0;

    for (; fields && fields->type != SL_TYPE_END; fields++)
        n += fields->type == SL_TYPE_INCLUDE ? count_rows(fields->fields) : 1;
    return n;
}

void
sl_field_say_type(const struct sl_field *field, struct sl_text *out)
{
    const char *name = sl_field_class(field->type)->name;

    if (field->type == SL_TYPE_CHOICE)
        sl_text_append(out, sl_table_name(field->table));
    else if (field->type == SL_TYPE_CHOICE_LIST)
        sl_text_format(out, "list of %ss", sl_table_name(field->table));
    else if (strncmp(name, "a ", 2) == 0 || strncmp(name, "an ", 3) == 0)
        sl_text_append(out, strchr(name, ' ') + 1);
    else
        sl_text_append(out, name);
}

void
sl_field_say_range(const struct sl_registry *registry, const struct sl_field *field,
                   struct sl_text *out)
{
    const char *names[SL_NAMES_MAX];
    size_t n = 0;

    if (field->type == SL_TYPE_CHOICE || field->type == SL_TYPE_CHOICE_LIST) {
        n = sl_registry_names(registry, field->table, names, SL_NAMES_MAX);
        sl_field_words(names, n, ", ", out);
    } else if (field->words) {
        while (field->words[n])
            n++;
        sl_field_words(field->words, n, ", ", out);
    } else {
        sl_field_range(field, out);
        if (field->unit)
            sl_text_format(out, "%s%s", out->count ? " " : "", field->unit);
    }
}

static size_t
fill(const struct sl_registry *registry, const struct sl_field *fields,
     struct line *lines)
{
    size_t n = 0;

    for (; fields && fields->type != SL_TYPE_END; fields++) {
        if (fields->type == SL_TYPE_INCLUDE) {
            n += fill(registry, fields->fields, lines + n);
            continue;
        }
        lines[n].field = fields;
        sl_field_say_type(fields, &lines[n].type);
        sl_field_say_range(registry, fields, &lines[n].range);
        if (fields->flags & SL_REQUIRED)
            sl_text_append(&lines[n].preset, "required");
        else if (!sl_field_preset(fields, &lines[n].preset))
            sl_text_append(&lines[n].preset, "-");
        n++;
    }
    return n;
}

/* A column's text, padded to its width and two more. */
static void
column(struct sl_text *out, const char *text, size_t width)
{
    sl_text_format(out, "%-*s  ", (int)width, text ? text : "");
}

static size_t
larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void
print_lines(const struct sl_registry *registry, struct line *lines, size_t n,
            unsigned indent, struct sl_text *out)
{
    size_t key = 0, type = 0, preset = 0, range = 0;

    for (size_t i = 0; i < n; i++) {
        key = larger(key, strlen(lines[i].field->key));
        type = larger(type, lines[i].type.count);
        preset = larger(preset, lines[i].preset.count);
        range = larger(range, lines[i].range.count);
    }
    for (size_t i = 0; i < n; i++) {
        const struct sl_field *field = lines[i].field;

        sl_text_format(out, "%*s", (int)indent, "");
        column(out, field->key, key);
        column(out, lines[i].type.bytes, type);
        column(out, lines[i].preset.bytes, preset);
        column(out, lines[i].range.bytes, range);
        sl_text_append(out, field->help ? field->help : "");
        while (out->bytes[out->count - 1] == ' ')
            out->bytes[--out->count] = '\0';
        sl_text_append(out, "\n");
        sl_fields_describe(registry, field->fields, indent + 2, out);
    }
}

void
sl_fields_describe(const struct sl_registry *registry, const struct sl_field *fields,
                   unsigned indent, struct sl_text *out)
{
    struct sl_arena arena;
    size_t n = count_rows(fields);
    struct line *lines;

    sl_arena_init(&arena);
    lines = sl_arena_alloc(&arena, n * sizeof *lines);
    print_lines(registry, lines, fill(registry, fields, lines), indent, out);
    for (size_t i = 0; i < n; i++) {
        sl_text_release(&lines[i].type);
        sl_text_release(&lines[i].preset);
        sl_text_release(&lines[i].range);
    }
    sl_arena_release(&arena);
}
