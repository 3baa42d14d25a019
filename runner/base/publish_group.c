/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* syncfs */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/part.h"
#include "runner/base/publish.h"
#include "runner/base/sync.h"

/* Files from which syncing the whole file system twice costs less than each file and
 * folder. */
#define GROUP_LEAST 8

/* ---- few files: all of them, then all folders ----------------------------------------- */

/* All are written before the first is synced. */
static enum sl_status
sync_files(const struct sl_publication *files, const struct sl_part *parts, size_t n,
           struct sl_error *err)
{
    struct sl_sync syncs[GROUP_LEAST];

    for (size_t i = 0; i < n; i++)
        syncs[i] = (struct sl_sync){.fd = parts[i].fd};
    sl_sync_all(syncs, n);
    for (size_t i = 0; i < n; i++) {
        errno = syncs[i].error;
        if (errno)
            return sl_fail_errno(err, "can't write '%s'", files[i].path);
    }
    return SL_OK;
}

/* Folders to be synced, each once. */
struct folders {
    struct sl_text *at;
    size_t n;
};

/* Takes over the text. */
static void
add_folder(struct folders *folders, struct sl_text folder)
{
    for (size_t i = 0; i < folders->n; i++) {
        if (strcmp(folders->at[i].bytes, folder.bytes) == 0) {
            sl_text_release(&folder);
            return;
        }
    }
    folders->at[folders->n++] = folder;
}

/* The folder above one that ends in a slash: "a/b/" is in "a/". */
static struct sl_text
folder_above(const char *folder)
{
    struct sl_text name = {0}, above;

    sl_text_append(&name, folder);
    while (name.count > 1 && name.bytes[name.count - 1] == '/')
        name.bytes[--name.count] = '\0';
    above = sl_folder_of(name.bytes);
    sl_text_release(&name);
    return above;
}

/* The folder of a file, the one above it, which it may be new in, and those above where
 * folders were made. */
static void
add_folders(struct folders *folders, const char *path, unsigned made)
{
    struct sl_text folder = sl_folder_of(path), above;

    for (unsigned level = 0; level < (made > 1 ? made : 1); level++) {
        above = folder_above(folder.bytes);
        add_folder(folders, folder);
        folder = above;
    }
    add_folder(folders, folder);
}

/* EINVAL: a file system that has no such thing. */
static enum sl_status
sync_opened(const struct folders *folders, struct sl_sync *syncs, struct sl_error *err)
{
    enum sl_status status = SL_OK;
    size_t n = 0;

    for (; n < folders->n && status == SL_OK; n++) {
        const char *path = folders->at[n].bytes;
        syncs[n].fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (syncs[n].fd < 0)
            status = sl_fail_errno(err, "can't open '%s'", path);
    }
    n -= status != SL_OK;
    if (status == SL_OK)
        sl_sync_all(syncs, n);
    for (size_t i = 0; i < n; i++) {
        close(syncs[i].fd);
        errno = syncs[i].error;
        if (status == SL_OK && errno != 0 && errno != EINVAL)
            status = sl_fail_errno(err, "can't sync '%s'", folders->at[i].bytes);
    }
    return status;
}

static enum sl_status
sync_folders(const struct sl_publication *files, const struct sl_part *parts, size_t n,
             struct sl_error *err)
{
    struct folders folders = {.n = 0};
    enum sl_status status;
    struct sl_sync *syncs;
    size_t most = 0;

    for (size_t i = 0; i < n; i++)
        most += 2 + parts[i].made;
    folders.at = calloc(most, sizeof *folders.at);
    syncs = calloc(most, sizeof *syncs);
    if (folders.at && syncs) {
        for (size_t i = 0; i < n; i++)
            add_folders(&folders, files[i].path, parts[i].made);
        status = sync_opened(&folders, syncs, err);
    } else {
        status = sl_fail(err, SL_ERR_MEMORY, "no memory for %zu names of folders", most);
    }
    for (size_t i = 0; i < folders.n; i++)
        sl_text_release(&folders.at[i]);
    free(folders.at);
    free(syncs);
    return status;
}

/* ---- many files: the file systems that they are on -------------------------------------- */

/* A group may reach over several, where a folder of the results is a link to another. */
static bool
device_is_next(const struct sl_part *parts, size_t i)
{
    /* Neighbours are mostly on one; and file systems are few. */
    for (size_t j = i; j-- > 0;)
        if (parts[j].device == parts[i].device)
            return false;
    return true;
}

static enum sl_status
sync_file_system(const char *path, struct sl_error *err)
{
    struct sl_text folder = sl_folder_of(path);
    int fd = open(folder.bytes, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum sl_status status = SL_OK;

    if (fd < 0 || syncfs(fd) < 0)
        status = sl_fail_errno(err, "can't sync '%s'", folder.bytes);
    if (fd >= 0)
        close(fd);
    sl_text_release(&folder);
    return status;
}

static enum sl_status
sync_file_systems(const struct sl_publication *files, const struct sl_part *parts,
                  size_t n, struct sl_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (device_is_next(parts, i))
            SL_TRY(sync_file_system(files[i].path, err));
    return SL_OK;
}

/* ---- both ------------------------------------------------------------------------------- */

/* Many files are not kept open. */
static enum sl_status
write_parts(const struct sl_publication *files, struct sl_part *parts, size_t n,
            struct sl_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct sl_publication *file = &files[i];
        SL_TRY(sl_part_write(&parts[i], file->path, file->bytes, file->count, err));
        if (n >= GROUP_LEAST && !sl_part_close(&parts[i]))
            return sl_fail_errno(err, "can't write '%s'", file->path);
    }
    return SL_OK;
}

static enum sl_status
publish(const struct sl_publication *files, struct sl_part *parts, size_t n,
        struct sl_error *err)
{
    bool together = n >= GROUP_LEAST;

    SL_TRY(write_parts(files, parts, n, err));
    SL_TRY((together ? sync_file_systems : sync_files)(files, parts, n, err));
    for (size_t i = 0; i < n; i++)
        SL_TRY(sl_part_name(&parts[i], files[i].path, err));
    return together ? sync_file_systems(files, parts, n, err)
                    : sync_folders(files, parts, n, err);
}

enum sl_status
sl_publish_group(const struct sl_publication *files, size_t n, struct sl_error *err)
{
    struct sl_part *parts;
    enum sl_status status;

    if (n == 0)
        return SL_OK;
    parts = calloc(n, sizeof *parts);
    if (!parts)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for a group of %zu files", n);
    status = publish(files, parts, n, err);
    for (size_t i = 0; i < n; i++)
        sl_part_release(&parts[i]);
    free(parts);
    return status;
}
