/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_SEALED_H
#define SL_STORE_SEALED_H

#include "runner/store/cache.h"

/* Files of the cache that end in a label of at most 255 bytes, which a listing reads alone,
 * and in the SHA-256 of all that is before it. Theirs alone. */

/* FOLDER/<folder>/<key><suffix>. */
char *sl_cache_path(struct sl_arena *arena, const struct sl_cache *cache,
                    const char *folder, const struct sl_digest *key, const char *suffix);

/* label: NULL or a longer one is left out or cut. */
enum sl_status sl_sealed_write(const char *path, const void *bytes, size_t count,
                               const char *label, struct sl_error *err);
/* The bytes before label and seal; the file counts as used. *found is false if there is no
 * file, or a damaged one. */
enum sl_status sl_sealed_read(const struct sl_cache *cache, const char *path,
                              struct sl_arena *arena, char **bytes, size_t *count,
                              bool *found, struct sl_error *err);

/* The label of a file, whether or not it is whole: printable ASCII, "" where there is none.
 * Memory is the arena's. */
const char *sl_sealed_label(const char *path, struct sl_arena *arena);

/* Says that a file was used, for sl_cache_prune, unless the cache is only looked at. */
void sl_cache_touch(const struct sl_cache *cache, const char *path);

/* Removes a file that can't be used and tells so. Where it can't be removed, or the cache is
 * only looked at, it stays, and is found damaged again. */
void sl_sealed_discard(const struct sl_cache *cache, const char *path, const char *why);

#endif
