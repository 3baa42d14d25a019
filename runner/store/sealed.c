/* SPDX-License-Identifier: MIT */
#include "runner/store/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Behind the bytes: the label, its length in a byte, the mark, the seal. */
static const char mark[] = {'s', 'l', 'a', '1'};
#define LABEL_MOST ((size_t)255)
#define TAIL (1 + sizeof mark)
#define SEAL (sizeof(struct sl_digest))

enum sl_status
sl_sealed_write(const char *path, const void *bytes, size_t count, const char *label,
                struct sl_error *err)
{
    size_t length = label ? strnlen(label, LABEL_MOST) : 0;
    char end[LABEL_MOST + TAIL + SEAL];
    struct sl_file_end sealed = {end, length + TAIL + SEAL};
    struct sl_digest seal;
    struct sl_hash hash;

    memcpy(end, label ? label : "", length);
    end[length] = (char)length;
    memcpy(end + length + 1, mark, sizeof mark);
    sl_hash_init(&hash);
    sl_hash_bytes(&hash, bytes, count);
    sl_hash_bytes(&hash, end, length + TAIL);
    seal = sl_hash_end(&hash);
    sl_hash_release(&hash);
    memcpy(end + length + TAIL, seal.bytes, SEAL);
    return sl_publish_unsynced(path, bytes, count, &sealed, err);
}

/* Where the label ends: its length is there. 0 where `size` bytes have none. */
static size_t
label_end(const char *bytes, size_t size)
{
    if (size < TAIL || memcmp(bytes + size - sizeof mark, mark, sizeof mark) != 0)
        return 0;
    return size - TAIL;
}

static bool
seal_holds(const char *bytes, size_t size, size_t *count)
{
    struct sl_digest seal, is;
    size_t end;

    if (size < sizeof seal.bytes)
        return false;
    *count = size - sizeof seal.bytes;
    memcpy(seal.bytes, bytes + *count, sizeof seal.bytes);
    is = sl_digest_of(bytes, *count);
    if (!sl_digest_equal(&seal, &is))
        return false;
    end = label_end(bytes, *count);
    if (end >= (unsigned char)bytes[end])
        *count = end ? end - (unsigned char)bytes[end] : *count;
    return true;
}

const char *
sl_sealed_label(const char *path, struct sl_arena *arena)
{
    char tail[LABEL_MOST + TAIL + SEAL], *label;
    FILE *file = fopen(path, "re");
    size_t n = 0, end, length;

    if (file && fseek(file, -(long)sizeof tail, SEEK_END) != 0)
        rewind(file);
    if (file) {
        n = fread(tail, 1, sizeof tail, file);
        fclose(file);
    }
    end = n > SEAL ? label_end(tail, n - SEAL) : 0;
    length = end ? (unsigned char)tail[end] : 0;
    if (length > end)
        return "";
    label = sl_arena_copy(arena, tail + end - length, length);
    for (char *c = label; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    return label;
}

void
sl_cache_touch(const struct sl_cache *cache, const char *path)
{
    if (!cache->looks)
        (void)utimensat(AT_FDCWD, path, NULL, 0);
}

enum sl_status
sl_sealed_read(const struct sl_cache *cache, const char *path, struct sl_arena *arena,
               char **bytes, size_t *count, bool *found, struct sl_error *err)
{
    struct sl_error failed;
    size_t size;

    *found = false;
    if (sl_file_map(path, SIZE_MAX, arena, bytes, &size, &failed) != SL_OK) {
        if (access(path, F_OK) != 0 && errno == ENOENT)
            return SL_OK;
        *err = failed;
        return failed.status;
    }
    *found = seal_holds(*bytes, size, count);
    if (*found)
        sl_cache_touch(cache, path);
    else
        sl_sealed_discard(cache, path, "its bytes are not those that were written");
    return SL_OK;
}

void
sl_sealed_discard(const struct sl_cache *cache, const char *path, const char *why)
{
    struct sl_arena scratch;

    if (!cache->looks)
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
