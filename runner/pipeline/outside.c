/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/outside.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/base/file.h"
#include "runner/base/float_state.h"
#include "runner/config/use.h"

#define SUFFIX ".so"
#define VERSION_MAX 60

/* ---- where they are ------------------------------------------------------------------ */

static const char *const *
search_path(struct sl_arena *arena, const char *program)
{
    const char *list = getenv("SLUICE_MODULE_PATH");
    const char **search;
    char *copy = sl_arena_string(arena, list ? list : ""), *rest = NULL;
    size_t n = 0;

    search = sl_arena_alloc(arena, (strlen(copy) + 3) * sizeof *search);
    for (char *at = strtok_r(copy, ":", &rest); at; at = strtok_r(NULL, ":", &rest))
        search[n++] = at;
    search[n++] = sl_path_from_program(arena, program, "../lib/sluice/modules");
    search[n] = NULL;
    return search;
}

void
sl_outside_init(struct sl_outside *outside, const struct sl_registry *builtin,
                const char *program, struct sl_arena *arena)
{
    *outside = (struct sl_outside){.arena = arena, .registry = *builtin};
    outside->search = search_path(arena, program);
}

static bool
is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* A name may be that of the folder that the module was written in, too. */
const char *
sl_outside_find(const struct sl_outside *outside, const char *user, const char *path,
                struct sl_text *looked)
{
    struct sl_compose compose = {.arena = outside->arena, .search = outside->search};
    size_t n = strlen(path);
    const char *found = sl_use_path(&compose, user, path, looked);

    if (n > strlen(SUFFIX) && strcmp(path + n - strlen(SUFFIX), SUFFIX) == 0)
        return found;
    if (found && !is_folder(found))
        return found;
    return sl_use_path(&compose, user, sl_arena_format(outside->arena, "%s" SUFFIX, path),
                       looked);
}

/* ---- what an object exports ---------------------------------------------------------- */

/* An object on its way in. */
struct opening {
    struct sl_outside *outside;
    struct sl_origin *origin;
};

static enum sl_status
check_exports(const struct sl_exports *exports, struct sl_error *err)
{
    if (exports->interface != SL_INTERFACE)
        return sl_fail(
            err, SL_ERR_CONFIG,
            "it was built for interface %u of modules, and this sluice has %u; "
            "build it against this one",
            (unsigned)exports->interface, (unsigned)SL_INTERFACE);
    if (exports->layout != SL_LAYOUT)
        return sl_fail(err, SL_ERR_CONFIG,
                       "it was built with headers of another sluice; build it against "
                       "this one");
    if (!exports->version || strlen(exports->version) > VERSION_MAX)
        return sl_fail(err, SL_ERR_CONFIG, "it states no version");
    if (exports->n == 0 || !exports->rows)
        return sl_fail(err, SL_ERR_CONFIG, "it exports an empty table");
    return SL_OK;
}

static enum sl_status
open_object(const char *path, const struct sl_exports **exports, struct sl_error *err)
{
    char slashed[4096];
    void *handle;

    /* Without a slash the loader would look in the system's folders. */
    if (strlen(path) + 3 > sizeof slashed)
        return sl_fail(err, SL_ERR_IO, "its path is too long");
    strcpy(slashed, strchr(path, '/') ? "" : "./");
    strcat(slashed, path);
    handle = dlopen(slashed, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return sl_fail(err, SL_ERR_IO, "%s", dlerror());
    *exports = dlsym(handle, SL_EXPORTS_NAME);
    if (!*exports)
        return sl_fail(err, SL_ERR_CONFIG,
                       "it exports no table '" SL_EXPORTS_NAME
                       "'; a module ends in SL_EXPORT");
    return check_exports(*exports, err);
}

/* Room for rows from outside, with the built-in ones before it. Rows that somebody looked
 * up before stay where they are. */
static enum sl_status
make_room(struct sl_outside *outside, size_t n, struct sl_error *err)
{
    if (!outside->rows) {
        const struct sl_registry *builtin = &outside->registry;
        outside->capacity = builtin->n + SL_OUTSIDE_ROWS;
        outside->rows =
            sl_arena_alloc(outside->arena, outside->capacity * sizeof *outside->rows);
        memcpy(outside->rows, builtin->rows, builtin->n * sizeof *outside->rows);
        outside->registry.rows = outside->rows;
        outside->objects =
            sl_arena_alloc(outside->arena, SL_OUTSIDE_OBJECTS * sizeof *outside->objects);
    }
    if (n > outside->capacity - outside->registry.n)
        return sl_fail(err, SL_ERR_CONFIG, "it brings %zu rows, more than there is room",
                       n);
    return SL_OK;
}

/* Opens the object and adds its rows; on an error none are added. */
static enum sl_status
open_rows(void *context, struct sl_error *err)
{
    const struct opening *opening = context;
    struct sl_outside *outside = opening->outside;
    const struct sl_exports *exports;
    size_t before = outside->registry.n;

    SL_TRY(open_object(opening->origin->file, &exports, err));
    SL_TRY(make_room(outside, exports->n, err));
    for (size_t i = 0; i < exports->n; i++) {
        outside->rows[before + i] = exports->rows[i];
        outside->rows[before + i].origin = opening->origin;
    }
    outside->registry.n += exports->n;
    opening->origin->version = exports->version;
    if (sl_outside_check(&outside->registry, before, outside->arena, err) == SL_OK)
        return SL_OK;
    outside->registry.n = before;
    return err->status;
}

/* ---- opening ------------------------------------------------------------------------- */

static bool
is_open(const struct sl_outside *outside, const struct stat *info)
{
    for (size_t i = 0; i < outside->n; i++)
        if (outside->objects[i].device == info->st_dev &&
            outside->objects[i].inode == info->st_ino)
            return true;
    return false;
}

/* In this process; what that does to the floating-point state is undone. */
static enum sl_status
open_here(struct opening *opening, const char **note, struct sl_error *err)
{
    uint64_t before = sl_float_state(), after;
    enum sl_status status = open_rows(opening, err);

    after = sl_float_state();
    sl_float_state_set(before);
    if (after != before)
        *note =
            sl_arena_format(opening->outside->arena,
                            "loading '%s' turned on %s, which would change the bits "
                            "of everything; undone (was it linked with -ffast-math?)",
                            opening->origin->file, sl_float_state_change(before, after));
    return status;
}

static const char *
name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static enum sl_status
open_file(struct sl_outside *outside, const char *path, const char **note,
          struct sl_error *err)
{
    struct sl_origin scratch = {.file = path};
    struct opening opening = {outside, &scratch};
    const char *what = sl_arena_format(outside->arena, "opening it");
    struct stat before, after;

    if (stat(path, &before) != 0)
        return sl_fail_errno(err, "it can't be read");
    if (is_open(outside, &before))
        return SL_OK;
    SL_TRY(make_room(outside, 0, err));
    if (outside->n == SL_OUTSIDE_OBJECTS)
        return sl_fail(err, SL_ERR_CONFIG, "more than %d objects", SL_OUTSIDE_OBJECTS);
    struct sl_outside_object *object = &outside->objects[outside->n];
    *object = (struct sl_outside_object){.device = before.st_dev, .inode = before.st_ino};
    object->origin.file = sl_arena_string(outside->arena, path);
    object->origin.name = name_of(object->origin.file);
    SL_TRY(sl_digest_file(path, &object->origin.digest, err));
    SL_TRY(sl_probe(open_rows, &opening, what, err));
    opening.origin = &object->origin;
    SL_TRY(open_here(&opening, note, err));
    outside->n++;
    if (stat(path, &after) != 0 || after.st_ino != before.st_ino ||
        after.st_size != before.st_size ||
        after.st_mtim.tv_sec != before.st_mtim.tv_sec ||
        after.st_mtim.tv_nsec != before.st_mtim.tv_nsec)
        return sl_fail(err, SL_ERR_IO, "it changed while it was loaded; try again");
    return SL_OK;
}

enum sl_status
sl_outside_open(struct sl_outside *outside, const char *path, const char **note,
                struct sl_error *err)
{
    *note = NULL;
    if (open_file(outside, path, note, err))
        return sl_error_context(err, "module '%s'", path);
    return SL_OK;
}
