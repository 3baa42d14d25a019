/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_PUBLISH_H
#define SL_BASE_PUBLISH_H

#include <stddef.h>

#include "runner/base/error.h"
#include "runner/base/file.h"

/*
 * The one writer of files. A file appears whole or not at all: it is written beside its
 * place, synced, renamed over it, and its folder is synced. Missing folders are made.
 * Errors are SL_ERR_IO with the path and leave nothing behind. A kill can leave a file
 * .sluice-RANDOM.part, which is locked (flock) as long as somebody writes it.
 */

struct sl_publication {
    const char *path;
    const void *bytes;
    size_t count;
};

enum sl_status sl_publish(const char *path, const void *bytes, size_t count,
                          struct sl_error *err);

/* What stands in a file behind its bytes. */
struct sl_file_end {
    const void *bytes;
    size_t count;
};

/* One file that carries its own proof of being whole: nothing is synced, so that it may be
 * lost or damaged, its folder with it, when the system goes down, but never when the
 * process does. */
enum sl_status sl_publish_unsynced(const char *path, const void *bytes, size_t count,
                                   const struct sl_file_end *end, struct sl_error *err);

/* Many files, named in their order, with few syncs; when it returns SL_OK all of them are
 * on disk. On an error some may be there, each whole. */
enum sl_status sl_publish_group(const struct sl_publication *files, size_t n,
                                struct sl_error *err);

/*
 * A large file that is filled through memory: blocks are reserved on disk first (so that
 * a full disk is an errno and no signal), bytes is its writable mapping.
 */
struct sl_draft {
    int fd;
    void *bytes;
    size_t count;
    char *path; /* of the unfinished file; NULL: there is none */
};

/* Zeros. folder must be on the file system of the path that it gets later. count > 0. */
enum sl_status sl_draft_open(struct sl_draft *draft, const char *folder, size_t count,
                             struct sl_error *err);
/* Gives it its name in its folder and releases the draft, on an error as well. Nothing is
 * synced: when the system goes down the name may be lost, or bytes that it names, so that
 * whoever reads it has to be able to tell (runner/store/cache_rows.c seals it). */
enum sl_status sl_draft_commit(struct sl_draft *draft, const char *path,
                               struct sl_error *err);
/* Removes the unfinished file. Does nothing after a commit or on {0}. */
void sl_draft_release(struct sl_draft *draft);

/* A file that is written piece by piece and gets its name when it is whole. */
struct sl_growing {
    int fd;
    char *path; /* of the unfinished file; NULL: there is none */
};

/* path: the name that it is to get, whose folder is made where it is missing. */
enum sl_status sl_growing_open(struct sl_growing *growing, const char *path,
                               struct sl_error *err);
enum sl_status sl_growing_write(struct sl_growing *growing, const void *bytes,
                                size_t count, struct sl_error *err);
/* Over the first bytes, which have been written. */
enum sl_status sl_growing_rewrite(struct sl_growing *growing, const void *bytes,
                                  size_t count, struct sl_error *err);
/* Syncs it, gives it its name and releases it, on an error as well. */
enum sl_status sl_growing_commit(struct sl_growing *growing, const char *path,
                                 struct sl_error *err);
/* Removes the unfinished file. Does nothing after a commit or on {0}. */
void sl_growing_release(struct sl_growing *growing);

/* Appends one line (a journal's), to which it adds the newline, with a single write. */
enum sl_status sl_publish_line(const char *path, const char *line, struct sl_error *err);

/* Makes a symbolic link, replacing the one that is there in one rename. */
enum sl_status sl_publish_link(const char *path, const char *target,
                               struct sl_error *err);

/* Removes unfinished files from a folder that nobody has touched for a minute and whose
 * writer is gone. A folder that is not there is clean. */
enum sl_status sl_publish_sweep(const char *folder, struct sl_error *err);

#endif
