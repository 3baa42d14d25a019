/* SPDX-License-Identifier: MIT */
#include "runner/base/publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "runner/base/part.h"

enum sl_status
sl_publish(const char *path, const void *bytes, size_t count, struct sl_error *err)
{
    struct sl_publication file = {path, bytes, count};

    return sl_publish_group(&file, 1, err);
}

enum sl_status
sl_publish_unsynced(const char *path, const void *bytes, size_t count,
                    const struct sl_file_end *end, struct sl_error *err)
{
    struct sl_part part;

    SL_TRY(sl_part_write(&part, path, bytes, count, err));
    if (sl_part_put(part.fd, end->bytes, end->count))
        return sl_part_name(&part, path, err);
    sl_fail_errno(err, "can't write '%s'", path);
    sl_part_release(&part);
    return err->status;
}

/* Appends in one write, so that lines of several processes do not mix. */
static bool
append_line(int fd, const char *line)
{
    struct iovec parts[2] = {{(char *)(uintptr_t)line, strlen(line)}, {"\n", 1}};
    ssize_t n;

    do
        n = writev(fd, parts, 2);
    while (n < 0 && errno == EINTR);
    if (n >= 0 && (size_t)n < strlen(line) + 1) {
        errno = ENOSPC;
        return false;
    }
    return n >= 0;
}

enum sl_status
sl_publish_line(const char *path, const char *line, struct sl_error *err)
{
    struct sl_text folder = sl_folder_of(path);
    enum sl_status status = sl_folder_make(folder.bytes, err);
    int fd;

    sl_text_release(&folder);
    SL_TRY(status);
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0 || !append_line(fd, line))
        status = sl_fail_errno(err, "can't write '%s'", path);
    if (fd >= 0 && close(fd) < 0 && errno != EINTR && status == SL_OK)
        status = sl_fail_errno(err, "can't write '%s'", path);
    return status;
}

enum sl_status
sl_publish_link(const char *path, const char *target, struct sl_error *err)
{
    struct sl_text folder = sl_folder_of(path), part = {0};
    enum sl_status status = sl_folder_make(folder.bytes, err);

    if (status == SL_OK)
        status = sl_part_path(folder.bytes, &part, err);
    if (status != SL_OK)
        goto out;
    if (symlink(target, part.bytes) < 0 || rename(part.bytes, path) < 0) {
        status = sl_fail_errno(err, "can't make the link '%s'", path);
        unlink(part.bytes);
        goto out;
    }
    status = sl_folder_sync(folder.bytes, err);
out:
    sl_text_release(&part);
    sl_text_release(&folder);
    return status;
}

static bool
is_part_name(const char *name)
{
    size_t count = strlen(name), suffix = strlen(SL_PART_SUFFIX);

    return strncmp(name, SL_PART_PREFIX, strlen(SL_PART_PREFIX)) == 0 && count > suffix &&
           strcmp(name + count - suffix, SL_PART_SUFFIX) == 0;
}

/* Whoever can lock the file writes it no more; only in the moments between its making and
 * its lock, and its last sync and its name, does its age tell alone. */
static bool
is_abandoned(int folder, const char *name)
{
    struct stat info;
    bool locked;
    int fd;

    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) < 0 ||
        info.st_mtime > time(NULL) - 60)
        return false;
    if (!S_ISREG(info.st_mode))
        return S_ISLNK(info.st_mode);
    fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return false;
    locked = flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    close(fd);
    return !locked;
}

enum sl_status
sl_publish_sweep(const char *folder, struct sl_error *err)
{
    DIR *stream = opendir(folder);
    const struct dirent *entry;

    if (stream == NULL && errno == ENOENT)
        return SL_OK;
    if (stream == NULL)
        return sl_fail_errno(err, "can't open '%s'", folder);
    while ((entry = readdir(stream)) != NULL)
        if (is_part_name(entry->d_name) && is_abandoned(dirfd(stream), entry->d_name))
            unlinkat(dirfd(stream), entry->d_name, 0);
    closedir(stream);
    return SL_OK;
}
