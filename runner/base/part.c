/* SPDX-License-Identifier: MIT */
#include "runner/base/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/sync.h"

size_t
sl_folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

struct sl_text
sl_folder_of(const char *path)
{
    struct sl_text folder = {0};

    sl_text_append_bytes(&folder, path, sl_folder_length(path));
    if (folder.count == 0)
        sl_text_append(&folder, "./");
    return folder;
}

/* 64 bits of the kernel's randomness. */
enum sl_status
sl_part_path(const char *folder, struct sl_text *path, struct sl_error *err)
{
    uint64_t random;

    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return sl_fail_errno(err, "can't get a random number");
    sl_text_format(path, "%s/" SL_PART_PREFIX "%016llx" SL_PART_SUFFIX, folder,
                   (unsigned long long)random);
    return SL_OK;
}

enum sl_status
sl_part_open(struct sl_part *part, const char *folder, struct sl_error *err)
{
    struct stat info;

    *part = (struct sl_part){.fd = -1};
    SL_TRY(sl_folder_make_unsynced(folder, &part->made, err));
    SL_TRY(sl_part_path(folder, &part->path, err));
    part->fd = open(part->path.bytes, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (part->fd < 0 || fstat(part->fd, &info) < 0) {
        sl_fail_errno(err, "can't write to the folder '%s'", folder);
        sl_part_release(part);
        return err->status;
    }
    part->device = info.st_dev;
    /* Where locks are not to be had, the sweep has the file's age to go by. */
    (void)flock(part->fd, LOCK_EX | LOCK_NB);
    return SL_OK;
}

bool
sl_part_put(int fd, const void *bytes, size_t count)
{
    const char *at = bytes;

    while (count > 0) {
        ssize_t n = write(fd, at, count);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        at += n;
        count -= (size_t)n;
    }
    return true;
}

enum sl_status
sl_part_write(struct sl_part *part, const char *path, const void *bytes, size_t count,
              struct sl_error *err)
{
    struct sl_text folder = sl_folder_of(path);
    enum sl_status status = sl_part_open(part, folder.bytes, err);

    sl_text_release(&folder);
    if (status == SL_OK && !sl_part_put(part->fd, bytes, count)) {
        status = sl_fail_errno(err, "can't write '%s'", path);
        sl_part_release(part);
    }
    return status;
}

bool
sl_part_sync(const struct sl_part *part)
{
    int error = sl_sync_one(part->fd);

    if (error)
        errno = error;
    return !error;
}

/* An interrupted close has closed. */
bool
sl_part_close(struct sl_part *part)
{
    int fd = part->fd;

    part->fd = -1;
    return fd < 0 || close(fd) == 0 || errno == EINTR;
}

enum sl_status
sl_part_name(struct sl_part *part, const char *path, struct sl_error *err)
{
    enum sl_status status = SL_OK;

    if (!sl_part_close(part) || rename(part->path.bytes, path) < 0)
        status = sl_fail_errno(err, "can't write '%s'", path);
    else
        sl_text_release(&part->path);
    sl_part_release(part);
    return status;
}

void
sl_part_release(struct sl_part *part)
{
    if (part->path.bytes == NULL)
        return;
    if (part->fd >= 0)
        close(part->fd);
    unlink(part->path.bytes);
    sl_text_release(&part->path);
    part->fd = -1;
}
