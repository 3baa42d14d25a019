/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_FILE_H
#define SL_BASE_FILE_H

#include <stddef.h>

#include "runner/base/error.h"

/* Files to be read, and folders. Files are written by publish.h alone. Errors are
 * SL_ERR_IO with the path. */
struct sl_arena;

/* A regular file, to be read; anything else (a folder, a pipe, a device) is an error. The
 * caller closes fd. */
enum sl_status sl_file_open(const char *path, int *fd, struct sl_error *err);

/* A whole regular file in memory, NUL-terminated, at most limit bytes. SL_ERR_MEMORY where
 * there is none for it. */
enum sl_status sl_file_read(const char *path, size_t limit, struct sl_arena *arena,
                            char **bytes, size_t *count, struct sl_error *err);

/* The same without the NUL; files of SL_FILE_MAPPED bytes and more are mapped, so that what
 * is not looked at is not read, and nothing of them is held. What is written to the bytes
 * changes no file. sl_arena_take_maps lets them live longer than the arena. */
#define SL_FILE_MAPPED ((size_t)1 << 20)
enum sl_status sl_file_map(const char *path, size_t limit, struct sl_arena *arena,
                           char **bytes, size_t *count, struct sl_error *err);

/* A path from the folder that the running program lies in, links and each leading "../"
 * resolved; program: argv[0], where the system does not tell. Whether there is such a file is
 * not looked at. */
const char *sl_path_from_program(struct sl_arena *arena, const char *program,
                                 const char *path);

/* mkdir -p; what it makes is on disk when it returns. */
enum sl_status sl_folder_make(const char *path, struct sl_error *err);

/* The same for a caller who puts the new names on disk later: those of the last `made`
 * folders of the path, by a sync of the folder that each of them is in. */
enum sl_status sl_folder_make_unsynced(const char *path, unsigned *made,
                                       struct sl_error *err);

/* Puts the names of the last `made` folders of the path on disk. */
enum sl_status sl_folder_sync_made(const char *path, unsigned made, struct sl_error *err);

/* Puts the names in a folder on disk. */
enum sl_status sl_folder_sync(const char *path, struct sl_error *err);

#endif
