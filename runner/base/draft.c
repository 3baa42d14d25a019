/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runner/base/part.h"
#include "runner/base/publish.h"

static enum sl_status
reserve_and_map(struct sl_draft *draft, size_t count, struct sl_error *err)
{
    void *bytes;

    errno = posix_fallocate(draft->fd, 0, (off_t)count);
    if (errno != 0)
        return sl_fail_errno(err, "can't reserve %zu bytes for '%s'", count, draft->path);
    bytes = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_SHARED, draft->fd, 0);
    if (bytes == MAP_FAILED)
        return sl_fail_errno(err, "can't map '%s'", draft->path);
    draft->bytes = bytes;
    draft->count = count;
    return SL_OK;
}

enum sl_status
sl_draft_open(struct sl_draft *draft, const char *folder, size_t count,
              struct sl_error *err)
{
    struct sl_part part;
    enum sl_status status;

    assert(count > 0);
    *draft = (struct sl_draft){0};
    SL_TRY(sl_part_open(&part, folder, err));
    draft->path = part.path.bytes;
    draft->fd = part.fd;
    status = reserve_and_map(draft, count, err);
    if (status != SL_OK)
        sl_draft_release(draft);
    return status;
}

static bool
draft_rename(struct sl_draft *draft, const char *path)
{
    struct sl_part part = {.fd = draft->fd};

    draft->fd = -1;
    return sl_part_close(&part) && rename(draft->path, path) == 0;
}

enum sl_status
sl_draft_commit(struct sl_draft *draft, const char *path, struct sl_error *err)
{
    enum sl_status status = SL_OK;

    if (!draft_rename(draft, path))
        status = sl_fail_errno(err, "can't write '%s'", path);
    sl_draft_release(draft);
    return status;
}

/* After a commit there is nothing of that name. */
void
sl_draft_release(struct sl_draft *draft)
{
    if (draft->path == NULL)
        return;
    if (draft->bytes != NULL)
        munmap(draft->bytes, draft->count);
    if (draft->fd >= 0)
        close(draft->fd);
    unlink(draft->path);
    free(draft->path);
    *draft = (struct sl_draft){0};
}
