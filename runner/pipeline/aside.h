/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_ASIDE_H
#define SL_PIPELINE_ASIDE_H

#include <pthread.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"
#include "runner/parallel/pool.h"

/*
 * Work of a step that nothing waits for until its run is recorded, such as a last checkpoint:
 * idle threads do it while the next steps run, and whoever collects does what is left.
 */
struct sl_aside {
    struct sl_region region;
    struct sl_aside *next;
    enum sl_status (*work)(struct sl_aside *aside, struct sl_error *err);
    const char *label;     /* of the step, for messages */
    struct sl_arena arena; /* the work's own, until sl_asides_release */
    enum sl_status status;
    struct sl_error error;
};

/* The lock covers the list, in which the last comes first. */
struct sl_asides {
    struct sl_pool *pool;
    pthread_mutex_t lock;
    struct sl_aside *last;
};

void sl_asides_init(struct sl_asides *asides, struct sl_pool *pool);

/* size: of a struct whose first member is an sl_aside; the others are zeros. */
void *sl_aside_new(size_t size, const char *label);
void sl_aside_free(struct sl_aside *aside);
/* Takes it over. From any thread; the work is done once, by any. */
void sl_asides_add(struct sl_asides *asides, struct sl_aside *aside,
                   enum sl_status (*work)(struct sl_aside *aside, struct sl_error *err));

/* Returns when all that was added is done, with an error of one if there is any that was not
 * told before. By one thread at a time. */
enum sl_status sl_asides_collect(struct sl_asides *asides, struct sl_error *err);
void sl_asides_release(struct sl_asides *asides);

#endif
