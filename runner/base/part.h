/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_PART_H
#define SL_BASE_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "runner/base/error.h"
#include "runner/base/text.h"

/*
 * An unfinished file beside the place that it gets later, .sluice-RANDOM.part, locked as
 * long as it is open; for publish.c, publish_group.c and draft.c alone. Its folder is made
 * where it is missing, which whoever names the file has to put on disk: see
 * sl_folder_make_unsynced.
 */
struct sl_part {
    int fd;              /* -1: closed */
    dev_t device;        /* of its file system */
    unsigned made;       /* folders above it that were not there before */
    struct sl_text path; /* empty: there is no such file */
};

#define SL_PART_PREFIX ".sluice-"
#define SL_PART_SUFFIX ".part"

/* An empty one, in the folder. After an error there is nothing to release. */
enum sl_status sl_part_open(struct sl_part *part, const char *folder,
                            struct sl_error *err);
/* One with these bytes, still open, to become the file path. */
enum sl_status sl_part_write(struct sl_part *part, const char *path, const void *bytes,
                             size_t count, struct sl_error *err);
/* Closes it and gives it its name; released in any case. */
enum sl_status sl_part_name(struct sl_part *part, const char *path, struct sl_error *err);
/* Removes what has no name yet. Does nothing on what was released. */
void sl_part_release(struct sl_part *part);

/* Name of an unfinished file in a folder, which nobody else has; appended to path. */
enum sl_status sl_part_path(const char *folder, struct sl_text *path,
                            struct sl_error *err);

/* The functions below return false with errno, as system calls do. */

/* All of the bytes, behind those that are there. */
bool sl_part_put(int fd, const void *bytes, size_t count);
/* fsync. What failed once counts as clean afterwards: never try again, throw it away. */
bool sl_part_sync(const struct sl_part *part);
bool sl_part_close(struct sl_part *part);

/* Bytes of the path before its last name, the slash included. */
size_t sl_folder_length(const char *path);
/* The folder that a path is in, "./" or with its slash; a text to be released. */
struct sl_text sl_folder_of(const char *path);

#endif
