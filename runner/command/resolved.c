/* SPDX-License-Identifier: MIT */
#include "runner/command/resolved.h"

#include <stdlib.h>
#include <string.h>

#include "runner/command/composed.h"
#include "runner/config/field_say.h"
#include "runner/sweep/value.h"

struct writing {
    const struct sl_outline *outline;
    struct sl_arena *arena;
    bool interpolated;
    size_t n, capacity;
    struct sl_resolved_line *lines;
};

/* Where an item stands. */
struct place {
    unsigned indent;
    bool dash;        /* the next line begins an entry of a list */
    bool element;     /* it is one: its key is an index, and not written */
    const char *path; /* of what holds it, "" at the top */
};

static const char *
path_of(const struct writing *w, struct place place, const char *key)
{
    return sl_arena_format(w->arena, "%s%s%s", place.path, *place.path ? "." : "", key);
}

static void
add(struct writing *w, struct place place, const struct sl_outline_item *item,
    const char *text)
{
    if (w->n == w->capacity) {
        struct sl_resolved_line *more;

        w->capacity = 2 * w->capacity + 64;
        more = sl_arena_alloc(w->arena, w->capacity * sizeof *more);
        if (w->n)
            memcpy(more, w->lines, w->n * sizeof *more);
        w->lines = more;
    }
    w->lines[w->n++] = (struct sl_resolved_line){
        .indent = place.indent,
        .dash = place.dash,
        .text = text,
        .path = path_of(w, place, item->key),
        .node = item->node,
    };
}

static const char *
key_text(struct writing *w, const char *key)
{
    struct sl_text text = {0};
    const char *copy;

    sl_node_print_string(key, &text);
    copy = sl_arena_string(w->arena, text.bytes);
    sl_text_release(&text);
    return copy;
}

/* ---- values of one line ------------------------------------------------------------- */

/* A file is sought beside the one that names it, which the resolved file is not. */
static const char *
file_text(struct writing *w, const struct sl_node *node)
{
    const char *found = sl_file_find(node, w->arena), *text;
    char *real = found ? realpath(found, NULL) : NULL;

    text = key_text(w, real ? real : node->text);
    free(real);
    return text;
}

/* `env`, which composition has made a mapping of. */
static const char *
names_text(struct writing *w, const struct sl_node *map)
{
    struct sl_text text = {0};
    const char *copy;

    for (const struct sl_node *child = map->first; child; child = child->next)
        sl_text_format(&text, "%s%s", text.count ? ", " : "", child->key);
    copy = sl_arena_format(w->arena, "[%s]", text.count ? text.bytes : "");
    sl_text_release(&text);
    return copy;
}

/* What is read back is interpolated. */
static const char *
escaped(struct writing *w, const char *text)
{
    struct sl_text out = {0};
    const char *next, *copy;

    if (!w->interpolated || !strstr(text, "${"))
        return text;
    for (; (next = strstr(text, "${")) != NULL; text = next + 2) {
        sl_text_append_bytes(&out, text, (size_t)(next - text));
        sl_text_append(&out, "$${");
    }
    sl_text_append(&out, text);
    copy = sl_arena_string(w->arena, out.bytes);
    sl_text_release(&out);
    return copy;
}

static const char *
value_text(struct writing *w, const struct sl_outline_item *item)
{
    if (item->type == SL_TYPE_STRING_LIST && item->node->kind == SL_NODE_MAP)
        return names_text(w, item->node);
    if (item->type == SL_TYPE_FILE && item->node->kind == SL_NODE_SCALAR &&
        !sl_node_is_null(item->node))
        return file_text(w, item->node);
    return escaped(w, sl_value_text(item->node, w->arena));
}

/* A mapping that is to be made by a reference. */
static bool
is_reference(const struct sl_outline_item *item)
{
    return item->node && item->node->kind == SL_NODE_SCALAR &&
           strstr(item->node->text, "${");
}

/* "key: value", or in a list "value". */
static void
add_value(struct writing *w, struct place place, const struct sl_outline_item *item)
{
    const char *value = value_text(w, item);

    if (place.element)
        add(w, place, item, value);
    else
        add(w, place, item,
            sl_arena_format(w->arena, "%s: %s", key_text(w, item->key), value));
}

/* A line of its own above what is in the item; it tells where nothing. */
static void
add_head(struct writing *w, struct place place, const struct sl_outline_item *item)
{
    struct sl_outline_item silent = *item;

    silent.node = NULL;
    add(w, place, &silent, sl_arena_format(w->arena, "%s:", key_text(w, item->key)));
}

/* ---- values of several lines -------------------------------------------------------- */

static void write_item(struct writing *w, struct place place,
                       const struct sl_outline_item *item);

/* What is in an item, at `inside`; returns how many lines that took. */
static size_t
write_below(struct writing *w, struct place inside, const struct sl_outline_item *item)
{
    struct sl_outline_item *items;
    size_t before = w->n, n = sl_outline_below(w->outline, item, &items);

    for (size_t i = 0; i < n; i++) {
        write_item(w, inside, &items[i]);
        inside.dash = inside.dash && w->n == before;
    }
    return w->n - before;
}

static struct place
inside_of(const struct writing *w, struct place place, const struct sl_outline_item *item)
{
    return (struct place){.indent = place.indent + 2,
                          .path = path_of(w, place, item->key)};
}

/* An entry of a list: its first key stands behind the dash. */
static void
write_record(struct writing *w, struct place place, const struct sl_outline_item *item)
{
    struct place inside = place;

    inside.element = false;
    inside.path = path_of(w, place, item->key);
    if (write_below(w, inside, item) == 0)
        add(w, place, item, "{}");
}

/* "key:" and what is in it; where that is nothing, "key: {}" if the file says so. */
static void
write_map(struct writing *w, struct place place, const struct sl_outline_item *item)
{
    size_t head = w->n;

    if (place.element) {
        write_record(w, place, item);
        return;
    }
    add_head(w, place, item);
    if (write_below(w, inside_of(w, place, item), item) > 0)
        return;
    w->n = head;
    if (item->said)
        add_value(w, place, item);
}

/* The name that was chosen stands alone where it has nothing to say. */
static void
write_entry(struct writing *w, struct place place, const struct sl_outline_item *choice)
{
    struct sl_outline_item *entry, named;
    size_t head = w->n, n = sl_outline_below(w->outline, choice, &entry);
    struct place outside = place;
    const char *name;

    if (n == 0 || is_reference(choice)) {
        add_value(w, place, choice);
        return;
    }
    name = key_text(w, entry->key);
    if (place.element) {
        place.path = path_of(w, place, choice->key);
    } else {
        add_head(w, place, choice);
        place = inside_of(w, place, choice);
    }
    add(w, place, entry, sl_arena_format(w->arena, "%s:", name));
    if (write_below(w, inside_of(w, place, entry), entry) > 0)
        return;
    w->n = head;
    named = *choice;
    add(w, outside, &named,
        outside.dash
            ? name
            : sl_arena_format(w->arena, "%s: %s", key_text(w, choice->key), name));
}

static void
write_elements(struct writing *w, struct place place, const struct sl_outline_item *item)
{
    struct sl_outline_item *items;
    size_t n = sl_outline_below(w->outline, item, &items);
    struct place inside = inside_of(w, place, item);

    if (n == 0) {
        add_value(w, place, item);
        return;
    }
    add_head(w, place, item);
    inside.dash = inside.element = item->node->kind == SL_NODE_LIST;
    inside.indent += inside.dash ? 2 : 0;
    for (size_t i = 0; i < n; i++)
        write_item(w, inside, &items[i]);
}

/* ---- items -------------------------------------------------------------------------- */

/* Whether parts of it come from elsewhere, which then tell so by themselves. */
static bool
is_mixed(const struct sl_node *node)
{
    for (const struct sl_node *child = node->first; child; child = child->next)
        if (child->mark.file != node->mark.file)
            return true;
    return false;
}

static void
write_field(struct writing *w, struct place place, const struct sl_outline_item *item)
{
    if (!item->node)
        return;
    if (item->type == SL_TYPE_CHOICE)
        write_entry(w, place, item);
    else if (item->type == SL_TYPE_CHOICE_LIST || item->type == SL_TYPE_RECORD_LIST ||
             item->type == SL_TYPE_RECORD_MAP || is_mixed(item->node))
        write_elements(w, place, item);
    else
        add_value(w, place, item);
}

/* Whether the file says all that a record can't be without. */
static bool
is_given(const struct sl_outline_item *record)
{
    for (const struct sl_field *f = record->field->fields; f && f->type != SL_TYPE_END;
         f++)
        if ((f->flags & SL_REQUIRED) && !sl_node_get(record->node, f->key))
            return record->said;
    return true;
}

static void
write_item(struct writing *w, struct place place, const struct sl_outline_item *item)
{
    if (item->engine && !item->said)
        return;
    if (is_reference(item)) {
        add_value(w, place, item);
        return;
    }
    switch (item->kind) {
    case SL_OUTLINE_FIELD:
    case SL_OUTLINE_ELEMENT:
        write_field(w, place, item);
        break;
    case SL_OUTLINE_RECORD:
        if (is_given(item))
            write_map(w, place, item);
        break;
    case SL_OUTLINE_STAGE:
    case SL_OUTLINE_ENTRY:
        write_map(w, place, item);
        break;
    case SL_OUTLINE_OPEN:
        if (item->node && item->node->kind == SL_NODE_MAP && !place.element)
            write_map(w, place, item);
        else if (item->node)
            add_value(w, place, item);
        break;
    }
}

size_t
sl_resolve(const struct sl_outline *outline, bool interpolated,
           struct sl_resolved_line **lines)
{
    struct writing w = {
        .outline = outline, .arena = outline->arena, .interpolated = interpolated};
    struct sl_outline_item *items;
    size_t n = sl_outline_top(outline, &items);

    for (size_t i = 0; i < n; i++)
        write_item(&w, (struct place){.path = ""}, &items[i]);
    *lines = w.lines;
    return w.n;
}

/* Comments stand in one column, behind lines that reach no further. */
#define COLUMN 48

void
sl_resolved_print(const struct sl_resolved_line *lines, size_t n, struct sl_arena *arena,
                  struct sl_text *out)
{
    for (size_t i = 0; i < n; i++) {
        size_t start = out->count, width;

        sl_text_format(out, "%*s%s%s", (int)(lines[i].indent - (lines[i].dash ? 2 : 0)),
                       "", lines[i].dash ? "- " : "", lines[i].text);
        width = out->count - start;
        if (lines[i].node)
            sl_text_format(out, "%*s# %s", width < COLUMN - 2 ? (int)(COLUMN - width) : 2,
                           "", sl_origin_of(lines[i].node, arena));
        if (lines[i].node && lines[i].node->written)
            sl_text_format(out, ", %.*s", (int)strcspn(lines[i].node->written, "\r\n"),
                           lines[i].node->written);
        sl_text_append(out, "\n");
    }
}
