/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_FILED_H
#define SL_BASE_FILED_H

#include <stddef.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"

/*
 * Bytes in a file without a name, which is gone when nobody uses it any more, whatever ends
 * the process. Blocks are reserved first, so that a full disk is an error and no signal. A
 * folder that is itself in memory (a tmpfs) has no such files.
 */

/* count > 0 bytes of zeros, mapped, for sl_arena_rows; munmap gives them back. NULL where
 * there is no such file to be had, or it would take more than an eighth of what the disk has
 * left, which what is computed is to be written to. */
void *sl_filed_new(const char *folder, size_t count);

/* Bytes that come one after another, nobody knows how many, and are looked at when all are
 * there. The first SL_ARENA_FILED are memory: few bytes need no file. All of them are where
 * the disk is full. */
struct sl_spool {
    const char *folder; /* NULL: all is memory */
    int fd;             /* -1: there is no file */
    char *bytes;        /* what is not in the file */
    size_t n, capacity; /* of those */
    size_t count;       /* of all */
};

/* folder: as of sl_arena_init_in. */
void sl_spool_init(struct sl_spool *spool, const char *folder);
/* SL_ERR_MEMORY; SL_ERR_IO where a disk that is full does not give back what it took. */
enum sl_status sl_spool_write(struct sl_spool *spool, const void *bytes, size_t count,
                              struct sl_error *err);
/* All of them, which end with the arena; nothing is written from then on. */
enum sl_status sl_spool_end(struct sl_spool *spool, struct sl_arena *arena, void **bytes,
                            struct sl_error *err);
/* Does nothing on {0} after sl_spool_init, or a second time. */
void sl_spool_release(struct sl_spool *spool);

#endif
