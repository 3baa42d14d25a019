/* SPDX-License-Identifier: MIT */
#include "runner/command/list_configs.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/config/compose.h"

#define SUFFIX ".yaml"

struct configs {
    struct sl_arena *arena;
    size_t n, capacity;
    const char **groups, **names, **summaries, **paths;
};

static const char **
grown(struct configs *c, const char **column)
{
    const char **more = sl_arena_alloc(c->arena, c->capacity * sizeof *more);

    if (c->n > 0)
        memcpy(more, column, c->n * sizeof *more);
    return more;
}

static void
make_room(struct configs *c)
{
    if (c->n < c->capacity)
        return;
    c->capacity = c->capacity ? 2 * c->capacity : 16;
    c->groups = grown(c, c->groups);
    c->names = grown(c, c->names);
    c->summaries = grown(c, c->summaries);
    c->paths = grown(c, c->paths);
}

/* The first line that is a comment, without its '#'. */
static const char *
summary_of(const char *path, struct sl_arena *arena)
{
    FILE *file = fopen(path, "r");
    const char *summary = "";
    char line[500];

    if (!file)
        return summary;
    while (!*summary && fgets(line, sizeof line, file)) {
        size_t skip = strspn(line, "# \t");

        line[strcspn(line, "\r\n")] = '\0';
        if (*line == '#')
            summary = sl_arena_string(arena, line + skip);
        else if (*line)
            break;
    }
    fclose(file);
    return summary;
}

/* The file of that name that comes first on the search path is the one that is used. */
static bool
is_listed(const struct configs *c, const char *group, const char *name)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->groups[i], group) == 0 && strcmp(c->names[i], name) == 0)
            return true;
    return false;
}

static void
add_file(struct configs *c, const char *group, const char *folder, const char *file)
{
    size_t n = strlen(file), stem = n - strlen(SUFFIX);
    const char *name = sl_arena_copy(c->arena, file, n > strlen(SUFFIX) ? stem : 0);

    if (n <= strlen(SUFFIX) || strcmp(file + stem, SUFFIX) != 0 ||
        is_listed(c, group, name))
        return;
    make_room(c);
    c->groups[c->n] = group;
    c->names[c->n] = name;
    c->paths[c->n] = sl_arena_format(c->arena, "%s/%s", folder, file);
    c->summaries[c->n] = summary_of(c->paths[c->n], c->arena);
    c->n++;
}

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The names in a folder, in their order; none where there is no such folder. */
static size_t
names_in(const char *folder, struct sl_arena *arena, const char *const **names)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_visible, alphasort);
    const char **at;

    if (n < 0)
        return 0;
    at = sl_arena_alloc(arena, (size_t)n * sizeof *at);
    for (int i = 0; i < n; i++) {
        at[i] = sl_arena_string(arena, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    *names = at;
    return (size_t)n;
}

static void
add_configs(struct configs *c, const char *folder)
{
    const char *const *groups, *const *files;
    size_t n = names_in(folder, c->arena, &groups), count;

    for (size_t i = 0; i < n; i++) {
        const char *group = sl_arena_format(c->arena, "%s/%s", folder, groups[i]);

        count = names_in(group, c->arena, &files);
        for (size_t j = 0; j < count; j++)
            add_file(c, groups[i], group, files[j]);
    }
}

void
sl_configs_list(struct sl_call *call, struct sl_table *table)
{
    const char *const *search = sl_compose_search(call->arena, call->program);
    struct sl_column *columns = sl_arena_alloc(call->arena, 4 * sizeof *columns);
    struct configs c = {.arena = call->arena};

    add_configs(&c, "configs");
    for (; *search; search++)
        add_configs(&c, *search);
    columns[0] = sl_column_text("group", c.groups);
    columns[1] = sl_column_text("name", c.names);
    columns[2] = sl_column_text("summary", c.summaries);
    columns[3] = sl_column_text("path", c.paths);
    *table = (struct sl_table){c.n, 4, columns};
}
