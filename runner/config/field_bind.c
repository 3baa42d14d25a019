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
sl_field_refuse(const struct sl_binder *binder, const struct sl_node *node,
                const char *what, const char *remedy)
{
    char got[100];

    sl_node_say(node, got, sizeof got);
    sl_field_problem(binder, node, "expected %s, got %s%s", what, got, remedy);
    return false;
}

bool
sl_field_bind(const struct sl_binder *binder, const struct sl_field *field,
              enum sl_field_type type, const struct sl_node *node, void *value)
{
    return !node->broken && sl_field_class(type)->bind(binder, field, node, value);
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
    bool full = sl_report_is_full(report);
    const char *near = full ? NULL : sl_nearest(node->key, words, n);
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

static bool
check_keys(const struct sl_binder *binder, const struct sl_field *fields,
           const struct sl_node *map, const char *const *skip)
{
    size_t skipped = 0, n, i;
    const char **keys;
    bool right = true;

    while (skip && skip[skipped])
        skipped++;
    keys = sl_arena_alloc(binder->arena, (count_keys(fields) + skipped) * sizeof *keys);
    n = list_keys(fields, keys);
    for (i = 0; i < skipped; i++)
        keys[n++] = skip[i];
    for (const struct sl_node *child = map->first; child; child = child->next) {
        for (i = 0; i < n && strcmp(keys[i], child->key) != 0;)
            i++;
        if (i < n)
            continue;
        sl_report_unknown_key(binder->report, child, keys, n);
        right = false;
    }
    return right;
}

/* ---- rows --------------------------------------------------------------------------- */

/* Where the values of a table's rows come from. */
struct scope {
    const struct sl_binder *binder;
    const struct sl_node *map; /* NULL: there are none */
    struct sl_mark mark;       /* where a required key is missed */
    bool absent;               /* nothing is required */
};

static bool bind_rows(const struct scope *scope, const struct sl_field *fields,
                      void *config);

/* What a value of the field is, for messages. */
static const char *
say_expected(const struct sl_binder *binder, const struct sl_field *field)
{
    if (field->type == SL_TYPE_CHOICE)
        return sl_arena_format(binder->arena, "one %s", sl_table_name(field->table));
    return sl_field_class(field->type)->name;
}

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
    } else {
        node = sl_node_new(binder->arena, SL_NODE_SCALAR, mark);
        node->text = copy;
        node->quoted = copy == field->text;
    }
    if (node)
        place(node, mark);
    sl_text_release(&text);
    return node;
}

void
sl_field_bind_preset(const struct sl_binder *binder, const struct sl_field *field,
                     struct sl_mark mark, void *value)
{
    struct sl_node *node = preset_node(binder, field, mark);

    if (node)
        sl_field_bind(binder, field, field->type, node, value);
}

/* A wrong default is our bug: those of other people's tables were checked before
 * (field_check.h). */
static void
bind_preset(const struct scope *scope, const struct sl_field *field, void *value)
{
    struct sl_report report;
    struct sl_binder binder = {scope->binder->arena, &report, scope->binder->registry};

    sl_report_init(&report, binder.arena);
    sl_field_bind_preset(&binder, field, scope->mark, value);
    assert(report.errors == 0);
}

struct sl_node *
sl_field_preset_node(const struct sl_field *field, struct sl_mark mark,
                     struct sl_arena *arena)
{
    struct sl_report report;
    struct sl_binder binder = {arena, &report, NULL};

    sl_report_init(&report, arena);
    return preset_node(&binder, field, mark);
}

static bool
bind_absent(const struct scope *scope, const struct sl_field *field, void *value)
{
    struct scope inside = {scope->binder, NULL, scope->mark, true};

    if ((field->flags & SL_REQUIRED) && !scope->absent) {
        sl_report_add(scope->binder->report, SL_ERROR, scope->mark,
                      "required key '%s' is missing (%s)", field->key,
                      say_expected(scope->binder, field));
        return false;
    }
    if (field->type == SL_TYPE_RECORD)
        bind_rows(&inside, field->fields, value);
    else
        bind_preset(scope, field, value);
    return true;
}

bool
sl_field_is_optional(const struct sl_field *field)
{
    return !(field->flags & SL_REQUIRED) && !field->text &&
           (field->type == SL_TYPE_STRING || field->type == SL_TYPE_FILE ||
            field->type == SL_TYPE_CHOICE);
}

/* `key:` with nothing behind it is most often a slip; null, written out, takes away what
 * may be absent. */
static bool
bind_null(const struct scope *scope, const struct sl_field *field,
          const struct sl_node *node)
{
    if (node->broken || (sl_field_is_optional(field) && node->text[0] != '\0'))
        return !node->broken;
    sl_field_problem(scope->binder, node, "value missing for '%s' (%s expected)",
                     field->key, say_expected(scope->binder, field));
    return false;
}

static bool
bind_row(const struct scope *scope, const struct sl_field *field, void *value)
{
    const struct sl_node *node = sl_node_get(scope->map, field->key);

    if (field->type == SL_TYPE_INCLUDE)
        return bind_rows(scope, field->fields, value);
    if (!node)
        return bind_absent(scope, field, value);
    if (sl_node_is_null(node))
        return bind_null(scope, field, node);
    return sl_field_bind(scope->binder, field, field->type, node, value);
}

static bool
bind_rows(const struct scope *scope, const struct sl_field *fields, void *config)
{
    bool right = true;

    for (; fields->type != SL_TYPE_END; fields++)
        right = bind_row(scope, fields, (char *)config + fields->offset) && right;
    return right;
}

bool
sl_fields_bind(const struct sl_binder *binder, const struct sl_field *fields,
               const struct sl_node *map, struct sl_mark mark, const char *const *skip,
               void *config)
{
    static const struct sl_field none[] = {SL_FIELD_END};
    struct scope scope = {binder, map, mark, false};
    bool right = true;

    if (!fields)
        fields = none;
    if (map && map->kind != SL_NODE_MAP) {
        right = sl_node_is_null(map) && !map->broken;
        if (!right && !map->broken)
            sl_field_refuse(binder, map, "a mapping", sl_node_hint(map));
        scope.map = NULL;
        scope.absent = !right;
    }
    if (scope.map)
        right = check_keys(binder, fields, scope.map, skip);
    return bind_rows(&scope, fields, config) && right;
}
