/* SPDX-License-Identifier: MIT */
#include "runner/parallel/beside.h"

#include <signal.h>

static void *
work(void *context)
{
    struct sl_beside *beside = context;

    beside->status = beside->work(beside->context, &beside->error);
    return NULL;
}

void
sl_beside_start(struct sl_beside *beside,
                enum sl_status (*what)(void *context, struct sl_error *err),
                void *context)
{
    sigset_t all, before;

    beside->work = what;
    beside->context = context;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    beside->apart = pthread_create(&beside->thread, NULL, work, beside) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!beside->apart)
        work(beside);
}

enum sl_status
sl_beside_wait(struct sl_beside *beside, struct sl_error *err)
{
    pthread_mutex_lock(&beside->lock);
    if (beside->apart)
        pthread_join(beside->thread, NULL);
    beside->apart = false;
    pthread_mutex_unlock(&beside->lock);
    if (beside->status)
        *err = beside->error;
    return beside->status;
}
