/* SPDX-License-Identifier: MIT */
#include "modules/learn/csv_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/parallel/memory.h"
#include "runner/store/content.h"

#define FIRST_ROOM ((size_t)1 << 22)

static enum sl_status
grow(struct sl_csv_text *text, size_t *room, size_t most, struct sl_error *err)
{
    size_t wanted = *room ? 2 * *room : FIRST_ROOM;
    char *more;

    if (wanted > most)
        return sl_fail(err, SL_ERR_IO,
                       "'%s' comes to more than %zu bytes; gunzip it first, a plain file "
                       "is read piece by piece",
                       text->path, *room);
    more = realloc(text->bytes, wanted);
    if (!more)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to inflate '%s'", text->path);
    text->bytes = more;
    *room = wanted;
    return SL_OK;
}

static enum sl_status
inflate_all(struct sl_csv_text *text, struct sl_content *content, struct sl_error *err)
{
    size_t room = 0, most = sl_memory_budget() / 2, got = 1;

    while (got > 0) {
        if (text->size == room)
            SL_TRY(grow(text, &room, most, err));
        SL_TRY(sl_content_read(content, text->bytes + text->size,
                               room - (size_t)text->size, &got, err));
        text->size += got;
    }
    return SL_OK;
}

static enum sl_status
open_gzip(struct sl_csv_text *text, struct sl_error *err)
{
    struct sl_content *content;
    enum sl_status status;

    SL_TRY(sl_content_open(&content, text->path, err));
    sl_content_leave_hash(content);
    status = inflate_all(text, content, err);
    sl_content_close(content);
    return status;
}

enum sl_status
sl_csv_text_open(struct sl_csv_text *text, const char *path, struct sl_error *err)
{
    char magic[2] = {0};
    size_t got;

    *text = (struct sl_csv_text){.path = path, .fd = -1};
    SL_TRY(sl_file_open(path, &text->fd, err));
    if (fstat(text->fd, &text->info))
        return sl_fail_errno(err, "cannot read '%s'", path);
    text->size = (uint64_t)text->info.st_size;
    SL_TRY(sl_csv_text_read(text, 0, 2, magic, &got, err));
    if (memcmp(magic, "\x1f\x8b", 2) != 0)
        return SL_OK;
    close(text->fd);
    text->fd = -1;
    text->size = 0;
    return open_gzip(text, err);
}

void
sl_csv_text_close(struct sl_csv_text *text)
{
    if (text->path && text->fd >= 0)
        close(text->fd);
    free(text->bytes);
    *text = (struct sl_csv_text){.fd = -1};
}

enum sl_status
sl_csv_text_read(const struct sl_csv_text *text, uint64_t at, size_t count, char *bytes,
                 size_t *got, struct sl_error *err)
{
    uint64_t left = at < text->size ? text->size - at : 0;
    ssize_t n;

    count = count < left ? count : (size_t)left;
    *got = 0;
    if (text->fd < 0 && count > 0) {
        memcpy(bytes, text->bytes + at, count);
        *got = count;
    }
    while (text->fd >= 0 && *got < count) {
        n = pread(text->fd, bytes + *got, count - *got, (off_t)(at + *got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sl_fail_errno(err, "cannot read '%s'", text->path);
        if (n == 0)
            return sl_fail(err, SL_ERR_IO, "'%s' became shorter while it was read",
                           text->path);
        *got += (size_t)n;
    }
    return SL_OK;
}

enum sl_status
sl_csv_text_check(const struct sl_csv_text *text, struct sl_error *err)
{
    struct stat now;

    if (text->fd < 0)
        return SL_OK;
    if (stat(text->path, &now))
        return sl_fail_errno(err, "cannot read '%s'", text->path);
    if (now.st_size != text->info.st_size || now.st_ino != text->info.st_ino ||
        now.st_mtim.tv_sec != text->info.st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != text->info.st_mtim.tv_nsec)
        return sl_fail(err, SL_ERR_IO, "'%s' was changed while it was read", text->path);
    return SL_OK;
}
