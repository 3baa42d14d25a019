/* SPDX-License-Identifier: MIT */
#include "runner/config/field_type.h"

/* Binds the types that hold others: records, lists, maps of records, choices. */

bool
sl_record_bind(const struct sl_binder *binder, const struct sl_field *field,
               const struct sl_node *node, void *value)
{
    return sl_fields_bind(binder, field->fields, node,
                          node->key ? node->key_mark : node->mark, NULL, value);
}

/* Room for the elements of a list, or NULL, and told. */
static void *
elements(const struct sl_binder *binder, const struct sl_field *field,
         const struct sl_node *node)
{
    void *at = sl_arena_array(binder->arena, node->count, sl_element_size(field));

    if (!at)
        sl_field_problem(binder, node, "no memory for %zu entries of '%s'", node->count,
                         field->key);
    return at;
}

static bool
bind_single(const struct sl_binder *binder, const struct sl_field *field,
            const struct sl_node *node, void *value)
{
    enum sl_field_type element = sl_field_class(field->type)->element;
    struct sl_mark *mark = SL_NEW(binder->arena, struct sl_mark);
    void *at = sl_arena_alloc(binder->arena, sl_element_size(field));

    if (!sl_field_bind(binder, field, element, node, at))
        return false;
    *mark = node->mark;
    sl_list_set(field->type, (struct sl_list_head){1, at, mark}, value);
    return true;
}

/* Elements that are not right are left out. */
bool
sl_list_bind(const struct sl_binder *binder, const struct sl_field *field,
             const struct sl_node *node, void *value)
{
    const struct sl_field_class *class = sl_field_class(field->type);
    struct sl_list_head head = {0};
    struct sl_mark *marks;
    char *at;

    if (node->kind == SL_NODE_SCALAR && (field->flags & SL_SINGLE))
        return bind_single(binder, field, node, value);
    if (node->kind != SL_NODE_LIST)
        return sl_field_refuse(binder, node, class->name,
                               node->kind == SL_NODE_SCALAR ? "; put it in [ ]" : "");
    head.at = at = elements(binder, field, node);
    if (!at)
        return false;
    head.marks = marks = sl_arena_alloc(binder->arena, node->count * sizeof *marks);
    for (const struct sl_node *child = node->first; child; child = child->next) {
        if (!sl_field_bind(binder, field, class->element, child, at))
            continue;
        marks[head.n++] = child->mark;
        at += sl_element_size(field);
    }
    sl_list_set(field->type, head, value);
    return head.n == node->count;
}

bool
sl_record_map_bind(const struct sl_binder *binder, const struct sl_field *field,
                   const struct sl_node *node, void *value)
{
    struct sl_record_map *map = value;
    const char **names = sl_arena_alloc(binder->arena, node->count * sizeof *names);
    struct sl_mark *marks = sl_arena_alloc(binder->arena, node->count * sizeof *marks);
    bool right = true;
    char *at;

    if (node->kind != SL_NODE_MAP)
        return sl_field_refuse(binder, node, "a mapping of names", sl_node_hint(node));
    at = elements(binder, field, node);
    if (!at)
        return false;
    *map = (struct sl_record_map){node->count, names, at, marks};
    for (const struct sl_node *child = node->first; child; child = child->next) {
        bool named = sl_name_is_valid(child->key);

        if (!named)
            sl_report_add(binder->report, SL_ERROR, child->key_mark,
                          "name '%s' must match " SL_NAME_RULE, child->key);
        right = sl_record_bind(binder, field, child, at) && named && right;
        *names++ = child->key;
        *marks++ = child->key_mark;
        at += field->size;
    }
    return right;
}

/* ---- choices ------------------------------------------------------------------------- */

static bool
refuse_name(const struct sl_binder *binder, const struct sl_field *field,
            const struct sl_node *node, const char *name, struct sl_mark mark)
{
    const char *names[SL_NAMES_MAX], *near;
    size_t n = sl_registry_names(binder->registry, field->table, names, SL_NAMES_MAX);
    struct sl_text remedy = {0};
    struct sl_node told = *node;

    near = sl_nearest(name, names, n);
    if (near)
        sl_text_format(&remedy, "did you mean '%s'?", near);
    else
        sl_text_append(&remedy, n > 1   ? "there are "
                                : n > 0 ? "there is "
                                        : "there is none");
    if (!near)
        sl_field_words(names, n, ", ", &remedy);
    told.mark = mark;
    sl_field_problem(binder, &told, "unknown %s '%s'; %s", sl_table_name(field->table),
                     name, remedy.bytes);
    sl_text_release(&remedy);
    return false;
}

/* The shapes that people write instead of `name` or `{name: {fields}}`. */
static bool
refuse_shape(const struct sl_binder *binder, const struct sl_field *field,
             const struct sl_node *node)
{
    const char *table = sl_table_name(field->table);
    struct sl_text what = {0}, remedy = {0};

    sl_text_format(&what, "one %s, as NAME or {NAME: {...}}", table);
    if (node->kind == SL_NODE_MAP && node->first && sl_node_is_null(node->first))
        sl_text_format(&remedy, "; indent the fields of '%s' below it", node->first->key);
    else if (node->kind == SL_NODE_MAP && node->count > 1)
        sl_text_format(&remedy, " of %zu keys", node->count);
    sl_field_refuse(binder, node, what.bytes, remedy.count > 0 ? remedy.bytes : "");
    sl_text_release(&what);
    sl_text_release(&remedy);
    return false;
}

/* The entry of the table that has such a key: the one beside it in the node, the default,
 * or the first. */
static const struct sl_entry *
owner_of(const struct sl_binder *binder, const struct sl_field *field,
         const struct sl_node *node, const char *key)
{
    const char *names[SL_NAMES_MAX + 2];
    size_t n = 0;

    for (const struct sl_node *c = node->first; c && n < 1; c = c->next)
        if (sl_registry_find(binder->registry, field->table, c->key))
            names[n++] = c->key;
    if (field->text)
        names[n++] = field->text;
    n += sl_registry_names(binder->registry, field->table, names + n, SL_NAMES_MAX);
    for (size_t i = 0; i < n; i++) {
        const struct sl_row *row =
            sl_registry_find(binder->registry, field->table, names[i]);
        const struct sl_entry *entry = row ? row->as[0] : NULL;

        if (entry && entry->fields && sl_field_find(entry->fields, key))
            return entry;
    }
    return NULL;
}

/* `lr` where the name of an optimizer belongs: the name was forgotten. True if told. */
static bool
refuse_loose_key(const struct sl_binder *binder, const struct sl_field *field,
                 const struct sl_node *node)
{
    const char *table = sl_table_name(field->table);
    struct sl_node told = *node;

    if (node->kind != SL_NODE_MAP || (node->first && sl_node_is_null(node->first)))
        return false;
    for (const struct sl_node *c = node->first; c; c = c->next) {
        const struct sl_entry *owner;

        if (sl_registry_find(binder->registry, field->table, c->key))
            continue;
        owner = owner_of(binder, field, node, c->key);
        if (!owner)
            continue;
        told.mark = c->key_mark;
        sl_field_problem(binder, &told,
                         "'%s' stands below the name of the %s: {%s: {%s: ...}}, or "
                         "%s.%s in a path",
                         c->key, table, owner->name, c->key, owner->name, c->key);
        return true;
    }
    return false;
}

/* {adam: {...}, sgd: {lr: 0.1}}: a name that there is, merged with one that there is not.
 * True if told. */
static bool
refuse_other_name(const struct sl_binder *binder, const struct sl_field *field,
                  const struct sl_node *node)
{
    if (node->kind != SL_NODE_MAP || node->count < 2)
        return false;
    for (const struct sl_node *c = node->first; c; c = c->next) {
        if (c->kind != SL_NODE_MAP ||
            sl_registry_find(binder->registry, field->table, c->key))
            continue;
        refuse_name(binder, field, c, c->key, c->key_mark);
        return true;
    }
    return false;
}

bool
sl_choice_bind(const struct sl_binder *binder, const struct sl_field *field,
               const struct sl_node *node, void *value)
{
    struct sl_choice *choice = value;
    const struct sl_node *fields = node->kind == SL_NODE_MAP ? node->first : NULL;
    const char *name = fields ? fields->key : node->text;
    struct sl_mark mark = fields ? fields->key_mark : node->mark;
    const struct sl_entry *entry;
    const struct sl_row *row;
    void *config;

    if (refuse_loose_key(binder, field, node) || refuse_other_name(binder, field, node))
        return false;
    if (node->kind == SL_NODE_LIST || node->count > 1 || sl_node_is_null(node) ||
        (node->kind == SL_NODE_MAP && !fields))
        return refuse_shape(binder, field, node);
    row = sl_registry_find(binder->registry, field->table, name);
    if (!row)
        return refuse_name(binder, field, node, name, mark);
    entry = row->as[0];
    config = sl_arena_alloc(binder->arena, entry->config_size);
    *choice = (struct sl_choice){row, config, mark};
    return sl_fields_bind(binder, entry->fields, fields, mark, NULL, config);
}
