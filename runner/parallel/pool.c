/* SPDX-License-Identifier: MIT */
#include "runner/parallel/pool.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runner/base/float_state.h"
#include "runner/parallel/profile.h"
#include "runner/parallel/queue.h"
#include "runner/parallel/region_inside.h"

/* How long an idle thread looks for work before it sleeps. A training submits a region
 * every 20 to 300 microseconds, with less than 100 between them where layers are narrow, and
 * waking a thread takes about 50. */
#define SPIN_NS 100000

/*
 * lock     covers everything but the constant `threads` and `crowded`
 * started  workers; there are more when there is work for them that nobody else takes
 * offers   regions on the list and jobs that wait: written under the lock; idle threads
 *          look at it without
 * work     there may be something to do, or nothing more to wait for
 * done     the helpers of some region have left
 */
struct sl_pool {
    unsigned threads;
    atomic_bool
        crowded; /* more threads than CPUs: to spin is to be in the way. Set before the
                     first worker starts */
    unsigned started;
    pthread_t *workers; /* threads - 1 */

    pthread_mutex_t lock;
    pthread_cond_t work, done;
    atomic_size_t offers;
    struct sl_region *oldest, *newest;
    struct sl_queue jobs;
    size_t running;  /* jobs */
    unsigned asleep; /* threads that wait for work */
    bool stop;
    struct sl_profile *profile; /* NULL: nobody asks. Constant, as is alone */
    struct sl_pool *alone;      /* threads 1 */
};

static uint64_t
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void
pause_once(const struct sl_pool *pool)
{
    if (pool->crowded) {
        sched_yield();
        return;
    }
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

/* The lock is held for a few dozen instructions: to sleep for it would take longer. */
static void
acquire(struct sl_pool *pool)
{
    for (int i = 0; i < 100; i++) {
        if (pthread_mutex_trylock(&pool->lock) == 0)
            return;
        pause_once(pool);
    }
    pthread_mutex_lock(&pool->lock);
}

static void
release(struct sl_pool *pool)
{
    pthread_mutex_unlock(&pool->lock);
}

/* ---- threads ----------------------------------------------------------------------- */

static void *work(void *argument);

/* Signals that a thread raises itself go to it, blocked or not. */
static void
block_signals(sigset_t *before)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    sigset_t set;

    sigfillset(&set);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        sigdelset(&set, own[i]);
    pthread_sigmask(SIG_BLOCK, &set, before);
}

/* Up to count more workers; called with the lock held. Where the system grants no thread,
 * those that are there do the work. */
static void
start_workers(struct sl_pool *pool, size_t count)
{
    sigset_t before;
    int failed = 0;

    if (count == 0 || pool->started + 1 == pool->threads)
        return;
    if (pool->started == 0)
        pool->crowded = pool->threads > sl_pool_default_threads();
    block_signals(&before);
    for (; !failed && count > 0 && pool->started + 1 < pool->threads; count--) {
        failed = pthread_create(&pool->workers[pool->started], NULL, work, pool);
        pool->started += !failed;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- regions ----------------------------------------------------------------------- */

static void
list(struct sl_pool *pool, struct sl_region *region)
{
    if (pool->oldest == NULL)
        pool->oldest = region;
    else
        pool->newest->link = region;
    pool->newest = region;
    region->listed = true;
    atomic_fetch_add(&pool->offers, 1);
}

static void
unlist(struct sl_pool *pool, struct sl_region *region)
{
    struct sl_region *before = NULL, *r;

    if (!region->listed)
        return;
    for (r = pool->oldest; r != region; r = r->link)
        before = r;
    if (before == NULL)
        pool->oldest = region->link;
    else
        before->link = region->link;
    if (pool->newest == region)
        pool->newest = before;
    region->listed = false;
    atomic_fetch_sub(&pool->offers, 1);
}

/* The share that this thread begins with: that of its place among the pool's threads, in
 * which those that are none of its workers are the first. Called with the lock held. */
static unsigned
home_of(const struct sl_pool *pool, const struct sl_region *region)
{
    pthread_t self = pthread_self();
    unsigned place = 0;

    for (unsigned i = 0; i < pool->started && place == 0; i++)
        if (pthread_equal(pool->workers[i], self))
            place = i + 1;
    return place * region->shares / pool->threads;
}

/* The oldest region that has tiles left; those found without are taken off the list. */
static struct sl_region *
oldest_region(struct sl_pool *pool)
{
    while (pool->oldest != NULL && !sl_region_has_tiles(pool->oldest))
        unlist(pool, pool->oldest);
    return pool->oldest;
}

/* Called and returns with the lock held. Once helpers is 0 the region may be gone. */
static void
help(struct sl_pool *pool, struct sl_region *region)
{
    struct sl_profile_span span;
    unsigned home = home_of(pool, region);
    bool wake;

    atomic_fetch_add_explicit(&region->helpers, 1, memory_order_relaxed);
    release(pool);
    sl_profile_help(pool->profile, &span, &region->span);
    sl_region_work(region, home);
    sl_profile_end(&span, (struct sl_amount){0});
    acquire(pool);
    unlist(pool, region);
    wake = region->asleep;
    if (atomic_fetch_sub_explicit(&region->helpers, 1, memory_order_release) == 1 && wake)
        pthread_cond_broadcast(&pool->done);
}

static bool
is_left(struct sl_region *region)
{
    return atomic_load_explicit(&region->helpers, memory_order_acquire) == 0;
}

/* First without the lock, for a while. */
static void
await_last_helper(struct sl_pool *pool, struct sl_region *region)
{
    uint64_t end = now_ns() + SPIN_NS;

    while (now_ns() < end)
        for (int i = 0; i < 16; i++, pause_once(pool))
            if (is_left(region))
                return;
    acquire(pool);
    region->asleep = true;
    while (!is_left(region))
        pthread_cond_wait(&pool->done, &pool->lock);
    release(pool);
}

/* Returns when no helper is inside any more. */
static void
await_helpers(struct sl_pool *pool, struct sl_region *region)
{
    struct sl_profile_span span;

    if (is_left(region))
        return;
    sl_profile_begin(pool->profile, &span, SL_OPERATION_WAIT, "tiles");
    await_last_helper(pool, region);
    sl_profile_end(&span, (struct sl_amount){0});
}

/* Wakes up to count of the threads that slept when the lock was held. */
static void
wake(struct sl_pool *pool, unsigned asleep, size_t count)
{
    if (asleep > 0 && count >= asleep) {
        pthread_cond_broadcast(&pool->work);
        return;
    }
    while (asleep > 0 && count-- > 0)
        pthread_cond_signal(&pool->work);
}

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* On the list, with up to count helpers on their way. */
static void
offer(struct sl_pool *pool, struct sl_region *region, size_t count)
{
    unsigned asleep;

    region->span = sl_profile_like(pool->profile);
    region->shares =
        (unsigned)smaller(smaller(pool->threads, SL_POOL_SHARES), region->tiles);
    acquire(pool);
    region->home = home_of(pool, region);
    list(pool, region);
    asleep = pool->asleep;
    if (asleep < count)
        start_workers(pool, count - asleep);
    release(pool);
    wake(pool, asleep, count);
}

static bool
has_helpers(const struct sl_pool *pool)
{
    return pool != NULL && pool->threads > 1;
}

void
sl_pool_offer(struct sl_pool *pool, struct sl_region *region, size_t tiles,
              sl_tile_fn *fn, void *context)
{
    *region = sl_region_of(tiles, fn, context);
    if (has_helpers(pool) && tiles > 0)
        offer(pool, region, tiles);
}

/* A region ends when it is off the list, so that nobody can come to help any more, and
 * helpers is 0. */
void
sl_pool_collect(struct sl_pool *pool, struct sl_region *region)
{
    sl_region_work(region, region->home);
    if (!has_helpers(pool))
        return;
    acquire(pool);
    unlist(pool, region);
    release(pool);
    await_helpers(pool, region);
}

void
sl_pool_tiles(struct sl_pool *pool, size_t tiles, sl_tile_fn *fn, void *context)
{
    uint64_t float_state = sl_float_state();

    if (has_helpers(pool) && tiles > 1) {
        struct sl_region region = sl_region_of(tiles, fn, context);
        offer(pool, &region, tiles - 1);
        sl_pool_collect(pool, &region);
        return;
    }
    for (size_t i = 0; i < tiles; i++)
        sl_tile_do(fn, context, i, float_state);
}

/* ---- jobs -------------------------------------------------------------------------- */

/* How many more jobs wait than there are threads without one. */
static size_t
lacking_threads(const struct sl_pool *pool)
{
    size_t free = pool->started + 1 - pool->running;

    return pool->jobs.count > free ? pool->jobs.count - free : 0;
}

/* All threads that sleep are woken, lest the one that is woken leaves the job to another
 * that still sleeps. While jobs run one of them is taken to submit this, and to end soon;
 * where none does, sl_pool_finish makes up for it. */
void
sl_pool_submit(struct sl_pool *pool, struct sl_job *job)
{
    unsigned asleep;

    assert(job->priority == job->priority);
    acquire(pool);
    sl_queue_push(&pool->jobs, job);
    atomic_fetch_add(&pool->offers, 1);
    asleep = pool->asleep;
    if (lacking_threads(pool) > (pool->running > 0))
        start_workers(pool, 1);
    release(pool);
    wake(pool, asleep, asleep);
}

static bool
is_finished(const struct sl_pool *pool)
{
    return pool->jobs.count == 0 && pool->running == 0;
}

/* The job belongs to its run function from here on, which may free it. */
static void
run_job(struct sl_pool *pool)
{
    struct sl_job *job = sl_queue_pop(&pool->jobs);

    atomic_fetch_sub(&pool->offers, 1);
    pool->running++;
    release(pool);
    job->run(job);
    acquire(pool);
    pool->running--;
    if (is_finished(pool))
        pthread_cond_broadcast(&pool->work);
}

/* A thread that has ticks to give leaves jobs to the others if they suffice. */
static bool
takes_job(const struct sl_pool *pool, bool ticking)
{
    return pool->jobs.count > 0 &&
           (!ticking || pool->jobs.count + pool->running > pool->started);
}

/* Does a piece of work, if there is any. Called and returns with the lock held. */
static bool
work_once(struct sl_pool *pool, bool ticking)
{
    struct sl_region *region = oldest_region(pool);

    if (region != NULL)
        help(pool, region);
    else if (takes_job(pool, ticking))
        run_job(pool);
    else
        return false;
    return true;
}

static void
spin_for_work(const struct sl_pool *pool)
{
    uint64_t end = now_ns() + SPIN_NS;

    while (now_ns() < end)
        for (int i = 0; i < 16; i++, pause_once(pool))
            if (atomic_load_explicit(&pool->offers, memory_order_relaxed) > 0)
                return;
}

/* Spins, then sleeps, until there may be work or the clock shows until_ns (0: never).
 * Called and returns with the lock held. */
static void
idle(struct sl_pool *pool, bool finishing, uint64_t until_ns)
{
    bool ticking = until_ns != 0;
    struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000),
                             .tv_nsec = (long)(until_ns % 1000000000)};
    struct sl_profile_span span;

    release(pool);
    sl_profile_begin(pool->profile, &span, SL_OPERATION_IDLE, "idle");
    spin_for_work(pool);
    acquire(pool);
    if (pool->oldest != NULL || takes_job(pool, ticking) || pool->stop ||
        (finishing && is_finished(pool))) {
        sl_profile_end(&span, (struct sl_amount){0});
        return;
    }
    pool->asleep++;
    if (until_ns == 0)
        pthread_cond_wait(&pool->work, &pool->lock);
    else
        pthread_cond_timedwait(&pool->work, &pool->lock, &until);
    pool->asleep--;
    sl_profile_end(&span, (struct sl_amount){0});
}

void
sl_pool_finish(struct sl_pool *pool, unsigned tick_ms, void (*tick)(void *context),
               void *context)
{
    uint64_t interval = (uint64_t)tick_ms * 1000000, next = now_ns() + interval;

    acquire(pool);
    start_workers(pool, tick != NULL ? pool->threads - 1 : lacking_threads(pool));
    while (!is_finished(pool)) {
        if (tick != NULL && now_ns() >= next) {
            release(pool);
            tick(context);
            next = now_ns() + interval;
            acquire(pool);
        } else if (!work_once(pool, tick != NULL)) {
            idle(pool, true, tick == NULL ? 0 : next);
        }
    }
    release(pool);
}

static void *
work(void *argument)
{
    struct sl_pool *pool = argument;

    sl_profile_thread(pool->profile, "worker");
    acquire(pool);
    while (!pool->stop)
        if (!work_once(pool, false))
            idle(pool, false, 0);
    release(pool);
    return NULL;
}

/* ---- the pool ---------------------------------------------------------------------- */

static void
init_locks(struct sl_pool *pool)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, &monotonic);
    pthread_cond_init(&pool->done, NULL);
    pthread_condattr_destroy(&monotonic);
}

enum sl_status
sl_pool_new(struct sl_pool **pool, unsigned threads, struct sl_error *err)
{
    struct sl_pool *fresh = calloc(1, sizeof *fresh);

    assert(threads >= 1);
    if (fresh != NULL)
        fresh->workers = calloc(threads, sizeof *fresh->workers);
    if (fresh == NULL || fresh->workers == NULL) {
        free(fresh);
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %u threads", threads);
    }
    fresh->threads = threads;
    init_locks(fresh);
    *pool = fresh;
    return SL_OK;
}

void
sl_pool_free(struct sl_pool *pool)
{
    if (pool == NULL)
        return;
    acquire(pool);
    pool->stop = true;
    pthread_cond_broadcast(&pool->work);
    release(pool);
    for (unsigned i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i], NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    sl_pool_free(pool->alone);
    free(pool->workers);
    free(pool);
}

enum sl_status
sl_pool_watch(struct sl_pool *pool, struct sl_profile *profile, struct sl_error *err)
{
    if (!profile)
        return SL_OK;
    SL_TRY(sl_pool_new(&pool->alone, 1, err));
    pool->alone->profile = pool->profile = profile;
    return SL_OK;
}

struct sl_profile *
sl_pool_profile(const struct sl_pool *pool)
{
    return pool ? pool->profile : NULL;
}

struct sl_pool *
sl_pool_alone(struct sl_pool *pool)
{
    if (pool == NULL || pool->profile == NULL)
        return NULL;
    return pool->alone ? pool->alone : pool;
}

unsigned
sl_pool_threads(const struct sl_pool *pool)
{
    return pool->threads;
}
