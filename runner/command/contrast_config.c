/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "runner/command/contrast.h"
#include "runner/config/yaml.h"
#include "runner/sweep/value.h"

/* The leaves of a configuration: paths and what stands there, on one line. */
struct leaves {
    struct sl_arena *arena;
    size_t n, capacity;
    const char **paths, **texts;
};

static const char **
grow(struct leaves *l, const char **old, size_t capacity)
{
    const char **new = sl_arena_alloc(l->arena, capacity * sizeof *new);

    if (l->n)
        memcpy(new, old, l->n * sizeof *new);
    return new;
}

static void
add_leaf(struct leaves *l, const char *path, const char *text)
{
    if (l->n == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 64;
        l->paths = grow(l, l->paths, capacity);
        l->texts = grow(l, l->texts, capacity);
        l->capacity = capacity;
    }
    l->paths[l->n] = path;
    l->texts[l->n++] = text;
}

/* A list of scalars is one value: [256, 128, 8]. */
static bool
is_leaf(const struct sl_node *node)
{
    if (node->kind == SL_NODE_SCALAR || node->count == 0)
        return true;
    if (node->kind == SL_NODE_MAP)
        return false;
    for (const struct sl_node *c = node->first; c; c = c->next)
        if (c->kind != SL_NODE_SCALAR)
            return false;
    return true;
}

/* Entries of a list count from 0, as they do on the command line. */
static void
flatten(struct leaves *l, const char *path, const struct sl_node *node)
{
    size_t i = 0;

    if (is_leaf(node)) {
        add_leaf(l, path, sl_value_text(node, l->arena));
        return;
    }
    for (const struct sl_node *c = node->first; c; c = c->next, i++) {
        const char *key = c->key ? c->key : sl_arena_format(l->arena, "%zu", i);
        flatten(l, *path ? sl_arena_format(l->arena, "%s.%s", path, key) : key, c);
    }
}

static struct leaves
leaves_of(const char *config, struct sl_arena *arena)
{
    struct leaves leaves = {.arena = arena};
    struct sl_report report;
    struct sl_node *tree = NULL;

    sl_report_init(&report, arena);
    sl_yaml_parse("config", config, strlen(config), arena, &report, &tree);
    if (tree)
        flatten(&leaves, "", tree);
    return leaves;
}

/* The leaf of that path, or NULL. Two configurations of one experiment have most paths in
 * the same places, so the place is the first guess. */
static const char *
find(const struct leaves *l, const char *path, size_t place)
{
    if (place < l->n && strcmp(l->paths[place], path) == 0)
        return l->texts[place];
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->paths[i], path) == 0)
            return l->texts[i];
    return NULL;
}

struct differences {
    size_t n;
    const char **keys, **a, **b;
};

static void
add(struct differences *d, const char *key, const char *a, const char *b)
{
    d->keys[d->n] = key;
    d->a[d->n] = a;
    d->b[d->n++] = b;
}

static bool
is_own_seed(const struct leaves *l, const char *text)
{
    const char *seed = find(l, "seed", 0);

    return text && seed && strcmp(text, seed) == 0;
}

/* A seed is that of a repeat, and so is split_seed where it was not set apart. */
static bool
is_of_repeat(const struct leaves *a, const struct leaves *b, const char *path,
             size_t place)
{
    if (strcmp(path, "seed") == 0)
        return true;
    return strcmp(path, "split_seed") == 0 && is_own_seed(a, find(a, path, place)) &&
           is_own_seed(b, find(b, path, place));
}

static void
collect(const struct leaves *a, const struct leaves *b, bool seeds, struct differences *d)
{
    for (size_t i = 0; i < a->n; i++) {
        const char *text = find(b, a->paths[i], i);
        if (!seeds && is_of_repeat(a, b, a->paths[i], i))
            continue;
        if (!text || strcmp(text, a->texts[i]) != 0)
            add(d, a->paths[i], a->texts[i], text);
    }
    for (size_t i = 0; i < b->n; i++)
        if (!find(a, b->paths[i], i))
            add(d, b->paths[i], NULL, b->texts[i]);
}

void
sl_contrast_config(const struct sl_contrast_side *a, const struct sl_contrast_side *b,
                   struct sl_arena *arena, struct sl_table *table)
{
    bool whole = a->config[0] && b->config[0];
    struct leaves of_a = leaves_of(whole ? a->config : a->swept, arena);
    struct leaves of_b = leaves_of(whole ? b->config : b->swept, arena);
    size_t most = of_a.n + of_b.n;
    struct differences d = {
        .keys = sl_arena_alloc(arena, most * sizeof *d.keys),
        .a = sl_arena_alloc(arena, most * sizeof *d.a),
        .b = sl_arena_alloc(arena, most * sizeof *d.b),
    };
    struct sl_column *columns = sl_arena_alloc(arena, 3 * sizeof *columns);

    if (of_a.n && of_b.n)
        collect(&of_a, &of_b, a->n <= 1 && b->n <= 1, &d);
    columns[0] = sl_column_text("key", d.keys);
    columns[1] = sl_column_text("a", d.a);
    columns[2] = sl_column_text("b", d.b);
    *table = (struct sl_table){d.n, 3, columns};
}
