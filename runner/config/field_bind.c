/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "runner/config/field_type.h"
#include "runner/config/yaml.h"

void
sl_field_problem(const struct sl_binder *binder, const struct sl_node *node,
                 const char *format, ...)
{
    va_list args;

    va_start(args, format);
    sl_report_vadd(binder->report, SL_ERROR, node->mark, format, args);
    va_end(args);
    if (node->was)
        sl_report_add(binder->report, SL_NOTE, node->was->mark,
                      "it takes the place of what is set here");
}

bool
sl_name_is_valid(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-";

    return *name && !strchr("._-", *name) && !name[strspn(name, letters)] &&
           strlen(name) <= 100;
}

/* ---- unknown keys ------------------------------------------------------------------- */

void
sl_report_unknown_key(struct sl_report *report, const struct sl_node *node,
                      const char *const *words, size_t n)
{
    enum { MOST = 12 };
    const char *near = sl_nearest(node->key, words, n);
    struct sl_text all = {0};

    if (near)
        sl_text_format(&all, "; did you mean '%s'?", near);
    else if (n > 0 && n <= MOST)
        sl_text_append(&all, "; known keys are ");
    if (!near && n <= MOST)
        sl_field_words(words, n, ", ", &all);
    sl_report_add(report, SL_ERROR, node->key_mark, "unknown key '%s'%s", node->key,
                  all.count > 0 ? all.bytes : "");
    sl_text_release(&all);
}

static size_t
count_keys(const struct sl_field *fields)
{
    size_t n = 0;

    for (; fields->type != SL_TYPE_END; fields++)
        n += fields->type == SL_TYPE_INCLUDE ? count_keys(fields->fields) : 1;
    return n;
}

static size_t
list_keys(const struct sl_field *fields, const char **keys)
{
    size_t n = 0;

    for (; fields->type != SL_TYPE_END; fields++)
        if (fields->type == SL_TYPE_INCLUDE)
            n += list_keys(fields->fields, keys + n);
        else
            keys[n++] = fields->key;
    return n;
}

static void
check_keys(const struct sl_binder *binder, const struct sl_field *fields,
           const struct sl_node *map, const char *const *skip)
{
    size_t skipped = 0, n, i;
    const char **keys;

    while (skip && skip[skipped])
        skipped++;
    keys = sl_arena_alloc(binder->arena, (count_keys(fields) + skipped) * sizeof *keys);
    n = list_keys(fields, keys);
    for (i = 0; i < skipped; i++)
        keys[n++] = skip[i];
    for (const struct sl_node *child = map->first; child; child = child->next) {
        for (i = 0; i < n && strcmp(keys[i], child->key) != 0;)
            i++;
        if (i == n)
            sl_report_unknown_key(binder->report, child, keys, n);
    }
}

/* ---- rows --------------------------------------------------------------------------- */

/* Where the values of a table's rows come from. */
struct scope {
    const struct sl_binder *binder;
    const struct sl_node *map; /* NULL: there are none */
    struct sl_mark mark;       /* where a required key is missed */
    bool absent;               /* nothing is required */
};

static void bind_rows(const struct scope *scope, const struct sl_field *fields,
                      void *config);

static void
place(struct sl_node *node, struct sl_mark mark)
{
    node->mark = node->key_mark = mark;
    for (struct sl_node *child = node->first; child; child = child->next)
        place(child, mark);
}

/* The default as a node, or NULL if there is none. */
static struct sl_node *
preset_node(const struct sl_binder *binder, const struct sl_field *field,
            struct sl_mark mark)
{
    struct sl_text text = {0};
    struct sl_node *node = NULL;
    const char *copy;

    if (!sl_field_preset(field, &text))
        return NULL;
    copy = sl_arena_string(binder->arena, text.bytes);
    if (field->type == SL_TYPE_STRING || field->type == SL_TYPE_FILE)
        copy = field->text;
    if (field->type > SL_TYPE_FILE) {
        sl_yaml_parse("default", copy, text.count, binder->arena, binder->report, &node);
        assert(node);
    } else {
        node = sl_node_new(binder->arena, SL_NODE_SCALAR, mark);
        node->text = copy;
        node->quoted = copy == field->text;
    }
    place(node, mark);
    sl_text_release(&text);
    return node;
}

/* Defaults are read by the same rules as the user's values: a wrong one is our bug. */
static void
bind_preset(const struct scope *scope, const struct sl_field *field, void *value)
{
    struct sl_report report;
    struct sl_binder binder = {scope->binder->arena, &report, scope->binder->registry};
    struct sl_node *node;

    sl_report_init(&report, binder.arena);
    node = preset_node(&binder, field, scope->mark);
    if (node)
        sl_field_class(field->type)->bind(&binder, field, node, value);
    assert(report.errors == 0);
}

static void
bind_absent(const struct scope *scope, const struct sl_field *field, void *value)
{
    struct scope inside = {scope->binder, NULL, scope->mark, true};

    if ((field->flags & SL_REQUIRED) && !scope->absent)
        sl_report_add(scope->binder->report, SL_ERROR, scope->mark,
                      "required key '%s' is missing (%s)", field->key,
                      sl_field_class(field->type)->name);
    else if (field->type == SL_TYPE_RECORD)
        bind_rows(&inside, field->fields, value);
    else
        bind_preset(scope, field, value);
}

/* `key:` with nothing behind it is most often a slip; null, written out, takes away what
 * may be absent. */
static void
bind_null(const struct scope *scope, const struct sl_field *field,
          const struct sl_node *node)
{
    bool optional = !(field->flags & SL_REQUIRED) && !field->text &&
                    (field->type == SL_TYPE_STRING || field->type == SL_TYPE_FILE ||
                     field->type == SL_TYPE_CHOICE);

    if (!optional || node->text[0] == '\0')
        sl_field_problem(scope->binder, node, "value missing for '%s' (%s expected)",
                         field->key, sl_field_class(field->type)->name);
}

static void
bind_rows(const struct scope *scope, const struct sl_field *fields, void *config)
{
    for (; fields->type != SL_TYPE_END; fields++) {
        void *value = (char *)config + fields->offset;
        const struct sl_node *node = sl_node_get(scope->map, fields->key);

        if (fields->type == SL_TYPE_INCLUDE)
            bind_rows(scope, fields->fields, value);
        else if (!node)
            bind_absent(scope, fields, value);
        else if (sl_node_is_null(node))
            bind_null(scope, fields, node);
        else
            sl_field_class(fields->type)->bind(scope->binder, fields, node, value);
    }
}

static void
refuse(const struct sl_binder *binder, const struct sl_node *node, const char *what,
       const char *remedy)
{
    char got[100];

    sl_node_say(node, got, sizeof got);
    sl_field_problem(binder, node, "expected %s, got %s%s", what, got, remedy);
}

void
sl_fields_bind(const struct sl_binder *binder, const struct sl_field *fields,
               const struct sl_node *map, struct sl_mark mark, const char *const *skip,
               void *config)
{
    static const struct sl_field none[] = {SL_FIELD_END};
    struct scope scope = {binder, map, mark, false};

    if (!fields)
        fields = none;
    if (map && map->kind != SL_NODE_MAP) {
        if (!sl_node_is_null(map))
            refuse(binder, map, "a mapping", sl_node_hint(map));
        scope.map = NULL;
        scope.absent = !sl_node_is_null(map);
    }
    if (scope.map)
        check_keys(binder, fields, scope.map, skip);
    bind_rows(&scope, fields, config);
}

/* ---- types that hold others ---------------------------------------------------------- */

void
sl_record_bind(const struct sl_binder *binder, const struct sl_field *field,
               const struct sl_node *node, void *value)
{
    sl_fields_bind(binder, field->fields, node, node->key ? node->key_mark : node->mark,
                   NULL, value);
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

void
sl_list_bind(const struct sl_binder *binder, const struct sl_field *field,
             const struct sl_node *node, void *value)
{
    const struct sl_field_class *class = sl_field_class(field->type);
    const struct sl_field_class *element = sl_field_class(class->element);
    struct sl_mark *marks;
    char *at;

    if (node->kind != SL_NODE_LIST) {
        refuse(binder, node, class->name,
               node->kind == SL_NODE_SCALAR ? "; put it in [ ]" : "");
        return;
    }
    at = elements(binder, field, node);
    if (!at)
        return;
    marks = sl_arena_alloc(binder->arena, node->count * sizeof *marks);
    sl_list_set(field->type, (struct sl_list_head){node->count, at, marks}, value);
    for (const struct sl_node *child = node->first; child; child = child->next) {
        element->bind(binder, field, child, at);
        *marks++ = child->mark;
        at += sl_element_size(field);
    }
}

void
sl_record_map_bind(const struct sl_binder *binder, const struct sl_field *field,
                   const struct sl_node *node, void *value)
{
    struct sl_record_map *map = value;
    const char **names = sl_arena_alloc(binder->arena, node->count * sizeof *names);
    struct sl_mark *marks = sl_arena_alloc(binder->arena, node->count * sizeof *marks);
    char *at;

    if (node->kind != SL_NODE_MAP) {
        refuse(binder, node, "a mapping of names", sl_node_hint(node));
        return;
    }
    at = elements(binder, field, node);
    if (!at)
        return;
    *map = (struct sl_record_map){node->count, names, at, marks};
    for (const struct sl_node *child = node->first; child; child = child->next) {
        if (!sl_name_is_valid(child->key))
            sl_report_add(binder->report, SL_ERROR, child->key_mark,
                          "name '%s' must match " SL_NAME_RULE, child->key);
        sl_record_bind(binder, field, child, at);
        *names++ = child->key;
        *marks++ = child->key_mark;
        at += field->size;
    }
}

/* ---- choices ------------------------------------------------------------------------- */

static void
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
}

/* The shapes that people write instead of `name` or `{name: {fields}}`. */
static void
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
    refuse(binder, node, what.bytes, remedy.count > 0 ? remedy.bytes : "");
    sl_text_release(&what);
    sl_text_release(&remedy);
}

void
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

    if (node->kind == SL_NODE_LIST || node->count > 1 || sl_node_is_null(node) ||
        (node->kind == SL_NODE_MAP && !fields)) {
        refuse_shape(binder, field, node);
        return;
    }
    row = sl_registry_find(binder->registry, field->table, name);
    if (!row) {
        refuse_name(binder, field, node, name, mark);
        return;
    }
    entry = row->as[0];
    config = sl_arena_alloc(binder->arena, entry->config_size);
    sl_fields_bind(binder, entry->fields, fields, mark, NULL, config);
    *choice = (struct sl_choice){row, config, mark};
}
