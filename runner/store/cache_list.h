/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_CACHE_LIST_H
#define SL_STORE_CACHE_LIST_H

#include <stdint.h>

#include "runner/store/cache.h"

/* What a cache holds, for people and for keeping it within bounds. */
struct sl_cache_file {
    const char *path;
    const char *kind;  /* "step", "data", "checkpoint" */
    const char *key;   /* hex: of the step, the rows, the trajectory */
    const char *label; /* a few words on it: "train autoencoder"; "" of rows */
    int64_t bytes;
    int64_t used; /* when it was last written or read, seconds since the epoch */
};

/* In the order of their last use, the longest ago first. A cache that is not there is
 * empty. Memory is the arena's. */
enum sl_status sl_cache_list(const struct sl_cache *cache, struct sl_arena *arena,
                             struct sl_cache_file **files, size_t *n,
                             struct sl_error *err);

/* What goes: files not used for `older` seconds, files of more than `larger` bytes, and
 * then, the longest unused first, what is beyond `limit` bytes. Negative: no such bound. */
struct sl_cache_prune {
    int64_t older, larger, limit;
};
struct sl_cache_pruned {
    size_t files, left;
    int64_t bytes, bytes_left;
};

/* Safe while others use the cache: what they miss they compute. What an earlier process
 * left half-written goes, too. */
enum sl_status sl_cache_prune(const struct sl_cache *cache,
                              const struct sl_cache_prune *what,
                              struct sl_cache_pruned *pruned, struct sl_error *err);

#endif
