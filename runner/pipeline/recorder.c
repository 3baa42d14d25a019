/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/recorder.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "runner/parallel/profile.h"

/* Records that may wait: a bound on memory. */
#define QUEUE_MOST 1024

struct sl_recorded {
    struct sl_recorded *next;
    size_t run;
    struct sl_record record;
};

static enum sl_status
publish(const struct sl_recorded *first, struct sl_error *err)
{
    struct sl_publication *files;
    struct sl_arena arena;
    enum sl_status status;
    size_t n = 0;

    for (const struct sl_recorded *r = first; r; r = r->next)
        n += r->record.n;
    sl_arena_init(&arena);
    files = sl_arena_alloc(&arena, n * sizeof *files);
    n = 0;
    for (const struct sl_recorded *r = first; r; r = r->next)
        for (size_t i = 0; i < r->record.n; i++)
            files[n++] = r->record.files[i];
    status = sl_publish_group(files, n, err);
    sl_arena_release(&arena);
    return status;
}

static double
bytes_of(const struct sl_recorded *first)
{
    double bytes = 0;

    for (const struct sl_recorded *r = first; r; r = r->next)
        for (size_t i = 0; i < r->record.n; i++)
            bytes += (double)r->record.files[i].count;
    return bytes;
}

static void
publish_all(struct sl_recorder *recorder, struct sl_recorded *first)
{
    struct sl_recorded *next;
    struct sl_profile_span span;
    struct sl_error err;
    enum sl_status status;

    sl_profile_begin(recorder->profile, &span, SL_OPERATION_PUBLISH, "record");
    status = publish(first, &err);
    sl_profile_end(&span, (struct sl_amount){.bytes = bytes_of(first)});
    for (struct sl_recorded *r = first; r; r = next) {
        next = r->next;
        recorder->done(recorder->context, r->run, status, &err);
        sl_record_release(&r->record);
        free(r);
    }
}

/* Everything that waits, or NULL at the end. */
static struct sl_recorded *
take_all(struct sl_recorder *recorder)
{
    struct sl_recorded *first;

    pthread_mutex_lock(&recorder->lock);
    while (!recorder->first && !recorder->ending)
        pthread_cond_wait(&recorder->changed, &recorder->lock);
    first = recorder->first;
    recorder->first = recorder->last = NULL;
    recorder->n = 0;
    pthread_cond_broadcast(&recorder->changed);
    pthread_mutex_unlock(&recorder->lock);
    return first;
}

static void *
work(void *context)
{
    struct sl_recorder *recorder = context;
    struct sl_recorded *first;

    sl_profile_thread(recorder->profile, "recorder");
    while ((first = take_all(recorder)))
        publish_all(recorder, first);
    return NULL;
}

enum sl_status
sl_recorder_init(struct sl_recorder *recorder, size_t runs,
                 void (*done)(void *context, size_t run, enum sl_status status,
                              const struct sl_error *err),
                 void *context, struct sl_error *err)
{
    sigset_t all, old;
    int failed;

    *recorder = (struct sl_recorder){.alone = runs <= 1,
                                     .done = done,
                                     .context = context,
                                     .profile = recorder->profile};
    if (recorder->alone)
        return SL_OK;
    pthread_mutex_init(&recorder->lock, NULL);
    pthread_cond_init(&recorder->changed, NULL);
    sigfillset(&all); /* signals are for the thread that called */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    failed = pthread_create(&recorder->thread, NULL, work, recorder);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!failed)
        return SL_OK;
    pthread_cond_destroy(&recorder->changed);
    pthread_mutex_destroy(&recorder->lock);
    return sl_fail(err, SL_ERR_MEMORY, "can't start a thread: %s", strerror(failed));
}

void
sl_recorder_add(struct sl_recorder *recorder, size_t run, struct sl_record *record)
{
    struct sl_recorded *recorded = malloc(sizeof *recorded);

    if (!recorded)
        sl_memory_exhausted();
    *recorded = (struct sl_recorded){.run = run, .record = *record};
    *record = (struct sl_record){0};
    if (recorder->alone) {
        publish_all(recorder, recorded);
        return;
    }
    pthread_mutex_lock(&recorder->lock);
    while (recorder->n >= QUEUE_MOST)
        pthread_cond_wait(&recorder->changed, &recorder->lock);
    if (recorder->last)
        recorder->last->next = recorded;
    else
        recorder->first = recorded;
    recorder->last = recorded;
    recorder->n++;
    pthread_cond_broadcast(&recorder->changed);
    pthread_mutex_unlock(&recorder->lock);
}

void
sl_recorder_release(struct sl_recorder *recorder)
{
    if (recorder->alone)
        return;
    pthread_mutex_lock(&recorder->lock);
    recorder->ending = true;
    pthread_cond_broadcast(&recorder->changed);
    pthread_mutex_unlock(&recorder->lock);
    pthread_join(recorder->thread, NULL);
    pthread_cond_destroy(&recorder->changed);
    pthread_mutex_destroy(&recorder->lock);
}
