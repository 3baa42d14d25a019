/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runner/base/part.h"
#include "runner/base/publish.h"

enum sl_status
sl_growing_open(struct sl_growing *growing, const char *path, struct sl_error *err)
{
    struct sl_text folder = sl_folder_of(path);
    struct sl_part part;
    enum sl_status status = sl_folder_make(folder.bytes, err);

    *growing = (struct sl_growing){0};
    if (status == SL_OK)
        status = sl_part_open(&part, folder.bytes, err);
    if (status == SL_OK)
        *growing = (struct sl_growing){part.fd, part.path.bytes};
    sl_text_release(&folder);
    return status;
}

enum sl_status
sl_growing_write(struct sl_growing *growing, const void *bytes, size_t count,
                 struct sl_error *err)
{
    if (!sl_part_put(growing->fd, bytes, count))
        return sl_fail_errno(err, "can't write '%s'", growing->path);
    return SL_OK;
}

enum sl_status
sl_growing_rewrite(struct sl_growing *growing, const void *bytes, size_t count,
                   struct sl_error *err)
{
    if (lseek(growing->fd, 0, SEEK_SET) < 0 || !sl_part_put(growing->fd, bytes, count))
        return sl_fail_errno(err, "can't write '%s'", growing->path);
    return SL_OK;
}

static bool
give_name(struct sl_growing *growing, const char *path)
{
    struct sl_part part = {.fd = growing->fd};
    bool good = sl_part_sync(&part);
    int first = errno;

    growing->fd = -1;
    if (sl_part_close(&part) && good)
        return rename(growing->path, path) == 0;
    if (!good)
        errno = first;
    return false;
}

enum sl_status
sl_growing_commit(struct sl_growing *growing, const char *path, struct sl_error *err)
{
    struct sl_text folder = sl_folder_of(path);
    enum sl_status status = SL_OK;

    if (!give_name(growing, path))
        status = sl_fail_errno(err, "can't write '%s'", path);
    sl_growing_release(growing);
    if (status == SL_OK)
        status = sl_folder_sync(folder.bytes, err);
    sl_text_release(&folder);
    return status;
}

/* After a commit there is nothing of that name. */
void
sl_growing_release(struct sl_growing *growing)
{
    if (growing->path == NULL)
        return;
    if (growing->fd >= 0)
        close(growing->fd);
    unlink(growing->path);
    free(growing->path);
    *growing = (struct sl_growing){0};
}
