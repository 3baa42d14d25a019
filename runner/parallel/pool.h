/* SPDX-License-Identifier: MIT */
#ifndef SL_PARALLEL_POOL_H
#define SL_PARALLEL_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/base/error.h"
#include "runner/parallel/profile.h"

/*
 * One set of worker threads for both kinds of work: the tiles of a step and the steps of a
 * plan. Work is cut by shape before it comes here, and which thread takes a tile decides
 * nothing, so results do not depend on the number of threads.
 *
 * An idle worker helps with the tiles of whoever is running before it starts a job that
 * waits, so that a lone step gets the idle threads and a started step ends soon.
 */
struct sl_pool;

/* Workers block signals that are sent to the process, so that other threads get them.
 * threads >= 1 counts the thread that calls sl_pool_finish. A worker is started when there
 * is work that nobody else is there for: steps that follow each other start none. */
enum sl_status sl_pool_new(struct sl_pool **pool, unsigned threads, struct sl_error *err);
void sl_pool_free(struct sl_pool *pool);
unsigned sl_pool_threads(const struct sl_pool *pool);

/* Before there is any work: spans of it go into the profile, which lives as long.
 * SL_ERR_MEMORY. */
enum sl_status sl_pool_watch(struct sl_pool *pool, struct sl_profile *profile,
                             struct sl_error *err);
/* NULL where nobody asks; pool may be NULL. */
struct sl_profile *sl_pool_profile(const struct sl_pool *pool);
/* What a tile hands to those who take a pool: one of one thread with the same profile, or
 * NULL where nobody asks. That of such a pool is itself. */
struct sl_pool *sl_pool_alone(struct sl_pool *pool);

/* By affinity and the cgroup's CPU quota; at least 1. */
unsigned sl_pool_default_threads(void);

typedef void sl_tile_fn(void *context, size_t tile);

/*
 * Calls fn(context, i) once for each i in 0..tiles-1 and returns when all have returned.
 * The caller works too. May be called from a job, and from any thread; a tile must not
 * call it. pool NULL or tiles 1: a plain loop.
 */
void sl_pool_tiles(struct sl_pool *pool, size_t tiles, sl_tile_fn *fn, void *context);

/* Shares that the tiles of a region are cut into, at most. */
#define SL_POOL_SHARES 16

/*
 * Tiles that idle threads may begin with while the caller does something else. Between
 * sl_pool_offer and sl_pool_collect the region, the caller's, stays where it is; what it
 * holds is the pool's own:
 *
 * shares       of the tiles, in order; a thread begins with its own and helps with the others
 *              after that, so that tiles at the same place in regions that follow each other
 *              find in its cache what they left there, unless somebody was late
 * home         the share of the caller
 * taken        of each share, the tiles that somebody has taken; may run past its end
 * helpers      threads besides the caller inside it; written under the lock, read without
 * asleep       the caller sleeps until helpers is 0; under the lock
 * listed, link under the lock
 * span         of the caller, that it is part of
 */
struct sl_region {
    sl_tile_fn *fn;
    void *context;
    size_t tiles;
    uint64_t float_state; /* of the caller */
    unsigned shares, home;
    atomic_size_t taken[SL_POOL_SHARES];
    atomic_uint helpers;
    bool asleep, listed;
    struct sl_region *link;
    struct sl_profile_like span;
};

/* From any thread, jobs included, but not from a tile. pool may be NULL. */
void sl_pool_offer(struct sl_pool *pool, struct sl_region *region, size_t tiles,
                   sl_tile_fn *fn, void *context);
/* Does what nobody began, and returns when all have returned; from any thread, but from one
 * at a time. */
void sl_pool_collect(struct sl_pool *pool, struct sl_region *region);

/* A job is embedded in the caller's struct; the pool takes the one with the highest
 * priority first, the one that came first among equals. */
struct sl_job {
    void (*run)(struct sl_job *job);
    double priority;
    struct sl_job *child, *next; /* the pool's own, as is arrival */
    unsigned long long arrival;
};

/* May be called from any thread, jobs included. run may free its job. */
void sl_pool_submit(struct sl_pool *pool, struct sl_job *job);

/* Works until no job waits or runs. tick, if not NULL, is called from the calling thread
 * about every tick_ms milliseconds while it runs no job here; it then takes a job only when
 * there are more of them than other threads. With one thread that is between jobs only. */
void sl_pool_finish(struct sl_pool *pool, unsigned tick_ms, void (*tick)(void *context),
                    void *context);

#endif
