/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/outline.h"

#include <stdio.h>
#include <string.h>

#include "runner/config/field_say.h"
#include "runner/pipeline/block.h"
#include "runner/pipeline/experiment.h"
#include "runner/sweep/keys.h"

/* While the items of one mapping or list are gathered. */
struct gathering {
    const struct sl_outline *outline;
    size_t n, capacity;
    struct sl_outline_item *items;
};

static struct sl_outline_item *
add(struct gathering *g, struct sl_outline_item item)
{
    if (g->n == g->capacity) {
        size_t more = 2 * g->capacity + 8;
        struct sl_outline_item *grown =
            sl_arena_alloc(g->outline->arena, more * sizeof *grown);
        if (g->n)
            memcpy(grown, g->items, g->n * sizeof *grown);
        g->items = grown;
        g->capacity = more;
    }
    g->items[g->n] = item;
    return &g->items[g->n++];
}

static bool
has(const struct gathering *g, const char *key)
{
    for (size_t i = 0; i < g->n; i++)
        if (strcmp(g->items[i].key, key) == 0)
            return true;
    return false;
}

/* ---- mappings by a table ------------------------------------------------------------ */

/* The value that the file says, or the default. `key: null` takes a value away. */
static struct sl_outline_item
field_item(const struct sl_outline *outline, const struct sl_field *field,
           const struct sl_node *map)
{
    struct sl_mark nowhere = {0};
    struct sl_outline_item item = {
        .kind = field->type == SL_TYPE_RECORD ? SL_OUTLINE_RECORD : SL_OUTLINE_FIELD,
        .key = field->key,
        .field = field,
        .type = field->type,
        .node = sl_node_get(map, field->key),
    };

    item.said = item.node != NULL;
    if (!item.said && field->type != SL_TYPE_RECORD)
        item.node = sl_field_preset_node(field, nowhere, outline->arena);
    return item;
}

static void
add_fields(struct gathering *g, const struct sl_field *fields, const struct sl_node *map)
{
    for (; fields && fields->type != SL_TYPE_END; fields++)
        if (fields->type == SL_TYPE_INCLUDE)
            add_fields(g, fields->fields, map);
        else
            add(g, field_item(g->outline, fields, map));
}

static struct sl_outline_item
open_item(const struct sl_node *node)
{
    return (struct sl_outline_item){
        .kind = SL_OUTLINE_OPEN, .key = node->key, .node = node, .said = true};
}

/* What the mapping says and no table knows. */
static void
add_others(struct gathering *g, const struct sl_node *map)
{
    if (!map || map->kind != SL_NODE_MAP)
        return;
    for (const struct sl_node *child = map->first; child; child = child->next)
        if (!has(g, child->key))
            add(g, open_item(child));
}

/* ---- stages ------------------------------------------------------------------------- */

/* The module that a block names, or NULL. */
static const struct sl_row *
module_of(const struct sl_outline *outline, const struct sl_node *block)
{
    const struct sl_node *module = sl_node_get(block, "module");
    unsigned kind = sl_block_kind(block);

    if (kind == SL_STAGE_KINDS || !module || module->kind != SL_NODE_SCALAR)
        return NULL;
    return sl_registry_find(outline->registry, kind, module->text);
}

static void
add_stage_keys(struct gathering *g, const struct sl_outline_item *stage)
{
    const struct sl_field *fields =
        sl_block_fields(g->outline->registry, stage->row, g->outline->arena);
    const struct sl_field *own = fields;

    for (; own->type != SL_TYPE_END && own->type != SL_TYPE_INCLUDE; own++) {
        struct sl_outline_item *item = add(g, field_item(g->outline, own, stage->node));
        item->engine = true;
    }
    add_fields(g, own, stage->node);
}

/* ---- choices and lists -------------------------------------------------------------- */

/* NAME or {NAME: {...}}: the one entry that is chosen. */
static void
add_entry(struct gathering *g, const struct sl_outline_item *choice)
{
    const struct sl_node *node = choice->node;
    bool map = node && node->kind == SL_NODE_MAP && node->first;
    struct sl_outline_item item = {.kind = SL_OUTLINE_ENTRY, .said = choice->said};

    if (!node || (!map && (node->kind != SL_NODE_SCALAR || sl_node_is_null(node))))
        return;
    item.key = map ? node->first->key : node->text;
    item.node = map ? node->first : node;
    item.row = sl_registry_find(g->outline->registry, choice->field->table, item.key);
    if (!item.row)
        item.kind = SL_OUTLINE_OPEN;
    add(g, item);
}

static void
add_elements(struct gathering *g, const struct sl_outline_item *list,
             enum sl_field_type type)
{
    char index[24];

    if (!list->node || list->node->kind == SL_NODE_SCALAR)
        return;
    for (const struct sl_node *child = list->node->first; child; child = child->next) {
        snprintf(index, sizeof index, "%zu", g->n);
        add(g,
            (struct sl_outline_item){
                .kind = type == SL_TYPE_RECORD ? SL_OUTLINE_RECORD : SL_OUTLINE_ELEMENT,
                .key =
                    child->key ? child->key : sl_arena_string(g->outline->arena, index),
                .field = list->field,
                .type = type,
                .node = child,
                .said = list->said});
    }
}

/* Keys of the block, and whatever they hold. */
static void
add_sweep_keys(struct gathering *g, const struct sl_node *map)
{
    const struct sl_sweep_key *key;

    for (size_t i = 0; (key = sl_sweep_key(i)) != NULL; i++) {
        struct sl_field *field = SL_NEW(g->outline->arena, struct sl_field);
        const struct sl_node *node = sl_node_get(map, key->name);
        *field = (struct sl_field){.key = key->name, .help = key->help};
        add(g, (struct sl_outline_item){.kind = SL_OUTLINE_OPEN,
                                        .key = key->name,
                                        .field = field,
                                        .node = node,
                                        .said = node != NULL});
    }
}

static void
add_open(struct gathering *g, const struct sl_outline_item *item)
{
    struct sl_outline_item list = *item;

    if (item->field && strcmp(item->field->key, "sweep") == 0 &&
        item->type == SL_TYPE_RECORD)
        add_sweep_keys(g, item->node);
    else if (item->node && item->node->kind == SL_NODE_MAP)
        add_others(g, item->node);
    else
        add_elements(g, &list, SL_TYPE_END);
    for (size_t i = 0; i < g->n; i++)
        g->items[i].kind = SL_OUTLINE_OPEN;
}

static void
add_below_value(struct gathering *g, const struct sl_outline_item *item)
{
    if (item->type == SL_TYPE_CHOICE)
        add_entry(g, item);
    else if (item->type == SL_TYPE_RECORD_MAP)
        add_elements(g, item, SL_TYPE_RECORD);
    else if (item->kind == SL_OUTLINE_FIELD && item->type != SL_TYPE_MATRIX)
        add_elements(g, item, sl_field_element(item->field));
}

/* ---- the outline -------------------------------------------------------------------- */

size_t
sl_outline_below(const struct sl_outline *outline, const struct sl_outline_item *item,
                 struct sl_outline_item **items)
{
    struct gathering g = {.outline = outline};

    switch (item->kind) {
    case SL_OUTLINE_STAGE:
        if (item->row)
            add_stage_keys(&g, item);
        add_others(&g, item->node);
        break;
    case SL_OUTLINE_ENTRY:
        add_fields(&g, item->row->as[0]->fields, item->node);
        add_others(&g, item->node);
        break;
    case SL_OUTLINE_RECORD:
        if (!item->field->fields) {
            add_open(&g, item);
            break;
        }
        add_fields(&g, item->field->fields, item->node);
        add_others(&g, item->node);
        break;
    case SL_OUTLINE_FIELD:
    case SL_OUTLINE_ELEMENT:
        add_below_value(&g, item);
        break;
    case SL_OUTLINE_OPEN:
        add_open(&g, item);
        break;
    }
    *items = g.items;
    return g.n;
}

static void
add_stages(struct gathering *g, const struct sl_node *tree, unsigned kind)
{
    for (const struct sl_node *child = tree->first; child; child = child->next)
        if (!has(g, child->key) && sl_block_kind(child) == kind)
            add(g, (struct sl_outline_item){.kind = SL_OUTLINE_STAGE,
                                            .key = child->key,
                                            .row = module_of(g->outline, child),
                                            .node = child,
                                            .said = true});
}

size_t
sl_outline_top(const struct sl_outline *outline, struct sl_outline_item **items)
{
    struct gathering g = {.outline = outline};

    add_fields(&g, sl_experiment_fields, outline->tree);
    for (unsigned kind = 0; kind < SL_STAGE_KINDS; kind++)
        add_stages(&g, outline->tree, kind);
    add_fields(&g, sl_file_fields, outline->tree);
    add_others(&g, outline->tree);
    *items = g.items;
    return g.n;
}

/* The item whose key begins the path: the longest, since keys may have dots in them. */
static const struct sl_outline_item *
first_of(const struct sl_outline_item *items, size_t n, const char *path)
{
    const struct sl_outline_item *found = NULL;

    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(items[i].key);
        if (strncmp(items[i].key, path, length) == 0 &&
            (path[length] == '.' || path[length] == '\0') &&
            (!found || length > strlen(found->key)))
            found = &items[i];
    }
    return found;
}

struct sl_outline_search
sl_outline_find(const struct sl_outline *outline, const char *path)
{
    struct sl_outline_search search = {.rest = path};
    const struct sl_outline_item *next;

    search.n = sl_outline_top(outline, &search.items);
    while ((next = first_of(search.items, search.n, search.rest)) != NULL) {
        search.item = *next;
        search.rest += strlen(next->key);
        search.found = *search.rest == '\0';
        if (search.found)
            return search;
        search.rest++;
        search.n = sl_outline_below(outline, &search.item, &search.items);
    }
    return search;
}
