/* SPDX-License-Identifier: MIT */
#include "runner/store/sealed.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum sl_status
sl_sealed_write(const char *path, const void *bytes, size_t count, struct sl_error *err)
{
    struct sl_digest seal = sl_digest_of(bytes, count);
    struct sl_arena scratch;
    enum sl_status status;
    char *sealed;

    sl_arena_init(&scratch);
    sealed = sl_arena_array(&scratch, count + sizeof seal.bytes, 1);
    if (sealed == NULL) {
        status = sl_fail(err, SL_ERR_MEMORY, "no memory for the %zu bytes of '%s'", count,
                         path);
    } else {
        memcpy(sealed, bytes, count);
        memcpy(sealed + count, seal.bytes, sizeof seal.bytes);
        status = sl_publish_unsynced(path, sealed, count + sizeof seal.bytes, err);
    }
    sl_arena_release(&scratch);
    return status;
}

static bool
seal_holds(const char *bytes, size_t size, size_t *count)
{
    struct sl_digest seal, is;

    if (size < sizeof seal.bytes)
        return false;
    *count = size - sizeof seal.bytes;
    memcpy(seal.bytes, bytes + *count, sizeof seal.bytes);
    is = sl_digest_of(bytes, *count);
    return sl_digest_equal(&seal, &is);
}

enum sl_status
sl_sealed_read(const struct sl_cache *cache, const char *path, struct sl_arena *arena,
               char **bytes, size_t *count, bool *found, struct sl_error *err)
{
    struct sl_error failed;
    size_t size;

    *found = false;
    if (sl_file_read(path, SIZE_MAX, arena, bytes, &size, &failed) != SL_OK) {
        if (access(path, F_OK) != 0 && errno == ENOENT)
            return SL_OK;
        *err = failed;
        return failed.status;
    }
    *found = seal_holds(*bytes, size, count);
    if (!*found)
        sl_sealed_discard(cache, path, "its bytes are not those that were written");
    return SL_OK;
}

void
sl_sealed_discard(const struct sl_cache *cache, const char *path, const char *why)
{
    struct sl_arena scratch;

    unlink(path);
    if (cache->damaged == NULL)
        return;
    sl_arena_init(&scratch);
    cache->damaged(
        cache->context,
        sl_arena_format(&scratch, "cache entry '%s' is damaged and counts as missing: %s",
                        path, why));
    sl_arena_release(&scratch);
}
