/* SPDX-License-Identifier: MIT */
#ifndef SL_PARALLEL_BESIDE_H
#define SL_PARALLEL_BESIDE_H

#include <pthread.h>
#include <stdbool.h>

#include "runner/base/error.h"

/*
 * Work that goes on beside what its caller does next, on a thread of its own, which takes no
 * signals; where there can't be one, it is done at once. A process that forks waits for it
 * first.
 */
struct sl_beside {
    enum sl_status (*work)(void *context, struct sl_error *err);
    void *context;
    pthread_t thread;
    pthread_mutex_t lock; /* covers apart: several may wait */
    bool apart;           /* the thread is there, and nobody has waited for it */
    enum sl_status status;
    struct sl_error error;
};

/* Zeros are work that is done and went well. */
#define SL_BESIDE_NONE                                                                   \
    {                                                                                    \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                \
    }

/* beside must stay where it is, and nothing be under way in it. */
void sl_beside_start(struct sl_beside *beside,
                     enum sl_status (*work)(void *context, struct sl_error *err),
                     void *context);
/* What the work came to, once it has; waiting again says the same. */
enum sl_status sl_beside_wait(struct sl_beside *beside, struct sl_error *err);

#endif
