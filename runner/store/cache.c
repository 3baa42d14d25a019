/* SPDX-License-Identifier: MIT */
#include "runner/store/cache.h"

#include <string.h>
#include <unistd.h>

#include "runner/parallel/profile.h"
#include "runner/store/cache_rows.h"
#include "runner/store/sealed.h"

char *
sl_cache_path(struct sl_arena *arena, const struct sl_cache *cache, const char *folder,
              const struct sl_digest *key, const char *suffix)
{
    char hex[SL_DIGEST_HEX];

    sl_digest_hex(key, hex);
    return sl_arena_format(arena, "%s/%s/%s%s", cache->folder, folder, hex, suffix);
}

bool
sl_cache_has(const struct sl_cache *cache, const struct sl_digest *key)
{
    struct sl_arena scratch;
    bool has;

    sl_arena_init(&scratch);
    has = access(sl_cache_path(&scratch, cache, "steps", key, ".h5"), R_OK) == 0;
    sl_arena_release(&scratch);
    return has;
}

/* What is whole and can't be read, say because another version of sluice wrote it, counts
 * as damaged. */
static enum sl_status
decode(const struct sl_cache *cache, const char *path, const char *bytes, size_t count,
       struct sl_outcome *outcome, bool *found, struct sl_error *err)
{
    struct sl_error failed;

    if (sl_outcome_read(bytes, count, outcome, &failed) == SL_OK)
        return SL_OK;
    if (failed.status == SL_ERR_MEMORY) {
        *err = failed;
        return failed.status;
    }
    *found = false;
    sl_sealed_discard(cache, path, failed.text);
    return SL_OK;
}

void
sl_cache_forget(const struct sl_cache *cache, const struct sl_digest *key)
{
    struct sl_arena scratch;

    sl_arena_init(&scratch);
    (void)unlink(sl_cache_path(&scratch, cache, "steps", key, ".h5"));
    sl_arena_release(&scratch);
}

enum sl_status
sl_cache_read(const struct sl_cache *cache, const struct sl_digest *key,
              struct sl_outcome *outcome, bool *found, struct sl_error *err)
{
    struct sl_profile_span span;
    struct sl_arena scratch;
    const char *path;
    enum sl_status status;
    char *bytes;
    size_t count = 0;

    sl_profile_begin(cache->profile, &span, SL_OPERATION_READ, "cache");
    sl_arena_init(&scratch);
    path = sl_cache_path(&scratch, cache, "steps", key, ".h5");
    status = sl_sealed_read(cache, path, &scratch, &bytes, &count, found, err);
    if (status == SL_OK && *found)
        status = decode(cache, path, bytes, count, outcome, found, err);
    if (status == SL_OK && *found)
        status = sl_cache_rows_join(cache, path, outcome, found, err);
    if (status != SL_OK || !*found)
        sl_outcome_init(outcome, outcome->arena);
    sl_arena_take_maps(outcome->arena, &scratch);
    sl_arena_release(&scratch);
    sl_profile_end(&span, (struct sl_amount){.bytes = *found ? (double)count : 0});
    return status;
}

/* "train autoencoder", "reconstruction of split test": the second line of what went into
 * the key, behind its colon. */
static const char *
label_of(const struct sl_outcome *outcome, struct sl_arena *arena)
{
    const char *line = outcome->origin ? strchr(outcome->origin, '\n') : NULL;
    const char *text = line ? strstr(line, ": ") : NULL;

    return text ? sl_arena_copy(arena, text + 2, strcspn(text + 2, "\n")) : NULL;
}

enum sl_status
sl_cache_write(const struct sl_cache *cache, const struct sl_digest *key,
               const struct sl_outcome *outcome, struct sl_error *err)
{
    struct sl_profile_span span;
    struct sl_arena scratch;
    enum sl_status status;
    char *bytes;
    size_t count = 0;

    sl_profile_begin(cache->profile, &span, SL_OPERATION_WRITE, "cache");
    sl_arena_init_in(&scratch, cache->folder);
    status = sl_outcome_write(outcome, &scratch, &bytes, &count, err);
    if (status == SL_OK)
        status = sl_sealed_write(sl_cache_path(&scratch, cache, "steps", key, ".h5"),
                                 bytes, count, label_of(outcome, &scratch), err);
    sl_arena_release(&scratch);
    sl_profile_end(&span, (struct sl_amount){.bytes = (double)count});
    return status;
}
