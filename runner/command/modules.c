/* SPDX-License-Identifier: MIT */
/* Modules from outside, as commands get them: --module, `modules:`, and the search path. */
#include "runner/command/modules.h"

#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/pipeline/outside.h"
#include "runner/plot/figure.h"

static const struct sl_mark nowhere = {NULL, 0, 0};

/* ---- figures that come with an object ------------------------------------------------ */

static const char *
folder_of(struct sl_arena *arena, const struct sl_origin *origin)
{
    size_t length = (size_t)(origin->name - origin->file);

    return length > 1 ? sl_arena_copy(arena, origin->file, length - 1) : ".";
}

const char *const *
sl_call_figure_search(const struct sl_call *call)
{
    const struct sl_outside *outside = call->outside;
    size_t objects = outside ? outside->n : 0, n = 0;
    const char **folders = sl_arena_alloc(call->arena, (objects + 1) * sizeof *folders);

    for (size_t i = 0; i < objects; i++) {
        const char *folder = folder_of(call->arena, &outside->objects[i].origin);
        size_t k = 0;

        while (k < n && strcmp(folders[k], folder) != 0)
            k++;
        if (k == n)
            folders[n++] = folder;
    }
    return sl_figure_search(call->arena, call->program, folders);
}

static int
is_script(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return n > 3 && strcmp(entry->d_name + n - 3, ".gp") == 0;
}

static bool
is_same_file(const char *a, const char *b)
{
    struct stat one, two;

    return stat(a, &one) == 0 && stat(b, &two) == 0 && one.st_dev == two.st_dev &&
           one.st_ino == two.st_ino;
}

/* A figure beside the newest object that another folder has as well. */
static enum sl_status
check_figure(const struct sl_call *call, const char *folder, const char *script,
             struct sl_error *err)
{
    const char *mine = sl_arena_format(call->arena, "%s/%s", folder, script);

    for (const char *const *at = sl_call_figure_search(call); *at; at++) {
        const char *other = sl_arena_format(call->arena, "%s/%s", *at, script);
        if (access(other, F_OK) == 0 && !is_same_file(mine, other))
            return sl_fail(err, SL_ERR_CONFIG,
                           "the figure '%.*s' is there twice, in '%s' and in '%s'",
                           (int)strlen(script) - 3, script, mine, other);
    }
    return SL_OK;
}

static enum sl_status
check_figures(const struct sl_call *call, const struct sl_origin *origin,
              struct sl_error *err)
{
    const char *folder = folder_of(call->arena, origin);
    struct dirent **entries;
    int n = scandir(folder, &entries, is_script, alphasort);
    enum sl_status status = SL_OK;

    for (int i = 0; i < n; i++) {
        if (status == SL_OK)
            status = check_figure(call, folder, entries[i]->d_name, err);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    if (status)
        sl_error_context(err, "module '%s'", origin->file);
    return status;
}

/* ---- opening ------------------------------------------------------------------------- */

/* Loads the object at path; what was put right is told at mark. */
static enum sl_status
open_at(const struct sl_call *call, const char *path, struct sl_mark mark,
        struct sl_error *err)
{
    size_t before = call->outside->n;
    const char *note;

    SL_TRY(sl_outside_open(call->outside, path, &note, err));
    if (note)
        sl_report_add(call->report, SL_WARNING, mark, "%s", note);
    if (call->outside->n == before)
        return SL_OK;
    return check_figures(call, &call->outside->objects[before].origin, err);
}

static enum sl_status
open_word(const struct sl_call *call, const char *word, struct sl_error *err)
{
    struct sl_text looked = {0};
    const char *path = sl_outside_find(call->outside, NULL, word, &looked);
    enum sl_status status;

    if (path)
        status = open_at(call, path, nowhere, err);
    else
        status =
            sl_fail(err, SL_ERR_IO, "no module '%s'; looked for %s", word, looked.bytes);
    sl_text_release(&looked);
    return status;
}

enum sl_status
sl_call_modules(struct sl_call *call, struct sl_error *err)
{
    const struct sl_option *options = call->command->options;
    char *rest = NULL, *list = NULL;

    for (size_t i = 0; options[i].name; i++)
        if (strcmp(options[i].name, "module") == 0 && call->values[i])
            list = sl_arena_string(call->arena, call->values[i]);
    for (char *word = list ? strtok_r(list, "\n", &rest) : NULL; word;
         word = strtok_r(NULL, "\n", &rest))
        SL_TRY(open_word(call, word, err));
    return SL_OK;
}

/* For struct sl_module_opener. */
static const char *
open_entry(void *context, struct sl_report *report, const char *file,
           const struct sl_node *entry)
{
    const struct sl_call *call = context;
    struct sl_text looked = {0};
    const char *path = sl_outside_find(call->outside, file, entry->text, &looked);
    struct sl_error err;

    if (!path)
        sl_report_add(report, SL_ERROR, entry->mark, "no module '%s'; looked for %s",
                      entry->text, looked.bytes);
    sl_text_release(&looked);
    if (path && open_at(call, path, entry->mark, &err)) {
        sl_report_add(report, SL_ERROR, entry->mark, "%s", err.text);
        return NULL;
    }
    return path;
}

const struct sl_module_opener *
sl_call_module_opener(const struct sl_call *call)
{
    struct sl_module_opener *opener;

    if (!call->outside)
        return NULL;
    opener = SL_NEW(call->arena, struct sl_module_opener);
    *opener = (struct sl_module_opener){(void *)(uintptr_t)call, open_entry};
    return opener;
}

/* ---- all there are ------------------------------------------------------------------- */

static int
is_object(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return n > 3 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 3, ".so") == 0;
}

static void
open_folder(struct sl_call *call, const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_object, alphasort);
    struct sl_error err;

    for (int i = 0; i < n; i++) {
        const char *path =
            sl_arena_format(call->arena, "%s/%s", folder, entries[i]->d_name);
        if (open_at(call, path, nowhere, &err))
            sl_report_add(call->report, SL_WARNING, nowhere, "%s", err.text);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

void
sl_call_modules_all(struct sl_call *call)
{
    for (const char *const *folder = call->outside->search; *folder; folder++)
        open_folder(call, *folder);
}
