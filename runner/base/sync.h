/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_SYNC_H
#define SL_BASE_SYNC_H

#include <stddef.h>

/* An fsync that signals don't interrupt: 0, or its errno. */
int sl_sync_one(int fd);

/*
 * Puts several open files or folders on disk, by an fsync of each, two at a time where the
 * system grants a thread. One after the other each waits for a write of the file system's
 * journal and for the disk to empty its cache; asked for together they share both.
 */
struct sl_sync {
    int fd;
    int error; /* set: 0, or the errno of its fsync */
};

/* Returns when all are on disk or have failed. What failed once counts as clean afterwards:
 * never try again, throw it away. */
void sl_sync_all(struct sl_sync *files, size_t n);

#endif
