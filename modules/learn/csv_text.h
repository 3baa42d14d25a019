/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_CSV_TEXT_H
#define SL_LEARN_CSV_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "runner/base/error.h"

/*
 * The bytes of a text file from any place on: of a plain file as it lies on disk, of a gzip
 * from memory, where all of it is held. Errors are SL_ERR_IO and begin with the path.
 */
struct sl_csv_text {
    const char *path; /* the caller's */
    uint64_t size;
    int fd;      /* -1: bytes */
    char *bytes; /* of a gzip */
    struct stat info;
};

/* Safe to close after a failed open. A gzip that would fill more than half of the memory
 * that there is, is refused. */
enum sl_status sl_csv_text_open(struct sl_csv_text *text, const char *path,
                                struct sl_error *err);
void sl_csv_text_close(struct sl_csv_text *text);

/* *got is less than count at the end alone. From any thread. */
enum sl_status sl_csv_text_read(const struct sl_csv_text *text, uint64_t at, size_t count,
                                char *bytes, size_t *got, struct sl_error *err);
/* An error if the file is not the one that was opened any more. */
enum sl_status sl_csv_text_check(const struct sl_csv_text *text, struct sl_error *err);

#endif
