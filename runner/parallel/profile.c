/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runner/parallel/profile_inside.h"

/* How often a thread looks how much memory is resident, at the end of a span: it takes two
 * microseconds. */
#define LOOK_NS 5000000

const char *
sl_operation_word(enum sl_operation operation)
{
    static const char *const words[SL_OPERATIONS] = {
        [SL_OPERATION_RUN] = "run",
        [SL_OPERATION_STEP] = "step",
        [SL_OPERATION_LOAD] = "load",
        [SL_OPERATION_TRAIN] = "train",
        [SL_OPERATION_CALIBRATE] = "calibrate",
        [SL_OPERATION_DETECT] = "detect",
        [SL_OPERATION_SAMPLE] = "sample",
        [SL_OPERATION_SCORE] = "score",
        [SL_OPERATION_GATHER] = "gather",
        [SL_OPERATION_FORWARD] = "forward",
        [SL_OPERATION_BACKWARD] = "backward",
        [SL_OPERATION_PRODUCT] = "product",
        [SL_OPERATION_LOSS] = "loss",
        [SL_OPERATION_OPTIMIZER] = "optimizer",
        [SL_OPERATION_EVALUATE] = "evaluate",
        [SL_OPERATION_READ] = "read",
        [SL_OPERATION_HASH] = "hash",
        [SL_OPERATION_WRITE] = "write",
        [SL_OPERATION_PUBLISH] = "publish",
        [SL_OPERATION_FIGURE] = "figure",
        [SL_OPERATION_WAIT] = "wait",
        [SL_OPERATION_IDLE] = "idle",
    };

    return words[operation];
}

static uint64_t
clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t
sl_profile_now(const struct sl_profile *profile)
{
    return clock_ns() - profile->origin;
}

void *
sl_profile_grow(void *items, size_t n, size_t *capacity, size_t size)
{
    size_t more = *capacity ? *capacity : 16;
    char *grown;

    while (more <= n)
        more *= 2;
    if (more == *capacity)
        return items;
    grown = realloc(items, more * size);
    if (!grown)
        sl_memory_exhausted();
    memset(grown + *capacity * size, 0, (more - *capacity) * size);
    *capacity = more;
    return grown;
}

/* ---- threads ------------------------------------------------------------------------- */

static struct sl_profile_thread *
enter(struct sl_profile *profile, const char *name)
{
    struct sl_profile_thread *thread = calloc(1, sizeof *thread);

    if (!thread)
        sl_memory_exhausted();
    thread->profile = profile;
    snprintf(thread->name, sizeof thread->name, "%s", name);
    pthread_mutex_lock(&profile->lock);
    if (profile->last)
        profile->last->next = thread;
    else
        profile->first = thread;
    profile->last = thread;
    profile->n++;
    pthread_mutex_unlock(&profile->lock);
    if (pthread_setspecific(profile->key, thread) != 0)
        sl_memory_exhausted();
    return thread;
}

static struct sl_profile_thread *
thread_here(struct sl_profile *profile)
{
    struct sl_profile_thread *thread = pthread_getspecific(profile->key);

    return thread ? thread : enter(profile, "thread");
}

void
sl_profile_thread(struct sl_profile *profile, const char *name)
{
    if (profile && !pthread_getspecific(profile->key))
        enter(profile, name);
}

enum sl_status
sl_profile_new(struct sl_profile **profile, size_t events, struct sl_error *err)
{
    struct sl_profile *fresh = calloc(1, sizeof *fresh);

    if (!fresh || pthread_key_create(&fresh->key, NULL) != 0) {
        free(fresh);
        return sl_fail(err, SL_ERR_MEMORY, "no memory for a profile");
    }
    fresh->bound = events;
    fresh->resident = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    pthread_mutex_init(&fresh->lock, NULL);
    sl_arena_init(&fresh->arena);
    fresh->origin = clock_ns();
    enter(fresh, "main");
    *profile = fresh;
    return SL_OK;
}

static void
free_thread(struct sl_profile_thread *thread)
{
    struct sl_profile_chunk *next;

    for (struct sl_profile_chunk *chunk = thread->first; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(thread->rows);
    free(thread->shares);
    free(thread);
}

void
sl_profile_free(struct sl_profile *profile)
{
    struct sl_profile_thread *next;

    if (!profile)
        return;
    for (struct sl_profile_thread *thread = profile->first; thread; thread = next) {
        next = thread->next;
        free_thread(thread);
    }
    if (profile->resident >= 0)
        close(profile->resident);
    free(profile->step);
    free(profile->open);
    sl_arena_release(&profile->arena);
    pthread_mutex_destroy(&profile->lock);
    pthread_key_delete(profile->key);
    free(profile);
}

/* ---- spans --------------------------------------------------------------------------- */

static void
open_span(struct sl_profile_thread *thread, struct sl_profile_span *span)
{
    span->thread = thread;
    span->outer = thread->top;
    span->inner = 0;
    span->resident = 0;
    thread->top = span;
    span->start = sl_profile_now(thread->profile);
}

void
sl_profile_open(struct sl_profile *profile, struct sl_profile_span *span,
                enum sl_operation operation, const char *name)
{
    struct sl_profile_thread *thread = thread_here(profile);

    span->operation = operation;
    span->name = name;
    span->step = thread->top ? thread->top->step : 0;
    span->helps = false;
    open_span(thread, span);
}

const struct sl_profile_span *
sl_profile_here(const struct sl_profile *profile)
{
    const struct sl_profile_thread *thread =
        profile ? pthread_getspecific(profile->key) : NULL;

    return thread ? thread->top : NULL;
}

struct sl_profile_like
sl_profile_like(const struct sl_profile *profile)
{
    const struct sl_profile_span *here = sl_profile_here(profile);

    return here ? (struct sl_profile_like){here->name, here->step, here->operation}
                : (struct sl_profile_like){0};
}

void
sl_profile_help(struct sl_profile *profile, struct sl_profile_span *span,
                const struct sl_profile_like *like)
{
    span->thread = NULL;
    if (!profile || !like->name)
        return;
    span->operation = like->operation;
    span->name = like->name;
    span->step = like->step;
    span->helps = true;
    open_span(thread_here(profile), span);
}

static struct sl_profile_event *
next_event(struct sl_profile_thread *thread)
{
    struct sl_profile_chunk *chunk = thread->last;

    if (!chunk || chunk->n == SL_PROFILE_CHUNK) {
        chunk = malloc(sizeof *chunk);
        if (!chunk)
            return NULL;
        chunk->next = NULL;
        chunk->n = 0;
        if (thread->last)
            thread->last->next = chunk;
        else
            thread->first = chunk;
        thread->last = chunk;
    }
    thread->events++;
    return &chunk->events[chunk->n++];
}

static void
note_event(struct sl_profile_thread *thread, bool always,
           const struct sl_profile_event *event)
{
    struct sl_profile_event *place =
        always || thread->events < thread->profile->bound ? next_event(thread) : NULL;

    if (place)
        *place = *event;
    else
        thread->dropped++;
}

/* Now and then; what is seen stands for the spans around, too. */
static void
look(struct sl_profile_thread *thread, struct sl_profile_span *span, uint64_t now)
{
    struct sl_profile_event event = {.start = now, .operation = SL_OPERATIONS};
    size_t bytes;

    if (now - thread->looked < LOOK_NS)
        return;
    thread->looked = now;
    bytes = sl_profile_resident(thread->profile);
    span->resident = bytes > span->resident ? bytes : span->resident;
    event.bytes = (double)bytes;
    if (bytes)
        note_event(thread, false, &event);
}

struct sl_profile_row *
sl_profile_row(struct sl_profile_thread *thread, enum sl_operation operation,
               const char *name)
{
    size_t i = 0;

    while (i < thread->n &&
           (thread->rows[i].name != name || thread->rows[i].operation != operation))
        i++;
    if (i == thread->n) {
        thread->rows = sl_profile_grow(thread->rows, thread->n, &thread->capacity,
                                       sizeof *thread->rows);
        thread->rows[i] = (struct sl_profile_row){.operation = operation, .name = name};
        thread->n++;
    }
    return &thread->rows[i];
}

static void
count(struct sl_profile_thread *thread, const struct sl_profile_span *span, uint64_t own,
      const struct sl_amount *amount)
{
    struct sl_profile_row *row = sl_profile_row(thread, span->operation, span->name);
    struct sl_profile_share *share;

    thread->shares = sl_profile_grow(thread->shares, span->step, &thread->shares_size,
                                     sizeof *thread->shares);
    share = &thread->shares[span->step];
    share->busy += own;
    share->flops += amount->flops;
    share->bytes += amount->bytes;
    row->count += !span->helps;
    row->ns += own;
    row->flops += amount->flops;
    row->bytes += amount->bytes;
    row->resident = span->resident > row->resident ? span->resident : row->resident;
}

void
sl_profile_close(struct sl_profile_span *span, struct sl_amount amount)
{
    struct sl_profile_thread *thread = span->thread;
    uint64_t now = sl_profile_now(thread->profile), ns = now - span->start;
    struct sl_profile_event event = {
        .start = span->start,
        .ns = ns,
        .flops = amount.flops,
        .bytes = amount.bytes,
        .name = span->name,
        .step = span->step,
        .rows = amount.rows < UINT32_MAX ? (uint32_t)amount.rows : UINT32_MAX,
        .operation = span->operation,
    };

    thread->top = span->outer;
    if (span->outer)
        span->outer->inner += ns;
    if (span->operation == SL_OPERATION_IDLE)
        return;
    look(thread, span, now);
    note_event(thread, span->operation <= SL_OPERATION_STEP && !span->helps, &event);
    count(thread, span, ns - span->inner, &amount);
    if (span->outer && span->resident > span->outer->resident)
        span->outer->resident = span->resident;
}
