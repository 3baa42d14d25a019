/* SPDX-License-Identifier: MIT */
#include "runner/config/yaml_map.h"

#include <stdlib.h>
#include <string.h>

#define KEY_MAX 1024

bool
sl_yaml_check_key(const struct sl_node *key, struct sl_report *report)
{
    if (key->kind != SL_NODE_SCALAR)
        sl_report_add(report, SL_ERROR, key->mark, "a key must be one word");
    else if (strlen(key->text) > KEY_MAX)
        sl_report_add(report, SL_ERROR, key->mark, "key longer than %d characters",
                      KEY_MAX);
    else if (key->text[0] == '\0')
        sl_report_add(report, SL_ERROR, key->mark, "key missing before ':'");
    else if (key->text[0] == '-' && !key->quoted)
        sl_report_add(report, SL_ERROR, key->mark,
                      "unknown key '%s'; did you mean '- %s'?", key->text, key->text + 1);
    else
        return true;
    return false;
}

void
sl_yaml_merge_key(const struct sl_node *value, struct sl_node *merged,
                  struct sl_report *report)
{
    struct sl_node *next;

    if (value->kind == SL_NODE_SCALAR)
        sl_report_add(report, SL_ERROR, value->mark, "merge needs a mapping");
    for (struct sl_node *child = value->first; child; child = next) {
        next = child->next;
        if (value->kind == SL_NODE_MAP)
            sl_node_append(merged, child);
        else if (child->kind == SL_NODE_MAP)
            sl_yaml_merge_key(child, merged, report);
        else
            sl_report_add(report, SL_ERROR, child->mark, "merge needs a mapping");
    }
}

/* A child of a map, its own or merged, in the order of reading. */
struct entry {
    struct sl_node *node;
    size_t order;
    bool own, dropped;
};

static int
compare_entries(const void *a, const void *b)
{
    const struct entry *const *p = a, *const *q = b;
    int order = strcmp((*p)->node->key, (*q)->node->key);

    if (order != 0)
        return order;
    return (*p)->order < (*q)->order ? -1 : 1;
}

/* Of entries with the same key the first stays. Sorted, since a big map must not take the
 * square of its size. */
static void
drop_duplicates(struct entry *entries, struct entry **sorted, size_t n,
                struct sl_arena *arena, struct sl_report *report)
{
    const struct entry *first = NULL;

    for (size_t i = 0; i < n; i++)
        sorted[i] = &entries[i];
    qsort(sorted, n, sizeof *sorted, compare_entries);
    for (size_t i = 0; i < n; i++) {
        const struct sl_node *node = sorted[i]->node;

        if (!first || strcmp(first->node->key, node->key) != 0) {
            first = sorted[i];
            continue;
        }
        sorted[i]->dropped = true;
        if (sorted[i]->own)
            sl_report_add(report, SL_ERROR, node->key_mark,
                          "duplicate key '%s', first at %u:%u", node->key,
                          (unsigned)first->node->key_mark.line,
                          (unsigned)first->node->key_mark.column);
        else
            sl_node_replaces(arena, first->node, node);
    }
}

void
sl_yaml_finish_map(struct sl_node *map, const struct sl_node *own,
                   const struct sl_node *merged, struct sl_arena *arena,
                   struct sl_report *report)
{
    size_t n = own->count + merged->count, filled = 0;
    struct entry *entries = sl_arena_alloc(arena, n * sizeof *entries);
    struct entry **sorted = sl_arena_alloc(arena, n * sizeof *sorted);

    for (struct sl_node *node = own->first; node; node = node->next, filled++)
        entries[filled] = (struct entry){node, filled, true, false};
    for (struct sl_node *node = merged->first; node; node = node->next, filled++)
        entries[filled] = (struct entry){node, filled, false, false};
    drop_duplicates(entries, sorted, n, arena, report);
    for (size_t i = 0; i < n; i++)
        if (!entries[i].dropped)
            sl_node_append(map, entries[i].node);
}
