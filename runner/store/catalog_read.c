/* SPDX-License-Identifier: MIT */
/* Descriptions of data sets out of configuration files. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "runner/store/catalog.h"

static void
read_entries(const struct sl_compose *compose, const struct sl_node *datasets,
             struct sl_catalog_entry *entries)
{
    const struct sl_binder binder = {compose->arena, compose->report, compose->registry};

    for (const struct sl_node *node = datasets->first; node; node = node->next) {
        struct sl_data_set *set = SL_NEW(compose->arena, struct sl_data_set);

        sl_fields_bind(&binder, sl_data_set_fields, node, node->mark, NULL, set);
        sl_data_set_check(node->key, set, node, compose->report);
        *entries++ = (struct sl_catalog_entry){node->key, set};
    }
}

enum sl_status
sl_catalog_read(const struct sl_compose *compose, const char *path,
                struct sl_catalog_entry **entries, size_t *n, struct sl_error *err)
{
    struct sl_node *tree;
    const struct sl_node *datasets;

    SL_TRY(sl_compose(compose, path, NULL, 0, &tree, err));
    SL_TRY(sl_report_status(compose->report, err));
    datasets = sl_node_get(sl_node_get(tree, "load"), "datasets");
    if (!datasets || datasets->kind != SL_NODE_MAP || datasets->count == 0)
        return sl_fail(err, SL_ERR_CONFIG,
                       "'%s' describes no data set under load.datasets", path);
    *n = datasets->count;
    *entries = sl_arena_alloc(compose->arena, *n * sizeof **entries);
    read_entries(compose, datasets, *entries);
    return sl_report_status(compose->report, err);
}

/* ---- the descriptions of the search path ------------------------------------------- */

struct listing {
    struct sl_arena *arena;
    size_t n, capacity;
    struct found {
        const char *name, *path;
    } * at;
};

static void
add(struct listing *list, const char *folder, const char *file, size_t stem)
{
    const char *name = sl_arena_copy(list->arena, file, stem);

    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->at[i].name, name) == 0)
            return;
    }
    if (list->n == list->capacity) {
        struct found *more;

        list->capacity = list->capacity ? 2 * list->capacity : 16;
        more = sl_arena_alloc(list->arena, list->capacity * sizeof *more);
        for (size_t i = 0; i < list->n; i++)
            more[i] = list->at[i];
        list->at = more;
    }
    list->at[list->n++] =
        (struct found){name, sl_arena_format(list->arena, "%s/%s", folder, file)};
}

static void
add_folder(struct listing *list, const char *folder)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;

    if (!directory)
        return;
    while ((entry = readdir(directory)) != NULL) {
        size_t length = strlen(entry->d_name);

        if (length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0)
            add(list, folder, entry->d_name, length - 5);
    }
    closedir(directory);
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct found *)a)->name, ((const struct found *)b)->name);
}

void
sl_catalog_list(const char *const *search, struct sl_arena *arena, const char ***names,
                const char ***paths, size_t *n)
{
    struct listing list = {.arena = arena};

    add_folder(&list, "configs/data");
    for (; *search; search++)
        add_folder(&list, sl_arena_format(arena, "%s/data", *search));
    if (list.n > 0)
        qsort(list.at, list.n, sizeof *list.at, by_name);
    *n = list.n;
    *names = sl_arena_alloc(arena, list.n * sizeof **names);
    *paths = sl_arena_alloc(arena, list.n * sizeof **paths);
    for (size_t i = 0; i < list.n; i++) {
        (*names)[i] = list.at[i].name;
        (*paths)[i] = list.at[i].path;
    }
}
