/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_CACHE_H
#define SL_STORE_CACHE_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "runner/base/publish.h"
#include "runner/store/outcome.h"

struct sl_checked_file {
    dev_t device;
    ino_t inode;
    const struct sl_checked_file *next;
};

/* The data files whose bytes a process has found to be those that were written, so that it
 * hashes each once. */
struct sl_cache_checked {
    pthread_mutex_t lock; /* covers the rest */
    const struct sl_checked_file *first;
    struct sl_arena arena;
};
void sl_cache_checked_init(struct sl_cache_checked *checked);
void sl_cache_checked_release(struct sl_cache_checked *checked);

/*
 * Outcomes by key, in a folder that several processes may share:
 *
 *     FOLDER/steps/<key>.h5               an outcome
 *     FOLDER/data/<key>.bin               the rows of a data set, plain, mapped
 *     FOLDER/checkpoints/<key>/<epoch>-<batch>.h5   what a training needs to go on
 *
 * Keys are in hex. Every .h5 ends in a few words on what it is, and the SHA-256 of what is
 * before it (other HDF5 readers don't mind), which is checked on reading; a .bin ends in one
 * as well, which is checked when it is mapped. A damaged entry is told by `damaged`, removed
 * and counts as missing; so does an outcome whose rows are missing or damaged. So data sets
 * alone are synced: what the system takes with it when it goes down is computed again. All
 * calls may be made from several threads.
 */
struct sl_cache {
    const char *folder;
    /* Called with a sentence about each damaged entry, from any thread; may be NULL. */
    void (*damaged)(void *context, const char *text);
    void *context;
    /* Reading is no use: what a bound on the cache goes by stays as it is, damaged entries
     * are told and stay, and rows, which nothing is computed from, are not hashed. */
    bool looks;
    struct sl_cache_checked *checked; /* NULL: rows are hashed each time */
    struct sl_profile *profile;       /* NULL: nobody asks */
};

/* Whether there is an entry. That it is whole shows when it is read. */
bool sl_cache_has(const struct sl_cache *cache, const struct sl_digest *key);

/* Removes an outcome, if it is there; rows of a data set stay. */
void sl_cache_forget(const struct sl_cache *cache, const struct sl_digest *key);

/* *found is false when there is none (or a damaged one). outcome has been initialised, and
 * is empty unless one was found. A data set's mapping lives as long as the process. */
enum sl_status sl_cache_read(const struct sl_cache *cache, const struct sl_digest *key,
                             struct sl_outcome *outcome, bool *found,
                             struct sl_error *err);
enum sl_status sl_cache_write(const struct sl_cache *cache, const struct sl_digest *key,
                              const struct sl_outcome *outcome, struct sl_error *err);

/* Room for the rows of a data set of n x d values and, where labelled, n int32 labels
 * behind them; the load step fills it and commits it under its key, or gives it up with
 * sl_draft_release(&draft->draft). SL_ERR_SHAPE if n or d is 0. */
struct sl_data_draft {
    struct sl_draft draft;
    void *x;
    int32_t *labels; /* NULL unless labelled */
    size_t n, d;
    enum sl_dtype type;
};
enum sl_status sl_cache_data_open(const struct sl_cache *cache, size_t n, size_t d,
                                  enum sl_dtype type, bool labelled,
                                  struct sl_data_draft *draft, struct sl_error *err);
/* Points data->x and data->labels at rows that are there already under that key, with n, d
 * and type as data says; *found is false if there are none such. */
enum sl_status sl_cache_data_map(const struct sl_cache *cache,
                                 const struct sl_digest *key, bool labelled,
                                 struct sl_dataset *data, bool *found,
                                 struct sl_error *err);
/* Gives the file its place, which data->content names from now on, and points data->x and
 * data->labels at a read-only mapping. data's n, d and type must be the draft's
 * (SL_ERR_SHAPE). The draft is released, on an error as well. */
enum sl_status sl_cache_data_commit(const struct sl_cache *cache,
                                    const struct sl_digest *key,
                                    struct sl_data_draft *draft, struct sl_dataset *data,
                                    struct sl_error *err);

/* A place in a training: batches of `epoch` that are done, epochs before it that are. The
 * end of an epoch is batch 0 of the next. */
struct sl_place {
    uint64_t epoch, batch;
};

/* Files a checkpoint of a trajectory. Those of the same trajectory that are before it and
 * inside an epoch (batch > 0) are removed; those at the end of an epoch stay, for trainings
 * of other lengths to go on from. */
enum sl_status sl_checkpoint_write(const struct sl_cache *cache,
                                   const struct sl_digest *trajectory,
                                   struct sl_place place, const struct sl_bundle *content,
                                   struct sl_error *err);
/* The furthest one that is whole and not beyond `last`; *found is false if there is none.
 * content has been initialised. */
enum sl_status sl_checkpoint_read(const struct sl_cache *cache,
                                  const struct sl_digest *trajectory,
                                  struct sl_place last, struct sl_place *place,
                                  struct sl_bundle *content, bool *found,
                                  struct sl_error *err);

/* How far a trajectory's checkpoints reach, by their names: one that is beyond `last` does
 * not count. {0, 0} where there is none. */
struct sl_place sl_checkpoint_reach(const struct sl_cache *cache,
                                    const struct sl_digest *trajectory,
                                    struct sl_place last);

#endif
