/* SPDX-License-Identifier: MIT */
#include "runner/store/cache.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/parallel/profile.h"
#include "runner/store/h5.h"
#include "runner/store/sealed.h"

static bool
is_before(struct sl_place a, struct sl_place b)
{
    return a.epoch < b.epoch || (a.epoch == b.epoch && a.batch < b.batch);
}

static char *
place_path(struct sl_arena *arena, const char *folder, struct sl_place place)
{
    return sl_arena_format(arena, "%s/%" PRIu64 "-%" PRIu64 ".h5", folder, place.epoch,
                           place.batch);
}

/* Exactly the names that place_path makes. */
static bool
parse_place(const char *name, struct sl_place *place)
{
    char *end, again[64];

    place->epoch = strtoull(name, &end, 10);
    place->batch = *end == '-' ? strtoull(end + 1, NULL, 10) : 0;
    snprintf(again, sizeof again, "%" PRIu64 "-%" PRIu64 ".h5", place->epoch,
             place->batch);
    return strcmp(name, again) == 0;
}

static char *
trajectory_folder(struct sl_arena *arena, const struct sl_cache *cache,
                  const struct sl_digest *trajectory)
{
    char hex[SL_DIGEST_HEX];

    sl_digest_hex(trajectory, hex);
    return sl_arena_format(arena, "%s/checkpoints/%s", cache->folder, hex);
}

/* Calls visit with each checkpoint of a folder. */
static enum sl_status
each_place(const char *folder, void (*visit)(void *context, struct sl_place place),
           void *context, struct sl_error *err)
{
    DIR *stream = opendir(folder);
    const struct dirent *entry;
    struct sl_place place;

    if (stream == NULL && errno == ENOENT)
        return SL_OK;
    if (stream == NULL)
        return sl_fail_errno(err, "can't open '%s'", folder);
    while ((entry = readdir(stream)) != NULL)
        if (parse_place(entry->d_name, &place))
            visit(context, place);
    closedir(stream);
    return SL_OK;
}

/* ---- writing ----------------------------------------------------------------------- */

struct removal {
    const char *folder;
    struct sl_place before;
};

static void
remove_within_epoch(void *context, struct sl_place place)
{
    const struct removal *removal = context;
    struct sl_arena scratch;

    if (place.batch == 0 || !is_before(place, removal->before))
        return;
    sl_arena_init(&scratch);
    unlink(place_path(&scratch, removal->folder, place));
    sl_arena_release(&scratch);
}

static enum sl_status
encode(const struct sl_bundle *content, struct sl_arena *arena, char **bytes,
       size_t *count, struct sl_error *err)
{
    struct sl_h5 *file;
    enum sl_status status;

    SL_TRY(sl_h5_new_in(&file, arena, sl_bundle_bytes(content), err));
    status = sl_h5_bundle(file, "/content", content, err);
    if (status == SL_OK)
        status = sl_h5_image(file, arena, bytes, count, err);
    sl_h5_free(file);
    return status;
}

/* The new one is on disk before those that it replaces are removed. */
enum sl_status
sl_checkpoint_write(const struct sl_cache *cache, const struct sl_digest *trajectory,
                    struct sl_place place, const struct sl_bundle *content,
                    struct sl_error *err)
{
    struct removal removal = {.before = place};
    struct sl_profile_span span;
    struct sl_arena scratch;
    enum sl_status status;
    char *bytes;
    size_t count = 0;

    sl_profile_begin(cache->profile, &span, SL_OPERATION_WRITE, "checkpoint");
    sl_arena_init_in(&scratch, cache->folder);
    removal.folder = trajectory_folder(&scratch, cache, trajectory);
    status = encode(content, &scratch, &bytes, &count, err);
    if (status == SL_OK)
        status = sl_sealed_write(
            place_path(&scratch, removal.folder, place), bytes, count,
            sl_arena_format(&scratch, "after %" PRIu64 " epochs, %" PRIu64 " batches",
                            place.epoch, place.batch),
            err);
    if (status == SL_OK)
        status = each_place(removal.folder, remove_within_epoch, &removal, err);
    sl_arena_release(&scratch);
    sl_profile_end(&span, (struct sl_amount){.bytes = (double)count});
    return status;
}

/* ---- reading ----------------------------------------------------------------------- */

struct search {
    struct sl_place last, best;
    bool found;
};

static void
take_furthest(void *context, struct sl_place place)
{
    struct search *search = context;

    if (is_before(search->last, place) ||
        (search->found && is_before(place, search->best)))
        return;
    search->best = place;
    search->found = true;
}

struct sl_place
sl_checkpoint_reach(const struct sl_cache *cache, const struct sl_digest *trajectory,
                    struct sl_place last)
{
    struct search search = {.last = last};
    struct sl_arena scratch;
    struct sl_error ignored;

    sl_arena_init(&scratch);
    (void)each_place(trajectory_folder(&scratch, cache, trajectory), take_furthest,
                     &search, &ignored);
    sl_arena_release(&scratch);
    return search.best;
}

static enum sl_status
decode(const char *bytes, size_t count, struct sl_bundle *content, struct sl_error *err)
{
    struct sl_h5 *file;
    enum sl_status status;

    SL_TRY(sl_h5_open(&file, bytes, count, err));
    status = sl_h5_read_bundle(file, "/content", content, err);
    sl_h5_free(file);
    return status;
}

static enum sl_status
read_place(const struct sl_cache *cache, const char *folder, struct sl_place place,
           struct sl_bundle *content, bool *found, struct sl_error *err)
{
    struct sl_arena scratch;
    struct sl_error failed;
    const char *path;
    enum sl_status status;
    char *bytes;
    size_t count;

    sl_arena_init(&scratch);
    path = place_path(&scratch, folder, place);
    status = sl_sealed_read(cache, path, &scratch, &bytes, &count, found, err);
    if (status == SL_OK && *found && decode(bytes, count, content, &failed) != SL_OK) {
        sl_bundle_init(content, content->arena);
        *found = false;
        if (failed.status == SL_ERR_MEMORY) {
            *err = failed;
            status = failed.status;
        } else {
            sl_sealed_discard(cache, path, failed.text);
        }
    }
    sl_arena_take_maps(content->arena, &scratch);
    sl_arena_release(&scratch);
    return status;
}

/* The place before this one in order, whether or not there is such a batch. */
static bool
step_back(struct sl_place *place)
{
    if (place->epoch == 0 && place->batch == 0)
        return false;
    if (place->batch > 0)
        place->batch--;
    else
        *place = (struct sl_place){place->epoch - 1, UINT64_MAX};
    return true;
}

/* A damaged one may be in a folder from which it can't be removed, so that each search
 * begins before the one that failed. */
static enum sl_status
read_furthest(const struct sl_cache *cache, const char *folder, struct search *search,
              struct sl_bundle *content, bool *found, struct sl_error *err)
{
    do {
        search->found = false;
        SL_TRY(each_place(folder, take_furthest, search, err));
        if (!search->found)
            return SL_OK;
        SL_TRY(read_place(cache, folder, search->best, content, found, err));
        search->last = search->best;
    } while (!*found && step_back(&search->last));
    return SL_OK;
}

enum sl_status
sl_checkpoint_read(const struct sl_cache *cache, const struct sl_digest *trajectory,
                   struct sl_place last, struct sl_place *place,
                   struct sl_bundle *content, bool *found, struct sl_error *err)
{
    struct search search = {.last = last};
    struct sl_profile_span span;
    struct sl_arena scratch;
    enum sl_status status;

    *found = false;
    sl_profile_begin(cache->profile, &span, SL_OPERATION_READ, "checkpoint");
    sl_arena_init(&scratch);
    status = read_furthest(cache, trajectory_folder(&scratch, cache, trajectory), &search,
                           content, found, err);
    if (status == SL_OK && *found)
        *place = search.best;
    sl_arena_release(&scratch);
    sl_profile_end(&span, (struct sl_amount){0});
    return status;
}
