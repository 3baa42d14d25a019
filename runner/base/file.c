/* SPDX-License-Identifier: MIT */
#include "runner/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/arena.h"
#include "runner/base/text.h"

/* O_NONBLOCK, lest a pipe without a writer holds us up before it can be refused. */
enum sl_status
sl_file_open(const char *path, int *fd, struct sl_error *err)
{
    struct stat info;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (file < 0)
        return sl_fail_errno(err, "can't open '%s'", path);
    if (fstat(file, &info) == 0 && S_ISREG(info.st_mode)) {
        *fd = file;
        return SL_OK;
    }
    close(file);
    return sl_fail(err, SL_ERR_IO, "'%s' is not a regular file", path);
}

/* Up to count bytes, fewer only at the file's end; -1 and errno if it cannot be read. */
static ssize_t
read_fully(int fd, char *bytes, size_t count)
{
    size_t done = 0;

    while (done < count) {
        ssize_t n = read(fd, bytes + done, count - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static enum sl_status
size_open(int fd, const char *path, size_t limit, size_t *size, struct sl_error *err)
{
    struct stat info;

    if (fstat(fd, &info) < 0)
        return sl_fail_errno(err, "can't read '%s'", path);
    *size = (size_t)info.st_size;
    if (*size > limit)
        return sl_fail(err, SL_ERR_IO, "'%s' has %zu bytes, at most %zu are read", path,
                       *size, limit);
    return SL_OK;
}

static enum sl_status
read_open(int fd, const char *path, size_t size, struct sl_arena *arena, char **bytes,
          struct sl_error *err)
{
    ssize_t got;

    *bytes = sl_arena_array(arena, size + 1, 1);
    if (*bytes == NULL)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the %zu bytes of '%s'", size,
                       path);
    /* One byte more than there should be shows a file that grows. */
    got = read_fully(fd, *bytes, size + 1);
    if (got < 0)
        return sl_fail_errno(err, "can't read '%s'", path);
    if ((size_t)got != size)
        return sl_fail(err, SL_ERR_IO, "'%s' changed while it was read", path);
    return SL_OK;
}

static enum sl_status
map_open(int fd, const char *path, size_t size, struct sl_arena *arena, char **bytes,
         struct sl_error *err)
{
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

    if (map == MAP_FAILED)
        return sl_fail_errno(err, "can't map '%s'", path);
    sl_arena_own_map(arena, map, size);
    *bytes = map;
    return SL_OK;
}

enum sl_status
sl_file_read(const char *path, size_t limit, struct sl_arena *arena, char **bytes,
             size_t *count, struct sl_error *err)
{
    enum sl_status status;
    int fd;

    SL_TRY(sl_file_open(path, &fd, err));
    status = size_open(fd, path, limit, count, err);
    if (status == SL_OK)
        status = read_open(fd, path, *count, arena, bytes, err);
    close(fd);
    return status;
}

enum sl_status
sl_file_map(const char *path, size_t limit, struct sl_arena *arena, char **bytes,
            size_t *count, struct sl_error *err)
{
    enum sl_status status;
    int fd;

    SL_TRY(sl_file_open(path, &fd, err));
    status = size_open(fd, path, limit, count, err);
    if (status == SL_OK)
        status = (*count < SL_FILE_MAPPED ? read_open : map_open)(fd, path, *count, arena,
                                                                  bytes, err);
    close(fd);
    return status;
}

enum sl_status
sl_folder_sync(const char *path, struct sl_error *err)
{
    enum sl_status status = SL_OK;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return sl_fail_errno(err, "can't open '%s'", path);
    /* EINVAL: a file system that has no such thing. */
    if (fsync(fd) < 0 && errno != EINVAL)
        status = sl_fail_errno(err, "can't sync '%s'", path);
    close(fd);
    return status;
}

static bool
is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* *made counts the folders that were not there. */
static enum sl_status
make_one(const char *path, unsigned *made, struct sl_error *err)
{
    if (is_folder(path))
        return SL_OK;
    if (mkdir(path, 0777) == 0) {
        ++*made;
        return SL_OK;
    }
    /* Somebody else may have been faster. */
    if (errno == EEXIST && is_folder(path))
        return SL_OK;
    return sl_fail_errno(err, "can't make the folder '%s'", path);
}

enum sl_status
sl_folder_make_unsynced(const char *path, unsigned *made, struct sl_error *err)
{
    struct sl_text prefix = {0};
    enum sl_status status = SL_OK;
    const char *end = path;

    *made = 0;
    if (is_folder(path))
        return SL_OK;
    while (status == SL_OK && *end != '\0') {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        sl_text_clear(&prefix);
        sl_text_append_bytes(&prefix, path, (size_t)(end - path));
        status = make_one(prefix.bytes, made, err);
    }
    sl_text_release(&prefix);
    return status;
}

enum sl_status
sl_folder_sync_made(const char *path, unsigned made, struct sl_error *err)
{
    struct sl_text above = {0};
    enum sl_status status;

    sl_text_append(&above, path);
    for (status = SL_OK; status == SL_OK && made > 0; made--) {
        sl_text_append(&above, "/..");
        status = sl_folder_sync(above.bytes, err);
    }
    sl_text_release(&above);
    return status;
}

enum sl_status
sl_folder_make(const char *path, struct sl_error *err)
{
    unsigned made;

    SL_TRY(sl_folder_make_unsynced(path, &made, err));
    return sl_folder_sync_made(path, made, err);
}

/* A program that was found through $PATH is known by its name alone. */
const char *
sl_path_from_program(struct sl_arena *arena, const char *program, const char *path)
{
    char *real =
        realpath(program && strchr(program, '/') ? program : "/proc/self/exe", NULL);
    char *slash = real ? strrchr(real, '/') : NULL;
    const char *result;

    for (; slash; slash = strrchr(real, '/')) {
        *slash = '\0';
        if (strncmp(path, "../", 3) != 0 || real[0] == '\0')
            break;
        path += 3;
    }
    result = sl_arena_format(arena, "%s/%s", slash ? real : ".", path);
    free(real);
    return result;
}
