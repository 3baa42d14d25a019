/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_SEALED_H
#define SL_STORE_SEALED_H

#include "runner/store/cache.h"

/* Files of the cache that end in the SHA-256 of what is before it. Theirs alone. */

enum sl_status sl_sealed_write(const char *path, const void *bytes, size_t count,
                               struct sl_error *err);
/* The bytes before the seal. *found is false if there is no file, or a damaged one. */
enum sl_status sl_sealed_read(const struct sl_cache *cache, const char *path,
                              struct sl_arena *arena, char **bytes, size_t *count,
                              bool *found, struct sl_error *err);

/* Removes a file that can't be used and tells so. Where it can't be removed it stays, and
 * is found damaged again. */
void sl_sealed_discard(const struct sl_cache *cache, const char *path, const char *why);

#endif
