/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_ARCHIVE_H
#define SL_STORE_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"

/*
 * Members of a zip file, by libzip. Errors are SL_ERR_IO and begin with the path and the
 * member. The check value of a member is compared at its end.
 */
struct sl_archive;
struct sl_member;

/* path must live as long as the archive. */
enum sl_status sl_archive_open(struct sl_archive **archive, const char *path,
                               struct sl_error *err);
void sl_archive_close(struct sl_archive *archive);
bool sl_archive_has(const struct sl_archive *archive, const char *name);
/* The names of the members, ", " between them: for messages. */
const char *sl_archive_names(const struct sl_archive *archive, struct sl_arena *arena);

/* An archive of n members, none deflated, as bytes in the arena: the same every time. */
struct sl_archive_member {
    const char *name;
    const void *bytes;
    size_t count;
};
enum sl_status sl_archive_write(const struct sl_archive_member *members, size_t n,
                                struct sl_arena *arena, char **bytes, size_t *count,
                                struct sl_error *err);

/* size: bytes of the member, undeflated, as the archive says; no more come out, and what
 * could not come out of so few bytes of deflate is refused. name must live as long. */
enum sl_status sl_member_open(struct sl_member **member, struct sl_archive *archive,
                              const char *name, uint64_t *size, struct sl_error *err);
void sl_member_close(struct sl_member *member);
/* *got is less than count at the end only. */
enum sl_status sl_member_read(struct sl_member *member, void *bytes, size_t count,
                              size_t *got, struct sl_error *err);

#endif
