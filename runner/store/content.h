/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_CONTENT_H
#define SL_STORE_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/base/error.h"
#include "runner/base/hash.h"

/*
 * What a file holds, once: plain, or gzip undone when its first two bytes are gzip's,
 * whatever its name. It is hashed as it is read, so the digest is that of the very bytes
 * the caller got.
 *
 * Errors are SL_ERR_IO and begin with the path. Gzip that is cut short, fails its check
 * values, or has anything behind its only member is an error, each in its own words.
 */
struct sl_content;

/* A regular file. path must live as long as the content. */
enum sl_status sl_content_open(struct sl_content **content, const char *path,
                               struct sl_error *err);
void sl_content_close(struct sl_content *content);

/* It is not hashed any further: nobody is going to ask what was read. */
void sl_content_leave_hash(struct sl_content *content);

/* *got is less than count at the end of the content only; for gzip that end has been
 * checked by then. */
enum sl_status sl_content_read(struct sl_content *content, void *bytes, size_t count,
                               size_t *got, struct sl_error *err);

/* The most that the file can hold: its size, or what that many bytes of gzip can come to
 * (1032 to 1 is the most that deflate does). So memory can be bounded before it is
 * allocated. *exact is true for a plain file. */
uint64_t sl_content_bound(const struct sl_content *content, bool *exact);

/* Compares what has been read so far with the hex SHA-256 that was expected. Not of what is
 * not hashed. */
enum sl_status sl_content_verify(struct sl_content *content, const char *sha256,
                                 struct sl_error *err);

/* Of a whole file. */
enum sl_status sl_content_digest(const char *path, struct sl_digest *digest,
                                 struct sl_error *err);
/* Reads a whole file and verifies it; sha256 NULL: that it can be read to its end. */
enum sl_status sl_content_check(const char *path, const char *sha256,
                                struct sl_error *err);

#endif
