/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/parallel/pool.h"
#include "runner/parallel/queue.h"

static struct sl_pool *
pool_of(unsigned threads)
{
    struct sl_error err = {0};
    struct sl_pool *pool = NULL;

    assert_int_equal(sl_pool_new(&pool, threads, &err), SL_OK);
    assert_int_equal(sl_pool_threads(pool), threads);
    return pool;
}

static void
sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* Waits for what another thread does; false after some seconds. */
static bool
await(atomic_int *value, int want)
{
    for (int i = 0; i < 5000; i++) {
        if (atomic_load(value) >= want)
            return true;
        sleep_ms(1);
    }
    return false;
}

/* ---- tiles ------------------------------------------------------------------------- */

/* Plain integers: a tile that ran twice at once is a race, too. */
static void
count_tile(void *context, size_t tile)
{
    int *counts = context;

    counts[tile]++;
}

static void
every_tile_runs_once(void **state)
{
    static const unsigned threads[] = {1, 2, 3, 8, SL_POOL_SHARES + 3};
    static const size_t tiles[] = {0, 1, 2, 3, 7, 64, 5003};
    static int counts[5003];

    (void)state;
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        struct sl_pool *pool = pool_of(threads[t]);

        for (size_t i = 0; i < sizeof tiles / sizeof *tiles; i++) {
            memset(counts, 0, sizeof counts);
            sl_pool_tiles(pool, tiles[i], count_tile, counts);
            for (size_t j = 0; j < 5003; j++)
                assert_int_equal(counts[j], j < tiles[i]);
        }
        sl_pool_free(pool);
    }
    memset(counts, 0, sizeof counts);
    sl_pool_tiles(NULL, 5, count_tile, counts);
    for (size_t j = 0; j < 6; j++)
        assert_int_equal(counts[j], j < 5);
    sl_pool_free(NULL);
}

/* Small regions in a row, with and without a pause in which the workers fall asleep. What
 * a region writes is read after it without further ado. */
static void
regions_follow_each_other(void **state)
{
    struct sl_pool *pool = pool_of(4);
    int counts[5] = {0};

    (void)state;
    for (int i = 1; i <= 3000; i++) {
        sl_pool_tiles(pool, (size_t)(2 + i % 4), count_tile, counts);
        counts[0] += i;
        if (i % 500 == 0)
            sleep_ms(2);
    }
    assert_int_equal(counts[0], 3000 + 3000 * 3001 / 2);
    assert_int_equal(counts[1], 3000);
    assert_int_equal(counts[4], 3000 / 4);
    sl_pool_free(pool);
}

static void
meet(void *context, size_t tile)
{
    atomic_int *inside = context;

    (void)tile;
    atomic_fetch_add(inside, 1);
    if (!await(inside, 3))
        atomic_store(inside, -1000);
}

/* Each of three tiles waits for the other two to begin. */
static void
tiles_run_side_by_side(void **state)
{
    struct sl_pool *pool = pool_of(3);
    atomic_int inside = 0;

    (void)state;
    sl_pool_tiles(pool, 3, meet, &inside);
    assert_int_equal(atomic_load(&inside), 3);
    sl_pool_free(pool);
}

struct seats {
    atomic_int inside;
    pthread_t thread[3];
};

static void
sit_down(void *context, size_t tile)
{
    struct seats *seats = context;

    seats->thread[tile] = pthread_self();
    meet(&seats->inside, tile);
}

/* Where no thread is late, each has the tiles that it had before. */
static void
threads_keep_their_places(void **state)
{
    struct sl_pool *pool = pool_of(3);
    struct seats first = {0};

    (void)state;
    sl_pool_tiles(pool, 3, sit_down, &first);
    assert_true(pthread_equal(first.thread[0], pthread_self()));
    for (int i = 0; i < 200; i++) {
        struct seats seats = {0};

        sl_pool_tiles(pool, 3, sit_down, &seats);
        assert_int_equal(atomic_load(&seats.inside), 3);
        for (size_t j = 0; j < 3; j++)
            assert_true(pthread_equal(seats.thread[j], first.thread[j]));
    }
    sl_pool_free(pool);
}

/* Those that other threads had no time for are done by whoever collects. */
static void
offers_are_done_once(void **state)
{
    static const unsigned threads[] = {1, 2, 4};

    (void)state;
    for (size_t t = 0; t < 4; t++) {
        struct sl_pool *pool = t < 3 ? pool_of(threads[t]) : NULL;
        struct sl_region first, second;
        int counts[2][5] = {{0}};
        for (int i = 0; i < 500; i++) {
            sl_pool_offer(pool, &first, (size_t)(i % 4), count_tile, counts[0]);
            sl_pool_offer(pool, &second, 5, count_tile, counts[1]);
            if (i % 100 == 0)
                sleep_ms(1);
            sl_pool_collect(pool, &second);
            sl_pool_collect(pool, &first);
            counts[1][0]++;
        }
        assert_int_equal(counts[0][0], 375);
        assert_int_equal(counts[0][2], 125);
        assert_int_equal(counts[0][3], 0);
        assert_int_equal(counts[1][0], 1000);
        assert_int_equal(counts[1][4], 500);
        sl_pool_free(pool);
    }
}

static void
note_begin(void *context, size_t tile)
{
    (void)tile;
    atomic_store((atomic_int *)context, 1);
}

static void
an_idle_thread_begins_what_is_offered(void **state)
{
    struct sl_pool *pool = pool_of(2);
    struct sl_region region;
    atomic_int begun = 0;

    (void)state;
    sl_pool_offer(pool, &region, 1, note_begin, &begun);
    assert_true(await(&begun, 1));
    sl_pool_collect(pool, &region);
    sl_pool_free(pool);
}

struct caller {
    struct sl_pool *pool;
    int counts[16];
};

static void *
call_often(void *argument)
{
    struct caller *caller = argument;

    for (int i = 0; i < 500; i++)
        sl_pool_tiles(caller->pool, 16, count_tile, caller->counts);
    return NULL;
}

static void
any_thread_may_call(void **state)
{
    enum { CALLERS = 4 };
    struct sl_pool *pool = pool_of(3);
    struct caller callers[CALLERS] = {0};
    pthread_t threads[CALLERS];

    (void)state;
    for (int i = 0; i < CALLERS; i++) {
        callers[i].pool = pool;
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], NULL);
        for (int j = 0; j < 16; j++)
            assert_int_equal(callers[i].counts[j], 500);
    }
    sl_pool_free(pool);
}

/* ---- jobs -------------------------------------------------------------------------- */

struct job {
    struct sl_job base; /* first, so that a job is its base */
    struct sl_pool *pool;
    atomic_int *shared;
    int order, parts[8];
};

static void
note_order(struct sl_job *base)
{
    struct job *job = (struct job *)base;

    job->order = atomic_fetch_add(job->shared, 1);
}

static void
the_queue_is_in_order(void **state)
{
    enum { JOBS = 2000 };
    struct sl_job *jobs = calloc(JOBS, sizeof *jobs), *last = NULL, *job;
    struct sl_queue queue = {0};
    unsigned random = 2385;
    size_t n = 0;

    (void)state;
    assert_non_null(jobs);
    for (int i = 0; i < JOBS; i++) {
        random = random * 1664525u + 1013904223u;
        jobs[i].priority = random >> 24; /* many are equal */
        sl_queue_push(&queue, &jobs[i]);
        if (i % 3 == 2) { /* pushing after popping */
            job = sl_queue_pop(&queue);
            sl_queue_push(&queue, job);
        }
    }
    while ((job = sl_queue_pop(&queue)) != NULL) {
        if (last != NULL)
            assert_true(
                last->priority > job->priority ||
                (last->priority == job->priority && last->arrival < job->arrival));
        last = job;
        n++;
    }
    assert_int_equal(n, JOBS);
    assert_int_equal(queue.count, 0);
    free(jobs);
}

static void
one_thread_runs_jobs_in_order(void **state)
{
    static const struct {
        double priority;
        int want;
    } cases[] = {
        {0.5, 3}, {2.25, 1}, {0.5, 4}, {-7, 6}, {1e9, 0}, {0.5, 5}, {2.25, 2},
    };
    enum { JOBS = sizeof cases / sizeof *cases };
    struct sl_pool *pool = pool_of(1);
    struct job jobs[JOBS];
    atomic_int shared = 0;

    (void)state;
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct job){
            .base = {.run = note_order, .priority = cases[i].priority},
            .shared = &shared,
        };
        sl_pool_submit(pool, &jobs[i].base);
    }
    sl_pool_finish(pool, 100, NULL, NULL);
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(jobs[i].order, cases[i].want);
    sl_pool_finish(pool, 100, NULL, NULL);
    sl_pool_free(pool);
}

static void
free_job(struct sl_job *base)
{
    struct job *job = (struct job *)base;

    atomic_fetch_add(job->shared, 1);
    free(job);
}

static void
many_jobs_run_once_each(void **state)
{
    enum { JOBS = 100000 };
    struct sl_pool *pool = pool_of(3);
    atomic_int shared = 0;

    (void)state;
    for (int i = 0; i < JOBS; i++) {
        struct job *job = calloc(1, sizeof *job);

        assert_non_null(job);
        *job = (struct job){
            .base = {.run = free_job, .priority = i * 7919L % 1009},
            .shared = &shared,
        };
        sl_pool_submit(pool, &job->base);
    }
    sl_pool_finish(pool, 100, NULL, NULL);
    assert_int_equal(atomic_load(&shared), JOBS);
    sl_pool_free(pool);
}

/* A binary tree of jobs, order says how deep; each has tiles of its own. */
static void
branch(struct sl_job *base)
{
    struct job *job = (struct job *)base;

    sl_pool_tiles(job->pool, 8, count_tile, job->parts);
    for (int i = 0; i < 8; i++)
        atomic_fetch_add(job->shared, job->parts[i]);
    for (int i = 0; i < 2 && job->order > 0; i++) {
        struct job *next = calloc(1, sizeof *next);

        if (next == NULL)
            abort();
        *next = (struct job){
            .base = {.run = branch, .priority = job->order},
            .pool = job->pool,
            .shared = job->shared,
            .order = job->order - 1,
        };
        sl_pool_submit(job->pool, &next->base);
    }
    free(job);
}

static void
jobs_submit_jobs_and_have_tiles(void **state)
{
    static const unsigned threads[] = {1, 2, 5};

    (void)state;
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        struct sl_pool *pool = pool_of(threads[i]);
        struct job *root = calloc(1, sizeof *root);
        atomic_int shared = 0;

        assert_non_null(root);
        *root =
            (struct job){.base.run = branch, .pool = pool, .shared = &shared, .order = 9};
        sl_pool_submit(pool, &root->base);
        sl_pool_finish(pool, 1, NULL, NULL);
        assert_int_equal(atomic_load(&shared), 8 * 1023);
        sl_pool_free(pool);
    }
}

static void
meet_job(struct sl_job *base)
{
    meet(((struct job *)base)->shared, 0);
}

/* Three jobs, each of which waits for the others: the finishing thread has to take one. */
static void
the_finishing_thread_takes_a_job(void **state)
{
    struct sl_pool *pool = pool_of(3);
    atomic_int shared = 0;
    struct job jobs[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        jobs[i] = (struct job){.base.run = meet_job, .shared = &shared};
        sl_pool_submit(pool, &jobs[i].base);
    }
    sl_pool_finish(pool, 100, NULL, NULL);
    assert_int_equal(atomic_load(&shared), 3);
    sl_pool_free(pool);
}

struct ticker {
    pthread_t thread;
    atomic_int ticks, foreign;
};

static void
tick(void *context)
{
    struct ticker *ticker = context;

    atomic_fetch_add(&ticker->ticks, 1);
    if (!pthread_equal(ticker->thread, pthread_self()))
        atomic_fetch_add(&ticker->foreign, 1);
}

static void
await_ticks(struct sl_job *base)
{
    if (!await(((struct job *)base)->shared, 5))
        atomic_store(((struct job *)base)->shared, -1000);
}

/* A lone job is left to the other thread, so that ticks go on while it runs. */
static void
ticks_come_while_a_job_runs(void **state)
{
    struct sl_pool *pool = pool_of(2);
    struct ticker ticker = {.thread = pthread_self()};
    struct job job = {.base.run = await_ticks, .shared = &ticker.ticks};

    (void)state;
    sl_pool_submit(pool, &job.base);
    sl_pool_finish(pool, 2, tick, &ticker);
    assert_true(atomic_load(&ticker.ticks) >= 5);
    assert_int_equal(atomic_load(&ticker.foreign), 0);
    sl_pool_free(pool);
}

static void
doze(struct sl_job *base)
{
    (void)base;
    sleep_ms(6);
}

static void
one_thread_ticks_between_jobs(void **state)
{
    struct sl_pool *pool = pool_of(1);
    struct ticker ticker = {.thread = pthread_self()};
    struct job jobs[4] = {0};

    (void)state;
    for (int i = 0; i < 4; i++) {
        jobs[i].base.run = doze;
        sl_pool_submit(pool, &jobs[i].base);
    }
    sl_pool_finish(pool, 5, tick, &ticker);
    assert_in_range(atomic_load(&ticker.ticks), 3, 4);
    sl_pool_free(pool);
}

static void
note_signals(struct sl_job *base)
{
    struct job *job = (struct job *)base;
    sigset_t blocked;

    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    job->order = sigismember(&blocked, SIGINT) == 1 &&
                 sigismember(&blocked, SIGTERM) == 1 &&
                 sigismember(&blocked, SIGSEGV) == 0;
}

static void
workers_leave_signals_to_others(void **state)
{
    struct sl_pool *pool = pool_of(2);
    struct job job = {.base.run = note_signals};
    struct ticker ticker = {.thread =
                                pthread_self()}; /* which leaves the job to others */
    sigset_t mine;

    (void)state;
    sl_pool_submit(pool, &job.base);
    sl_pool_finish(pool, 100, tick, &ticker);
    assert_int_equal(job.order, 1);
    pthread_sigmask(SIG_SETMASK, NULL, &mine);
    assert_int_equal(sigismember(&mine, SIGINT), 0);
    sl_pool_free(pool);
}

/* A step after the other: nobody is there to share with. */
struct chain {
    struct job job; /* first */
    pthread_t thread;
};

static void
follow(struct sl_job *base)
{
    struct chain *chain = (struct chain *)base;
    struct job *job = &chain->job;

    sl_pool_tiles(job->pool, 1, count_tile, job->parts);
    job->order += pthread_equal(pthread_self(), chain->thread) != 0;
    if (atomic_fetch_add(job->shared, 1) < 49)
        sl_pool_submit(job->pool, base);
}

static void
steps_in_a_row_start_no_thread(void **state)
{
    struct sl_pool *pool = pool_of(4);
    atomic_int shared = 0;
    struct chain chain = {{.base.run = follow, .pool = pool, .shared = &shared},
                          pthread_self()};

    (void)state;
    sl_pool_submit(pool, &chain.job.base);
    sl_pool_finish(pool, 100, NULL, NULL);
    assert_int_equal(atomic_load(&shared), 50);
    assert_int_equal(chain.job.order, 50);
    sl_pool_free(pool);
}

/* ---- CPUs -------------------------------------------------------------------------- */

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tile_runs_once),
        cmocka_unit_test(regions_follow_each_other),
        cmocka_unit_test(threads_keep_their_places),
        cmocka_unit_test(tiles_run_side_by_side),
        cmocka_unit_test(offers_are_done_once),
        cmocka_unit_test(an_idle_thread_begins_what_is_offered),
        cmocka_unit_test(any_thread_may_call),
        cmocka_unit_test(the_queue_is_in_order),
        cmocka_unit_test(one_thread_runs_jobs_in_order),
        cmocka_unit_test(many_jobs_run_once_each),
        cmocka_unit_test(jobs_submit_jobs_and_have_tiles),
        cmocka_unit_test(the_finishing_thread_takes_a_job),
        cmocka_unit_test(ticks_come_while_a_job_runs),
        cmocka_unit_test(one_thread_ticks_between_jobs),
        cmocka_unit_test(workers_leave_signals_to_others),
        cmocka_unit_test(steps_in_a_row_start_no_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
