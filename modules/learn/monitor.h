/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_MONITOR_H
#define SL_LEARN_MONITOR_H

#include "modules/learn/fit.h"

/*
 * The losses of splits after each epoch of a training. Where nothing waits for them and the
 * parameters are few, those of some epochs are computed together, from copies of theta, by
 * threads that have nothing to do while the training goes on: a loss depends on the
 * parameters alone.
 */
struct sl_monitor_block {
    const struct sl_monitor *monitor;
    uint64_t first; /* epoch */
    size_t n;       /* epochs */
    char *thetas;   /* room for SL_MONITOR_EPOCHS */
    struct sl_error *errors;
    struct sl_region region;
};

/* Set by the caller: down to `later`. */
struct sl_monitor {
    struct sl_pool *pool;
    const struct sl_dataset *data;
    const struct sl_learner *learner;
    struct sl_string_list names; /* of the splits */
    double *losses;              /* epochs x names.n */
    size_t theta_bytes;
    bool later; /* nothing looks at them before sl_monitor_finish */

    struct sl_seats seats;
    size_t most;     /* rows of a split */
    double *of_rows; /* of each seat `most`: losses */
    struct sl_monitor_block blocks[2];
    struct sl_monitor_block *filling;
    bool offered; /* the other one: threads may be at it */
};

#define SL_MONITOR_EPOCHS 8

/* Memory is the arena's; SL_ERR_MEMORY. */
enum sl_status sl_monitor_open(struct sl_monitor *monitor, struct sl_arena *arena,
                               struct sl_error *err);

/* After an epoch, counted from 0, each once. SL_ERR_NUMERIC names the first epoch and split
 * whose loss is not finite, now or in a later call. */
enum sl_status sl_monitor_see(struct sl_monitor *monitor, uint64_t epoch,
                              const void *theta, struct sl_error *err);

/* The losses of all epochs so far are there, and nobody is at them. The same errors, each told
 * once. */
enum sl_status sl_monitor_finish(struct sl_monitor *monitor, struct sl_error *err);

#endif
