/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* syncfs */
#include "runner/base/publish.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "runner/base/text.h"

#define PART_PREFIX ".sluice-"
#define PART_SUFFIX ".part"

/* Files from which syncing the whole file system twice costs less than each file and
 * folder. */
#define GROUP_LEAST 8

/* Bytes of the path before its last name, the slash included. */
static size_t
folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/* The folder that a path is in, "./" or with its slash; a text to be released. */
static struct sl_text
folder_of(const char *path)
{
    struct sl_text folder = {0};

    sl_text_append_bytes(&folder, path, folder_length(path));
    if (folder.count == 0)
        sl_text_append(&folder, "./");
    return folder;
}

/* A name in the folder that nobody else has: 64 bits of the kernel's randomness. */
static enum sl_status
part_path(const char *folder, struct sl_text *path, struct sl_error *err)
{
    uint64_t random;

    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return sl_fail_errno(err, "can't get a random number");
    sl_text_format(path, "%s/" PART_PREFIX "%016llx" PART_SUFFIX, folder,
                   (unsigned long long)random);
    return SL_OK;
}

/* Makes the folder where it is missing. On an error path is a text all the same. */
static enum sl_status
part_open(const char *folder, struct sl_text *path, int *fd, struct sl_error *err)
{
    SL_TRY(sl_folder_make(folder, err));
    SL_TRY(part_path(folder, path, err));
    *fd = open(path->bytes, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (*fd < 0)
        return sl_fail_errno(err, "can't write to the folder '%s'", folder);
    /* Where locks are not to be had, the sweep has the file's age to go by. */
    (void)flock(*fd, LOCK_EX | LOCK_NB);
    return SL_OK;
}

/* The functions below return false with errno, as system calls do. */

static bool
write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t n = write(fd, bytes, count);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        bytes += n;
        count -= (size_t)n;
    }
    return true;
}

/* After an fsync that failed the pages count as clean: the file is thrown away, never
 * synced again. An interruption is no such failure. */
static bool
sync_fd(int fd)
{
    int failed;

    do
        failed = fsync(fd);
    while (failed && errno == EINTR);
    return !failed;
}

/* Closes fd whatever happened to it; keeps the first errno. */
static bool
finish(int fd, bool good)
{
    int first = errno;

    if (close(fd) < 0 && errno != EINTR && good)
        return false;
    errno = first;
    return good;
}

/* Writes a file beside its place, synced or not; part is a text in any case, empty where
 * there is nothing to remove. */
static enum sl_status
write_part(const struct sl_publication *file, bool synced, struct sl_text *part,
           struct sl_error *err)
{
    struct sl_text folder = folder_of(file->path);
    int fd;
    enum sl_status status = part_open(folder.bytes, part, &fd, err);

    sl_text_release(&folder);
    if (status != SL_OK) {
        sl_text_release(part);
        return status;
    }
    if (finish(fd, write_all(fd, file->bytes, file->count) && (!synced || sync_fd(fd))))
        return SL_OK;
    status = sl_fail_errno(err, "can't write '%s'", file->path);
    unlink(part->bytes);
    sl_text_release(part);
    return status;
}

static enum sl_status
name_part(const struct sl_publication *file, struct sl_text *part, struct sl_error *err)
{
    enum sl_status status = SL_OK;

    if (rename(part->bytes, file->path) < 0) {
        status = sl_fail_errno(err, "can't write '%s'", file->path);
        unlink(part->bytes);
    }
    sl_text_release(part);
    return status;
}

static enum sl_status
write_file(const struct sl_publication *file, struct sl_error *err)
{
    struct sl_text part = {0};

    SL_TRY(write_part(file, true, &part, err));
    return name_part(file, &part, err);
}

static enum sl_status
sync_folder_of(const char *path, struct sl_error *err)
{
    struct sl_text folder = folder_of(path);
    enum sl_status status = sl_folder_sync(folder.bytes, err);

    sl_text_release(&folder);
    return status;
}

static bool
same_folder(const char *a, const char *b)
{
    size_t length = folder_length(a);

    return length == folder_length(b) && memcmp(a, b, length) == 0;
}

/* Files of one folder stand together in a group, or nearly: looking back is cheap. */
static bool
folder_is_next(const struct sl_publication *files, size_t i)
{
    for (size_t j = i; j-- > 0;)
        if (same_folder(files[j].path, files[i].path))
            return false;
    return true;
}

static enum sl_status
publish_one_by_one(const struct sl_publication *files, size_t n, struct sl_error *err)
{
    for (size_t i = 0; i < n; i++)
        SL_TRY(write_file(&files[i], err));
    for (size_t i = 0; i < n; i++)
        if (folder_is_next(files, i))
            SL_TRY(sync_folder_of(files[i].path, err));
    return SL_OK;
}

/* Puts all that was written to the file system of path on disk. */
static enum sl_status
sync_file_system(const char *path, struct sl_error *err)
{
    struct sl_text folder = folder_of(path);
    int fd = open(folder.bytes, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum sl_status status = SL_OK;

    if (fd < 0 || !finish(fd, syncfs(fd) == 0))
        status = sl_fail_errno(err, "can't sync '%s'", folder.bytes);
    sl_text_release(&folder);
    return status;
}

/* Two syncs of the file system for all files, in place of two for each. */
static enum sl_status
publish_together(const struct sl_publication *files, size_t n, struct sl_text *parts,
                 struct sl_error *err)
{
    for (size_t i = 0; i < n; i++)
        SL_TRY(write_part(&files[i], false, &parts[i], err));
    SL_TRY(sync_file_system(files[0].path, err));
    for (size_t i = 0; i < n; i++)
        SL_TRY(name_part(&files[i], &parts[i], err));
    return sync_file_system(files[0].path, err);
}

enum sl_status
sl_publish_group(const struct sl_publication *files, size_t n, struct sl_error *err)
{
    struct sl_text *parts;
    enum sl_status status;

    if (n < GROUP_LEAST)
        return publish_one_by_one(files, n, err);
    parts = calloc(n, sizeof *parts);
    if (!parts)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for a group of %zu files", n);
    status = publish_together(files, n, parts, err);
    for (size_t i = 0; i < n; i++) {
        if (parts[i].bytes)
            unlink(parts[i].bytes);
        sl_text_release(&parts[i]);
    }
    free(parts);
    return status;
}

enum sl_status
sl_publish(const char *path, const void *bytes, size_t count, struct sl_error *err)
{
    struct sl_publication file = {path, bytes, count};

    return sl_publish_group(&file, 1, err);
}

enum sl_status
sl_publish_unsynced(const char *path, const void *bytes, size_t count,
                    struct sl_error *err)
{
    struct sl_publication file = {path, bytes, count};
    struct sl_text part = {0};

    SL_TRY(write_part(&file, false, &part, err));
    return name_part(&file, &part, err);
}

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
    struct sl_text part = {0};
    enum sl_status status;

    assert(count > 0);
    *draft = (struct sl_draft){0};
    status = part_open(folder, &part, &draft->fd, err);
    if (status != SL_OK) {
        sl_text_release(&part);
        return status;
    }
    draft->path = part.bytes;
    status = reserve_and_map(draft, count, err);
    if (status != SL_OK)
        sl_draft_release(draft);
    return status;
}

static bool
draft_rename(struct sl_draft *draft, const char *path)
{
    bool good = msync(draft->bytes, draft->count, MS_SYNC) == 0 && sync_fd(draft->fd);

    good = finish(draft->fd, good);
    draft->fd = -1;
    return good && rename(draft->path, path) == 0;
}

enum sl_status
sl_draft_commit(struct sl_draft *draft, const char *path, struct sl_error *err)
{
    struct sl_text folder = folder_of(path);
    enum sl_status status = sl_folder_make(folder.bytes, err);

    if (status == SL_OK && !draft_rename(draft, path))
        status = sl_fail_errno(err, "can't write '%s'", path);
    sl_draft_release(draft);
    if (status == SL_OK)
        status = sl_folder_sync(folder.bytes, err);
    sl_text_release(&folder);
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
    struct sl_text folder = folder_of(path);
    enum sl_status status = sl_folder_make(folder.bytes, err);
    int fd;

    sl_text_release(&folder);
    SL_TRY(status);
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0 || !finish(fd, append_line(fd, line)))
        return sl_fail_errno(err, "can't write '%s'", path);
    return SL_OK;
}

enum sl_status
sl_publish_link(const char *path, const char *target, struct sl_error *err)
{
    struct sl_text folder = folder_of(path), part = {0};
    enum sl_status status = sl_folder_make(folder.bytes, err);

    if (status == SL_OK)
        status = part_path(folder.bytes, &part, err);
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
    size_t count = strlen(name), suffix = strlen(PART_SUFFIX);

    return strncmp(name, PART_PREFIX, strlen(PART_PREFIX)) == 0 && count > suffix &&
           strcmp(name + count - suffix, PART_SUFFIX) == 0;
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
