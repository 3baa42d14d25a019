/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/aside.h"

#include <stdlib.h>

void
sl_asides_init(struct sl_asides *asides, struct sl_pool *pool)
{
    *asides = (struct sl_asides){.pool = pool};
    pthread_mutex_init(&asides->lock, NULL);
}

void *
sl_aside_new(size_t size, const char *label)
{
    struct sl_aside *aside = calloc(1, size);

    if (!aside)
        sl_memory_exhausted();
    aside->label = label;
    sl_arena_init(&aside->arena);
    return aside;
}

void
sl_aside_free(struct sl_aside *aside)
{
    sl_arena_release(&aside->arena);
    free(aside);
}

static void
work(void *context, size_t tile)
{
    struct sl_aside *aside = context;

    (void)tile;
    aside->status = aside->work(aside, &aside->error);
}

void
sl_asides_add(struct sl_asides *asides, struct sl_aside *aside,
              enum sl_status (*what)(struct sl_aside *aside, struct sl_error *err))
{
    aside->work = what;
    pthread_mutex_lock(&asides->lock);
    aside->next = asides->last;
    asides->last = aside;
    pthread_mutex_unlock(&asides->lock);
    sl_pool_offer(asides->pool, &aside->region, 1, work, aside);
}

enum sl_status
sl_asides_collect(struct sl_asides *asides, struct sl_error *err)
{
    enum sl_status status = SL_OK;

    for (struct sl_aside *aside = asides->last; aside; aside = aside->next) {
        sl_pool_collect(asides->pool, &aside->region);
        if (!aside->status || status)
            continue;
        status = aside->status;
        aside->status = SL_OK;
        *err = aside->error;
        sl_error_context(err, "step '%s'", aside->label);
    }
    return status;
}

void
sl_asides_release(struct sl_asides *asides)
{
    struct sl_aside *next;

    for (struct sl_aside *aside = asides->last; aside; aside = next) {
        next = aside->next;
        sl_aside_free(aside);
    }
    asides->last = NULL;
    pthread_mutex_destroy(&asides->lock);
}
