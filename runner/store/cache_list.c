/* SPDX-License-Identifier: MIT */
#include "runner/store/cache_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runner/base/publish.h"
#include "runner/store/sealed.h"

struct listing {
    struct sl_arena *arena;
    struct sl_cache_file *files;
    size_t n, capacity;
};

static struct sl_cache_file *
add_file(struct listing *l)
{
    if (l->n == l->capacity) {
        l->capacity = l->capacity ? 2 * l->capacity : 64;
        struct sl_cache_file *more = sl_arena_alloc(l->arena, l->capacity * sizeof *more);
        if (l->n)
            memcpy(more, l->files, l->n * sizeof *more);
        l->files = more;
    }
    return &l->files[l->n++];
}

/* A file or, with the key of its folder, one of a trajectory's checkpoints. */
static void
take(struct listing *l, const char *kind, const char *key, const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return;
    *add_file(l) = (struct sl_cache_file){
        .path = path,
        .kind = kind,
        .key = sl_arena_copy(l->arena, key, strcspn(key, ".")),
        .label = strcmp(kind, "data") == 0 ? "" : sl_sealed_label(path, l->arena),
        .bytes = (int64_t)info.st_blocks * 512,
        .used = info.st_mtim.tv_sec,
    };
}

static enum sl_status
list_folder(struct listing *l, const char *kind, const char *key, const char *folder,
            struct sl_error *err)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;

    if (!directory)
        return errno == ENOENT ? SL_OK : sl_fail_errno(err, "can't read '%s'", folder);
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == '.')
            continue;
        take(l, kind, key ? key : entry->d_name,
             sl_arena_format(l->arena, "%s/%s", folder, entry->d_name));
    }
    closedir(directory);
    return SL_OK;
}

static enum sl_status
list_checkpoints(struct listing *l, const char *folder, struct sl_error *err)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    enum sl_status status = SL_OK;

    if (!directory)
        return errno == ENOENT ? SL_OK : sl_fail_errno(err, "can't read '%s'", folder);
    while (status == SL_OK && (entry = readdir(directory)))
        if (entry->d_name[0] != '.')
            status = list_folder(
                l, "checkpoint", sl_arena_string(l->arena, entry->d_name),
                sl_arena_format(l->arena, "%s/%s", folder, entry->d_name), err);
    closedir(directory);
    return status;
}

/* What writers left that are gone. */
static void
sweep(const char *folder)
{
    struct sl_error ignored;

    (void)sl_publish_sweep(folder, &ignored);
}

static void
sweep_all(const char *folder, struct sl_arena *arena)
{
    const char *checkpoints = sl_arena_format(arena, "%s/checkpoints", folder);
    DIR *directory = opendir(checkpoints);
    const struct dirent *entry;

    sweep(sl_arena_format(arena, "%s/steps", folder));
    sweep(sl_arena_format(arena, "%s/data", folder));
    while (directory && (entry = readdir(directory)))
        if (entry->d_name[0] != '.')
            sweep(sl_arena_format(arena, "%s/%s", checkpoints, entry->d_name));
    if (directory)
        closedir(directory);
}

static int
by_use(const void *a, const void *b)
{
    const struct sl_cache_file *x = a, *y = b;

    return x->used != y->used ? (x->used > y->used) - (x->used < y->used)
                              : strcmp(x->path, y->path);
}

enum sl_status
sl_cache_list(const struct sl_cache *cache, struct sl_arena *arena,
              struct sl_cache_file **files, size_t *n, struct sl_error *err)
{
    struct listing l = {.arena = arena};
    const char *folder = cache->folder;

    SL_TRY(
        list_folder(&l, "step", NULL, sl_arena_format(arena, "%s/steps", folder), err));
    SL_TRY(list_folder(&l, "data", NULL, sl_arena_format(arena, "%s/data", folder), err));
    SL_TRY(list_checkpoints(&l, sl_arena_format(arena, "%s/checkpoints", folder), err));
    if (l.n)
        qsort(l.files, l.n, sizeof *l.files, by_use);
    *files = l.files;
    *n = l.n;
    return SL_OK;
}

static bool
is_to_go(const struct sl_cache_file *file, const struct sl_cache_prune *what,
         int64_t total, int64_t now)
{
    return (what->older >= 0 && now - file->used > what->older) ||
           (what->larger >= 0 && file->bytes > what->larger) ||
           (what->limit >= 0 && total > what->limit);
}

enum sl_status
sl_cache_prune(const struct sl_cache *cache, const struct sl_cache_prune *what,
               struct sl_cache_pruned *pruned, struct sl_error *err)
{
    struct sl_cache_file *files;
    struct sl_arena arena;
    size_t n = 0;
    enum sl_status status;
    int64_t now = time(NULL);

    *pruned = (struct sl_cache_pruned){0};
    sl_arena_init(&arena);
    sweep_all(cache->folder, &arena);
    status = sl_cache_list(cache, &arena, &files, &n, err);
    for (size_t i = 0; i < n; i++)
        pruned->bytes_left += files[i].bytes;
    for (size_t i = 0; status == SL_OK && i < n; i++) {
        if (!is_to_go(&files[i], what, pruned->bytes_left, now)) {
            pruned->left++;
            continue;
        }
        if (unlink(files[i].path) != 0 && errno != ENOENT)
            status = sl_fail_errno(err, "can't remove '%s'", files[i].path);
        pruned->files++;
        pruned->bytes += files[i].bytes;
        pruned->bytes_left -= files[i].bytes;
    }
    sl_arena_release(&arena);
    return status;
}
