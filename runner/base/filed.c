/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_TMPFILE */
#include "runner/base/filed.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "runner/base/part.h"

/* What one file may take of a disk that has room: an eighth. */
#define SHARE 8

/* A file system that knows no files without names has one that loses its name at once. -1
 * where there is none. */
static int
open_any(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    struct sl_error ignored;
    struct sl_part part;

    if (fd >= 0 || sl_part_open(&part, folder, &ignored) != SL_OK)
        return fd;
    fd = part.fd;
    part.fd = -1;
    sl_part_release(&part);
    return fd;
}

/* Files in memory can be put nowhere else, and nobody counts them: who asks for one is to have
 * memory that is known as such. */
static bool
is_memory(int fd)
{
    struct statfs system;

    return fstatfs(fd, &system) == 0 &&
           (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

static int
open_unnamed(const char *folder)
{
    int fd = open_any(folder);

    if (fd < 0 || !is_memory(fd))
        return fd;
    close(fd);
    return -1;
}

/* Results are to go to the same disk, and to other files as long as this one. */
static bool
has_room(int fd, size_t count)
{
    struct statvfs disk;

    return fstatvfs(fd, &disk) == 0 &&
           count <= (uint64_t)disk.f_bavail * disk.f_frsize / SHARE;
}

void *
sl_filed_new(const char *folder, size_t count)
{
    int fd = open_unnamed(folder);
    void *bytes = MAP_FAILED;

    if (fd < 0)
        return NULL;
    if (has_room(fd, count) && posix_fallocate(fd, 0, (off_t)count) == 0)
        bytes = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return bytes == MAP_FAILED ? NULL : bytes;
}

/* ---- spools ----------------------------------------------------------------------------- */

void
sl_spool_init(struct sl_spool *spool, const char *folder)
{
    *spool = (struct sl_spool){.folder = folder, .fd = -1};
}

static enum sl_status
reserve(struct sl_spool *spool, size_t count, struct sl_error *err)
{
    size_t capacity = spool->capacity ? spool->capacity : 4096;
    char *bytes;

    while (capacity < spool->n + count)
        capacity *= 2;
    if (capacity == spool->capacity)
        return SL_OK;
    bytes = realloc(spool->bytes, capacity);
    if (bytes == NULL)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu bytes", capacity);
    spool->bytes = bytes;
    spool->capacity = capacity;
    return SL_OK;
}

static bool
read_back(int fd, char *bytes, size_t count)
{
    size_t at = 0;

    while (at < count) {
        ssize_t n = pread(fd, bytes + at, count - at, (off_t)at);

        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        at += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* From the file that takes no more of them. */
static enum sl_status
take_back(struct sl_spool *spool, struct sl_error *err)
{
    size_t filed = spool->count - spool->n;

    SL_TRY(reserve(spool, filed, err));
    memmove(spool->bytes + filed, spool->bytes, spool->n);
    if (!read_back(spool->fd, spool->bytes, filed))
        return sl_fail(err, SL_ERR_IO,
                       "what was written to the folder '%s' can't be read",
                       spool->folder);
    close(spool->fd);
    spool->fd = -1;
    spool->folder = NULL;
    spool->n = spool->count;
    return SL_OK;
}

/* Where there is no file to be had, or a full disk, all is memory. */
static enum sl_status
flush(struct sl_spool *spool, struct sl_error *err)
{
    if (spool->fd < 0 && spool->folder != NULL)
        spool->fd = open_unnamed(spool->folder);
    if (spool->fd < 0) {
        spool->folder = NULL;
        return SL_OK;
    }
    if (!sl_part_put(spool->fd, spool->bytes, spool->n))
        return take_back(spool, err);
    spool->n = 0;
    return SL_OK;
}

enum sl_status
sl_spool_write(struct sl_spool *spool, const void *bytes, size_t count,
               struct sl_error *err)
{
    if (spool->folder != NULL && spool->n > 0 && spool->n + count > SL_ARENA_FILED)
        SL_TRY(flush(spool, err));
    SL_TRY(reserve(spool, count, err));
    if (count > 0)
        memcpy(spool->bytes + spool->n, bytes, count);
    spool->n += count;
    spool->count += count;
    return SL_OK;
}

static enum sl_status
map(struct sl_spool *spool, struct sl_arena *arena, void **bytes, struct sl_error *err)
{
    *bytes = mmap(NULL, spool->count, PROT_READ | PROT_WRITE, MAP_SHARED, spool->fd, 0);
    if (*bytes == MAP_FAILED)
        return sl_fail_errno(err, "can't map %zu bytes", spool->count);
    sl_arena_own_map(arena, *bytes, spool->count);
    return SL_OK;
}

enum sl_status
sl_spool_end(struct sl_spool *spool, struct sl_arena *arena, void **bytes,
             struct sl_error *err)
{
    if (spool->fd >= 0)
        SL_TRY(flush(spool, err));
    if (spool->fd >= 0)
        return map(spool, arena, bytes, err);
    *bytes = sl_arena_array(arena, spool->count, 1);
    if (*bytes == NULL)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu bytes", spool->count);
    if (spool->count > 0)
        memcpy(*bytes, spool->bytes, spool->count);
    return SL_OK;
}

void
sl_spool_release(struct sl_spool *spool)
{
    if (spool->fd >= 0)
        close(spool->fd);
    free(spool->bytes);
    sl_spool_init(spool, NULL);
}
