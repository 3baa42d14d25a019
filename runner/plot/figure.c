/* SPDX-License-Identifier: MIT */
#include "runner/plot/figure.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/plot/header.h"

#ifndef SL_PLOTS_FROM_PROGRAM
#define SL_PLOTS_FROM_PROGRAM "../../plots"
#endif

#define STYLE "style"
#define SCRIPT_LIMIT ((size_t)1 << 20)

static bool
holds_style(struct sl_arena *arena, const char *folder)
{
    return access(sl_arena_format(arena, "%s/" STYLE ".gp", folder), R_OK) == 0;
}

const char *const *
sl_figure_search(struct sl_arena *arena, const char *program, const char *const *modules)
{
    const char **search;
    const char *wanted = getenv("SLUICE_PLOT_PATH");
    const char *built_in[] = {
        sl_path_from_program(arena, program, "../share/sluice/plots"),
        sl_path_from_program(arena, program, SL_PLOTS_FROM_PROGRAM),
    };
    size_t n = 0, more = 0;
    char *rest = NULL, *list = sl_arena_string(arena, wanted ? wanted : "");

    while (modules && modules[more])
        more++;
    search = sl_arena_alloc(arena, (strlen(list) + more + 3) * sizeof *search);

    for (char *folder = strtok_r(list, ":", &rest); folder;
         folder = strtok_r(NULL, ":", &rest))
        search[n++] = folder;
    for (size_t i = 0; i < more; i++)
        search[n++] = modules[i];
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
        if (holds_style(arena, built_in[i]))
            search[n++] = built_in[i];
    search[n] = NULL;
    return search;
}

/* ---- names -------------------------------------------------------------------------- */

struct names {
    struct sl_arena *arena;
    const char **at;
    size_t n, capacity;
};

static bool
names_have(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->at[i], name) == 0)
            return true;
    return false;
}

static void
names_add(struct names *names, const char *name)
{
    if (names_have(names, name))
        return;
    if (names->n == names->capacity) {
        size_t capacity = names->capacity ? 2 * names->capacity : 16;
        const char **at = sl_arena_alloc(names->arena, capacity * sizeof *at);

        if (names->n)
            memcpy(at, names->at, names->n * sizeof *at);
        names->at = at;
        names->capacity = capacity;
    }
    names->at[names->n++] = name;
}

static void
list_folder(struct names *names, const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    if (!dir)
        return;
    while ((entry = readdir(dir))) {
        size_t length = strlen(entry->d_name);

        if (length <= 3 || strcmp(entry->d_name + length - 3, ".gp") != 0 ||
            strcmp(entry->d_name, STYLE ".gp") == 0 || entry->d_name[0] == '.')
            continue;
        names_add(names, sl_arena_copy(names->arena, entry->d_name, length - 3));
    }
    closedir(dir);
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct sl_string_list
sl_figure_names(const char *const *search, struct sl_arena *arena)
{
    struct names names = {.arena = arena};

    for (; *search; search++)
        list_folder(&names, *search);
    if (names.n)
        qsort(names.at, names.n, sizeof *names.at, by_name);
    return (struct sl_string_list){.n = names.n, .at = names.at};
}

/* ---- reading ------------------------------------------------------------------------ */

static enum sl_status
unknown(const char *const *search, const char *name, struct sl_arena *arena,
        struct sl_error *err)
{
    struct sl_string_list names = sl_figure_names(search, arena);
    const char *near = sl_nearest(name, names.at, names.n);

    if (names.n == 0)
        return sl_fail(err, SL_ERR_CONFIG,
                       "unknown figure '%s': no folder of figures was found; name one in "
                       "$SLUICE_PLOT_PATH",
                       name);
    if (near)
        return sl_fail(err, SL_ERR_CONFIG, "unknown figure '%s'; did you mean '%s'?",
                       name, near);
    return sl_fail(err, SL_ERR_CONFIG,
                   "unknown figure '%s'; 'sluice plot --list' names those there are",
                   name);
}

static bool
is_name(const char *name)
{
    return *name && strcmp(name, STYLE) != 0 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789-_") == strlen(name);
}

static enum sl_status
read_text(struct sl_arena *arena, const char *path, const char **text,
          struct sl_error *err)
{
    char *bytes;
    size_t count;

    SL_TRY(sl_file_read(path, SCRIPT_LIMIT, arena, &bytes, &count, err));
    *text = bytes;
    return SL_OK;
}

/* A folder without a style of its own uses the one of a folder behind it. */
static enum sl_status
read_style(const char *const *search, struct sl_arena *arena, struct sl_figure *figure,
           struct sl_error *err)
{
    figure->style = "";
    for (; *search; search++)
        if (holds_style(arena, *search))
            return read_text(arena, sl_arena_format(arena, "%s/" STYLE ".gp", *search),
                             &figure->style, err);
    return SL_OK;
}

enum sl_status
sl_figure_read(const char *const *search, const char *name, struct sl_arena *arena,
               struct sl_figure *figure, struct sl_error *err)
{
    const char *path = NULL;
    const char *const *at = search;

    for (; is_name(name) && *at; at++) {
        path = sl_arena_format(arena, "%s/%s.gp", *at, name);
        if (access(path, F_OK) == 0)
            break;
        path = NULL;
    }
    if (!path)
        return unknown(search, name, arena, err);
    *figure = (struct sl_figure){.name = sl_arena_string(arena, name)};
    SL_TRY(read_text(arena, path, &figure->script, err));
    SL_TRY(read_style(at, arena, figure, err));
    return sl_figure_parse(path, arena, figure, err);
}
