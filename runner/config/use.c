/* SPDX-License-Identifier: MIT */
#include "runner/config/use.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"

#define CONFIGS "configs/"
#define SUFFIX ".yaml"

/* "a/b/" of "a/b/c", "" of "c". */
static const char *
folder_of(struct sl_arena *arena, const char *file)
{
    const char *slash = file ? strrchr(file, '/') : NULL;

    return slash ? sl_arena_copy(arena, file, (size_t)(slash + 1 - file)) : "";
}

static const char *
if_exists(const char *path, struct sl_text *looked)
{
    if (access(path, F_OK) == 0)
        return path;
    if (looked)
        sl_text_format(looked, "%s%s", looked->count ? ", " : "", path);
    return NULL;
}

const char *
sl_use_path(const struct sl_compose *compose, const char *user, const char *path,
            struct sl_text *looked)
{
    struct sl_arena *arena = compose->arena;
    const char *folder = folder_of(arena, user), *found;
    const char *inside =
        strncmp(path, CONFIGS, strlen(CONFIGS)) == 0 ? path + strlen(CONFIGS) : path;

    if (path[0] == '/')
        return if_exists(path, looked);
    if (*folder &&
        (found = if_exists(sl_arena_format(arena, "%s%s", folder, path), looked)) != NULL)
        return found;
    if ((found = if_exists(path, looked)) != NULL)
        return found;
    /* The search path names configs folders: what is in them may be called either way. */
    for (const char *const *s = compose->search; s && *s; s++)
        if ((found = if_exists(sl_arena_format(arena, "%s/%s", *s, inside), looked)) !=
            NULL)
            return found;
    return NULL;
}

/* ---- roots -------------------------------------------------------------------------- */

/* Whether a resolved path lies in a folder. */
static bool
lies_in(const char *path, const char *folder)
{
    char *real = realpath(*folder ? folder : ".", NULL);
    size_t n = real ? strlen(real) : 0;
    bool inside =
        n > 0 && strncmp(path, real, n) == 0 && (path[n] == '/' || real[n - 1] == '/');

    free(real);
    return inside;
}

/* The folder of the first file, or the nearest one above it that has configs. */
static const char *
project_of(struct sl_arena *arena, const char *first)
{
    const char *folder = folder_of(arena, first), *project = NULL;
    char *real = realpath(*folder ? folder : ".", NULL);

    while (!project && real && *real) {
        if (access(sl_arena_format(arena, "%s/" CONFIGS, real), X_OK) == 0)
            project = sl_arena_string(arena, real);
        *strrchr(real, '/') = '\0';
    }
    free(real);
    return project ? project : folder;
}

static bool
leads_up(const char *path)
{
    size_t n;

    for (; *path; path += n + (path[n] == '/')) {
        n = strcspn(path, "/");
        if (n == 2 && strncmp(path, "..", 2) == 0)
            return true;
    }
    return false;
}

bool
sl_use_is_inside(const struct sl_compose *compose, const char *first, const char *entry,
                 const char *found)
{
    char *real = entry[0] == '/' || leads_up(entry) ? realpath(found, NULL) : NULL;
    bool inside =
        !real || lies_in(real, "") || lies_in(real, project_of(compose->arena, first));

    for (const char *const *s = compose->search; !inside && s && *s; s++)
        inside = lies_in(real, *s);
    free(real);
    return inside;
}

/* ---- groups ------------------------------------------------------------------------- */

/* Folder i of a group, NULL behind the last. */
static const char *
group_folder(const struct sl_compose *compose, const char *user, const char *group,
             size_t i)
{
    const char *beside = folder_of(compose->arena, user);
    size_t n = 0;

    if (i < 2)
        return sl_arena_format(compose->arena, "%s" CONFIGS "%s", i == 0 ? beside : "",
                               group);
    while (compose->search && compose->search[n])
        n++;
    if (i - 2 >= n)
        return NULL;
    return sl_arena_format(compose->arena, "%s/%s", compose->search[i - 2], group);
}

static int
is_config(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return n > strlen(SUFFIX) && strcmp(entry->d_name + n - strlen(SUFFIX), SUFFIX) == 0;
}

struct names {
    const char **at;
    size_t n;
};

/* Adds the names of a folder's YAML files. */
static void
list_folder(struct sl_arena *arena, const char *folder, struct names *names)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_config, alphasort);
    const char **more;

    if (n < 0)
        return;
    more = sl_arena_alloc(arena, (names->n + (size_t)n + 1) * sizeof *more);
    if (names->n > 0)
        memcpy(more, names->at, names->n * sizeof *more);
    names->at = more;
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        more[names->n++] = sl_arena_copy(arena, name, strlen(name) - strlen(SUFFIX));
        free(entries[i]);
    }
    free(entries);
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* More names than that are a count and a command. */
#define NAMES_SAID 20

/* "there are a, b", "there is none", "there are 300: 'sluice list configs' has them". */
static void
say_names(const struct names *names, struct sl_text *instead)
{
    size_t n = 0;

    for (size_t i = 0; i < names->n; i++)
        if (i == 0 || strcmp(names->at[i], names->at[i - 1]) != 0)
            names->at[n++] = names->at[i];
    if (n > NAMES_SAID) {
        sl_text_format(instead, "there are %zu, and 'sluice list configs' has them", n);
        return;
    }
    sl_text_append(instead, n > 1 ? "there are " : n ? "there is " : "there is none");
    for (size_t i = 0; i < n; i++)
        sl_text_format(instead, "%s%s", i ? ", " : "", names->at[i]);
}

/* "did you mean 'vae'?", or what there is. */
static void
say_instead(const struct sl_compose *compose, const char *user, const char *group,
            const char *name, struct sl_text *instead)
{
    struct names names = {0};
    const char *folder, *near;

    for (size_t i = 0; (folder = group_folder(compose, user, group, i)) != NULL; i++)
        list_folder(compose->arena, folder, &names);
    if (names.n > 0)
        qsort(names.at, names.n, sizeof *names.at, compare_names);
    near = sl_nearest(name, names.at, names.n);
    if (near)
        sl_text_format(instead, "did you mean '%s'?", near);
    else
        say_names(&names, instead);
}

const char *
sl_use_group(const struct sl_compose *compose, const char *user, const char *group,
             const char *name, struct sl_text *instead)
{
    const char *folder, *found;

    for (size_t i = 0; (folder = group_folder(compose, user, group, i)) != NULL; i++) {
        found = sl_arena_format(compose->arena, "%s/%s" SUFFIX, folder, name);
        if (if_exists(found, NULL))
            return found;
    }
    say_instead(compose, user, group, name, instead);
    return NULL;
}

/* ---- the search path ---------------------------------------------------------------- */

struct folders {
    struct sl_arena *arena;
    const char **at;
    size_t n;
};

static void
add_folder(struct folders *folders, const char *path)
{
    const char **more;

    if (access(path, X_OK) != 0)
        return;
    more = sl_arena_alloc(folders->arena, (folders->n + 2) * sizeof *more);
    if (folders->n > 0)
        memcpy(more, folders->at, folders->n * sizeof *more);
    more[folders->n++] = path;
    folders->at = more;
}

const char *const *
sl_compose_search(struct sl_arena *arena, const char *program)
{
    struct folders folders = {arena, sl_arena_alloc(arena, sizeof(char *)), 0};
    const char *list = getenv("SLUICE_CONFIG_PATH");

    for (size_t n; list && *list; list += n + (list[n] == ':')) {
        n = strcspn(list, ":");
        if (n > 0)
            add_folder(&folders, sl_arena_copy(arena, list, n));
    }
    add_folder(&folders, sl_path_from_program(arena, program, "../share/sluice/configs"));
    add_folder(&folders, sl_path_from_program(arena, program, "../../configs"));
    return folders.at;
}
