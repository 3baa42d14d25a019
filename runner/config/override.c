/* SPDX-License-Identifier: MIT */
#include "runner/config/override.h"

#include <stdlib.h>
#include <string.h>

#include "runner/config/character.h"
#include "runner/config/yaml.h"

struct sl_mark
sl_mark_move(struct sl_mark mark, const char *text, size_t bytes)
{
    uint32_t c;

    for (size_t i = 0, step; i < bytes; i += step) {
        step = sl_utf8_decode(text + i, bytes - i, &c);
        step += step == 0;
        mark.column++;
        if (text[i] == '\n') {
            mark.line++;
            mark.column = 1;
        }
    }
    return mark;
}

/* ---- reading words ------------------------------------------------------------------ */

/* Read behind as many line breaks and spaces as put it at its place. */
struct sl_node *
sl_value_parse(const struct sl_compose *compose, const char *text, struct sl_mark mark)
{
    struct sl_text padded = {0};
    struct sl_node *node = NULL;

    if (!text[strspn(text, " \t\n")])
        return sl_node_new(compose->arena, SL_NODE_SCALAR, mark);
    for (uint32_t line = 1; line < mark.line; line++)
        sl_text_append(&padded, "\n");
    sl_text_format(&padded, "%*s%s", (int)mark.column - 1, "", text);
    sl_yaml_parse(mark.file, padded.bytes, padded.count, compose->arena, compose->report,
                  &node);
    sl_text_release(&padded);
    return node;
}

#define PARTS_MAX 64

bool
sl_path_is_valid(const char *path)
{
    size_t parts = 1;

    for (size_t i = 0; path[i]; i++) {
        if (path[i] == '.' && (i == 0 || !path[i + 1] || path[i - 1] == '.'))
            return false;
        parts += path[i] == '.';
    }
    return *path && parts <= PARTS_MAX;
}

/* mark: of the word. */
static bool
parse_word(const struct sl_compose *compose, const char *word, struct sl_mark mark,
           struct sl_override *override)
{
    bool prefixed = *word == '~' || *word == '+';
    const char *path = word + prefixed;
    size_t length = strcspn(path, "=");
    bool removes = *word == '~' && path[length] == '\0';

    *override = (struct sl_override){.action = prefixed ? *word : '='};
    override->path = sl_arena_copy(compose->arena, path, length);
    override->mark = sl_mark_move(mark, word, prefixed);
    if (strncmp(override->path, "use.", 4) == 0)
        override->group = override->path + 4;
    if ((*word == '~') != (path[length] == '\0') || !sl_path_is_valid(override->path) ||
        strcmp(override->path, "use") == 0) {
        sl_report_add(compose->report, SL_ERROR, mark,
                      "expected KEY=VALUE, +KEY=VALUE, ~KEY or use.GROUP=NAME, got '%s'",
                      word);
        return false;
    }
    if (strcmp(override->path, "env") == 0 || strncmp(override->path, "env.", 4) == 0) {
        sl_report_add(compose->report, SL_ERROR, mark, "'env' is for files to declare");
        return false;
    }
    if (!removes)
        override->value =
            sl_value_parse(compose, path + length + 1,
                           sl_mark_move(mark, word, (size_t)(path + length + 1 - word)));
    return removes || override->value;
}

size_t
sl_overrides_parse(const struct sl_compose *compose, const char *const *words, size_t n,
                   struct sl_override *overrides)
{
    struct sl_mark mark = {SL_COMMAND_LINE, 1, 1};
    struct sl_text all = {0};
    size_t right = 0;

    if (n == 0)
        return 0;
    for (size_t i = 0; i < n; i++)
        sl_text_format(&all, "%s\n", words[i]);
    sl_report_source(compose->report, SL_COMMAND_LINE,
                     sl_arena_string(compose->arena, all.bytes), all.count);
    sl_text_release(&all);
    for (size_t i = 0; i < n; i++) {
        right += parse_word(compose, words[i], mark, &overrides[right]);
        mark = sl_mark_move(mark, words[i], strlen(words[i]));
        mark.line++;
        mark.column = 1;
    }
    return right;
}

/* ---- finding places ----------------------------------------------------------------- */

static struct sl_node *
list_entry(const struct sl_node *list, const char *part, size_t length)
{
    char *end;
    unsigned long index = strtoul(part, &end, 10);
    struct sl_node *child = list->first;

    if (length == 0 || end != part + length || *part < '0' || *part > '9')
        return NULL;
    for (; child && index > 0; index--)
        child = child->next;
    return child;
}

struct sl_path_step
sl_path_step(const struct sl_node *node, const char *path)
{
    struct sl_path_step step = {NULL, strcspn(path, "."), NULL};

    if (node->kind == SL_NODE_LIST)
        step.child = list_entry(node, path, step.length);
    for (struct sl_node *child = node->kind == SL_NODE_MAP ? node->first : NULL; child;
         child = child->next) {
        size_t n = strlen(child->key);

        if (strncmp(path, child->key, n) == 0 && (path[n] == '.' || path[n] == '\0') &&
            (!step.child || n > step.length)) {
            step.child = child;
            step.length = n;
        }
    }
    step.rest = path + step.length + (path[step.length] == '.');
    return step;
}

const struct sl_node *
sl_path_find(const struct sl_node *node, const char *path)
{
    while (node && *path) {
        struct sl_path_step step = sl_path_step(node, path);

        node = step.child;
        path = step.rest;
    }
    return node;
}

/* The node that path names below node, or NULL, and its parent. */
static struct sl_node *
locate(struct sl_node *node, const char *path, struct sl_node **parent)
{
    while (node && *path) {
        struct sl_path_step step = sl_path_step(node, path);

        *parent = node;
        node = step.child;
        path = step.rest;
    }
    return node;
}

/* ---- changing ----------------------------------------------------------------------- */

struct change {
    const struct sl_compose *compose;
    const struct sl_override *override;
};

static struct sl_mark
mark_of_part(const struct change *change, const char *part)
{
    const struct sl_override *override = change->override;

    return sl_mark_move(override->mark, override->path, (size_t)(part - override->path));
}

/* Puts fresh, or nothing, where child was. */
static void
replace_child(struct sl_node *parent, struct sl_node *child, struct sl_node *fresh)
{
    struct sl_node *next, *at = parent->first;

    parent->first = parent->last = NULL;
    parent->count = 0;
    for (; at; at = next) {
        next = at->next;
        if (at != child)
            sl_node_append(parent, at);
        else if (fresh)
            sl_node_append(parent, fresh);
    }
}

/* {a: {b: value}} for the path a.b, whose first part has that length. */
static struct sl_node *
wrap(const struct change *change, const char *path, size_t length)
{
    struct sl_arena *arena = change->compose->arena;
    struct sl_mark mark = mark_of_part(change, path);
    struct sl_node *map = sl_node_new(arena, SL_NODE_MAP, mark), *child;
    const char *rest = path + length + 1;

    if (path[length] == '\0')
        child = sl_node_copy(arena, change->override->value);
    else
        child = wrap(change, rest, strcspn(rest, "."));
    map->implied = true;
    child->key = sl_arena_copy(arena, path, length);
    child->key_mark = mark;
    sl_node_append(map, child);
    return map;
}

static void put(const struct change *change, struct sl_node *parent, struct sl_node *node,
                const char *path);

static void
put_in_list(const struct change *change, struct sl_node *list, const char *path)
{
    const struct sl_compose *compose = change->compose;
    struct sl_path_step step = sl_path_step(list, path);

    if (!step.child)
        sl_report_add(compose->report, SL_ERROR, mark_of_part(change, path),
                      "no entry '%.*s' in a list of %zu, which count from 0",
                      (int)step.length, path, list->count);
    else if (*step.rest)
        put(change, list, step.child, step.rest);
    else
        replace_child(
            list, step.child,
            sl_node_merge(compose, step.child,
                          sl_node_copy(compose->arena, change->override->value)));
}

/* Sets what path names below node, a child of parent. A value is merged as a file's would
 * be, with the same rules for choices. */
static void
put(const struct change *change, struct sl_node *parent, struct sl_node *node,
    const char *path)
{
    struct sl_path_step step = sl_path_step(node, path);
    struct sl_node *over, *merged;

    if (node->kind == SL_NODE_LIST) {
        put_in_list(change, node, path);
    } else if (step.child && *step.rest && step.child->kind != SL_NODE_SCALAR) {
        put(change, node, step.child, step.rest);
    } else {
        over = wrap(change, path, step.length);
        over->key = node->key;
        over->key_mark = node->key_mark;
        if (node->kind == SL_NODE_MAP)
            over->mark = node->mark;
        merged = sl_node_merge(change->compose, node, over);
        if (merged != node)
            replace_child(parent, node, merged);
    }
}

static void
apply(const struct sl_compose *compose, struct sl_node *holder,
      const struct sl_override *override)
{
    struct change change = {compose, override};
    struct sl_node *parent = NULL, *old = locate(holder->first, override->path, &parent);

    if (override->action == '=' || (override->action == '+' && !old))
        put(&change, holder, holder->first, override->path);
    else if (override->action == '+')
        sl_report_add(compose->report, SL_ERROR, override->mark,
                      "'%s' is there already; leave the '+' out", override->path);
    else if (old)
        replace_child(parent, old, NULL);
    else
        sl_report_add(compose->report, SL_ERROR, override->mark,
                      "'%s' is not there, so it can't be taken away", override->path);
}

static bool
chooses_module(const struct sl_override *override)
{
    const char *dot = strrchr(override->path, '.');

    return dot && strcmp(dot, ".module") == 0;
}

struct sl_node *
sl_overrides_apply(const struct sl_compose *compose, struct sl_node *tree,
                   const struct sl_override *overrides, size_t n)
{
    struct sl_node holder = {.kind = SL_NODE_LIST};

    sl_node_append(&holder, tree);
    for (size_t i = 0; i < n; i++)
        if (!overrides[i].group && chooses_module(&overrides[i]))
            apply(compose, &holder, &overrides[i]);
    for (size_t i = 0; i < n; i++)
        if (!overrides[i].group && !chooses_module(&overrides[i]))
            apply(compose, &holder, &overrides[i]);
    holder.first->next = NULL;
    return holder.first;
}
