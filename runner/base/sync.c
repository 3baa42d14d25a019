/* SPDX-License-Identifier: MIT */
#include "runner/base/sync.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

/* Two share what there is to share; a third costs more than it brings. */
#define THREADS_MOST 2

struct syncing {
    struct sl_sync *files;
    size_t n;
    atomic_size_t next; /* the first that nobody has taken */
};

int
sl_sync_one(int fd)
{
    int failed;

    do
        failed = fsync(fd);
    while (failed && errno == EINTR);
    return failed ? errno : 0;
}

static void *
work(void *context)
{
    struct syncing *s = context;
    size_t i;

    while ((i = atomic_fetch_add(&s->next, 1)) < s->n)
        s->files[i].error = sl_sync_one(s->files[i].fd);
    return NULL;
}

/* Signals are for the threads that were there before. */
static size_t
start(struct syncing *s, pthread_t *threads)
{
    size_t most = s->n < THREADS_MOST ? s->n : THREADS_MOST, started = 0;
    sigset_t all, before;
    bool granted = true;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (granted && started + 1 < most) {
        granted = pthread_create(&threads[started], NULL, work, s) == 0;
        started += granted;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

void
sl_sync_all(struct sl_sync *files, size_t n)
{
    struct syncing s = {.files = files, .n = n};
    pthread_t threads[THREADS_MOST];
    size_t started = n > 1 ? start(&s, threads) : 0;

    work(&s);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}
