/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/parallel/memory.h"
#include "runner/parallel/pool.h"
#include "runner/parallel/profile.h"
#include "runner/tensor/linalg.h"

static struct sl_profile *
profile_of(size_t events)
{
    struct sl_error err = {0};
    struct sl_profile *profile = NULL;

    assert_int_equal(sl_profile_new(&profile, events, &err), SL_OK);
    return profile;
}

static void
spend_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static const struct sl_profile_row *
row(const struct sl_profile_sum *sum, enum sl_operation operation, const char *name)
{
    for (size_t i = 0; i < sum->n; i++)
        if (sum->rows[i].operation == operation && strcmp(sum->rows[i].name, name) == 0)
            return &sum->rows[i];
    fail_msg("no row '%s %s'", sl_operation_word(operation), name);
    return NULL;
}

static const struct sl_amount nothing;

/* ---- sums -------------------------------------------------------------------------- */

/* A span's own time is what no span inside it has: nothing is counted twice. */
static void
test_nested(void **state)
{
    struct sl_profile *profile = profile_of(100);
    struct sl_profile_span whole, layer, product;
    struct sl_profile_sum sum;
    struct sl_arena arena;
    uint64_t rows = 0;

    (void)state;
    sl_profile_begin(profile, &whole, SL_OPERATION_RUN, "run");
    for (int i = 0; i < 2; i++) {
        sl_profile_begin(profile, &layer, SL_OPERATION_FORWARD, "dense");
        spend_ms(3);
        sl_profile_begin(profile, &product, SL_OPERATION_PRODUCT, "sgemm");
        spend_ms(20);
        sl_profile_end(&product, (struct sl_amount){.flops = 1234, .bytes = 56});
        sl_profile_end(&layer, (struct sl_amount){.bytes = 7, .rows = 89});
    }
    sl_profile_end(&whole, nothing);

    sl_arena_init(&arena);
    sl_profile_sum(profile, &arena, &sum);
    assert_int_equal(sum.n, 3);
    for (size_t i = 0; i < sum.n; i++)
        rows += sum.rows[i].ns;
    assert_int_equal(rows, sum.busy);
    assert_true(sum.busy <= sum.ns);
    assert_int_equal(row(&sum, SL_OPERATION_PRODUCT, "sgemm")->count, 2);
    assert_true(row(&sum, SL_OPERATION_PRODUCT, "sgemm")->ns >= 40000000);
    assert_true(row(&sum, SL_OPERATION_PRODUCT, "sgemm")->flops == 2468);
    assert_true(row(&sum, SL_OPERATION_FORWARD, "dense")->bytes == 14);
    assert_true(row(&sum, SL_OPERATION_FORWARD, "dense")->ns >= 6000000);
    assert_true(row(&sum, SL_OPERATION_FORWARD, "dense")->ns + 40000000 <= sum.busy);
    assert_ptr_equal(&sum.rows[0], row(&sum, SL_OPERATION_PRODUCT, "sgemm"));
    sl_arena_release(&arena);
    sl_profile_free(profile);
}

/* Steps get what is inside them, and no more; what idles is busy with nothing. */
static void
test_steps(void **state)
{
    struct sl_profile *profile = profile_of(100);
    struct sl_profile_span whole, step, inner;
    struct sl_profile_sum sum;
    struct sl_arena arena;
    char name[] = "train #3";

    (void)state;
    sl_profile_begin(profile, &whole, SL_OPERATION_RUN, "run");
    sl_profile_begin_step(profile, &step, "load", "load");
    sl_profile_end_step(profile, &step, "cached");
    sl_profile_begin_step(profile, &step, "train", name);
    memset(name, 'x', sizeof name - 1);
    sl_profile_begin(profile, &inner, SL_OPERATION_PRODUCT, "dgemm");
    spend_ms(4);
    sl_profile_end(&inner, (struct sl_amount){.flops = 100, .bytes = 10});
    sl_profile_begin(profile, &inner, SL_OPERATION_IDLE, "idle");
    spend_ms(30);
    sl_profile_end(&inner, nothing);
    sl_profile_end_step(profile, &step, "done");
    sl_profile_begin(profile, &inner, SL_OPERATION_PRODUCT, "dgemm");
    sl_profile_end(&inner, (struct sl_amount){.flops = 1});
    sl_profile_end(&whole, nothing);

    sl_arena_init(&arena);
    sl_profile_sum(profile, &arena, &sum);
    assert_int_equal(sum.steps, 2);
    assert_string_equal(sum.step[0].state, "cached");
    assert_true(sum.step[0].flops == 0);
    assert_string_equal(sum.step[1].name, "train #3");
    assert_string_equal(sum.step[1].label, "train");
    assert_true(sum.step[1].flops == 100 && sum.step[1].bytes == 10);
    assert_true(sum.step[1].ns >= 34000000);
    assert_true(sum.step[1].busy >= 4000000);
    assert_true(sum.step[1].busy + 30000000 <= sum.step[1].ns);
    assert_true(row(&sum, SL_OPERATION_PRODUCT, "dgemm")->flops == 101);
    for (size_t i = 0; i < sum.n; i++)
        assert_int_not_equal(sum.rows[i].operation, SL_OPERATION_IDLE);
    sl_arena_release(&arena);
    sl_profile_free(profile);
}

/* A step's peak is its own: memory that another one gave back is not in it. */
static void
test_peak(void **state)
{
    enum { MIB = 64 << 20 };
    struct sl_profile *profile = profile_of(100);
    struct sl_profile_span step;
    struct sl_profile_sum sum;
    struct sl_arena arena;
    char *room;

    (void)state;
    if (sl_memory_peak() == 0 || access("/proc/self/clear_refs", W_OK) != 0)
        skip();
    sl_profile_begin_step(profile, &step, "wide", "wide");
    room = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(room != MAP_FAILED);
    memset(room, 1, MIB);
    munmap(room, MIB);
    sl_profile_end_step(profile, &step, "done");
    sl_profile_begin_step(profile, &step, "narrow", "narrow");
    sl_profile_end_step(profile, &step, "done");

    sl_arena_init(&arena);
    sl_profile_sum(profile, &arena, &sum);
    assert_true(sum.step[1].peak > 0);
    assert_true(sum.step[0].peak > sum.step[1].peak + MIB / 2);
    assert_int_equal(sum.peak, sum.step[0].peak);
    sl_arena_release(&arena);
    sl_profile_free(profile);
}

/* ---- events ------------------------------------------------------------------------ */

struct seen {
    size_t threads, spans, steps;
    double flops;
};

static void
see(void *context, size_t thread, const char *name, const struct sl_profile_event *event)
{
    struct seen *seen = context;

    assert_non_null(name);
    if (!event) {
        seen->threads++;
        assert_int_equal(thread, seen->threads);
        return;
    }
    if (event->operation == SL_OPERATIONS)
        return;
    seen->spans++;
    seen->steps += event->operation <= SL_OPERATION_STEP;
    seen->flops += event->flops;
}

/* Where the room for events ends, the sums go on, and steps are still told. */
static void
test_overflow(void **state)
{
    enum { ROOM = 10, SPANS = 5000 };
    struct sl_profile *profile = profile_of(ROOM);
    struct sl_profile_span step, inner;
    struct sl_profile_sum sum;
    struct sl_arena arena;
    struct seen seen = {0};

    (void)state;
    sl_profile_begin_step(profile, &step, "train", "train");
    for (int i = 0; i < SPANS; i++) {
        sl_profile_begin(profile, &inner, SL_OPERATION_PRODUCT, "sgemm");
        sl_profile_end(&inner, (struct sl_amount){.flops = 3});
    }
    sl_profile_end_step(profile, &step, "done");

    sl_arena_init(&arena);
    sl_profile_sum(profile, &arena, &sum);
    assert_int_equal(row(&sum, SL_OPERATION_PRODUCT, "sgemm")->count, SPANS);
    assert_true(row(&sum, SL_OPERATION_PRODUCT, "sgemm")->flops == 3 * SPANS);
    assert_true(sum.step[0].flops == 3 * SPANS);
    sl_profile_visit(profile, see, &seen);
    assert_int_equal(seen.threads, 1);
    assert_int_equal(seen.steps, 1);
    assert_in_range(seen.spans, 2, ROOM + 1);
    assert_true(sum.dropped >= SPANS - ROOM && sum.dropped <= SPANS + ROOM);
    sl_arena_release(&arena);
    sl_profile_free(profile);
}

/* More than a chunk of them. */
static void
test_many_events(void **state)
{
    enum { SPANS = 10000 };
    struct sl_profile *profile = profile_of(SL_PROFILE_EVENTS);
    struct sl_profile_span span;
    struct seen seen = {0};

    (void)state;
    for (int i = 0; i < SPANS; i++) {
        sl_profile_begin(profile, &span, SL_OPERATION_GATHER, "uint8");
        sl_profile_end(&span, (struct sl_amount){.flops = 1});
    }
    sl_profile_visit(profile, see, &seen);
    assert_int_equal(seen.spans, SPANS);
    assert_true(seen.flops == SPANS);
    sl_profile_free(profile);
}

/* ---- threads ----------------------------------------------------------------------- */

enum { JOBS = 20, PRODUCTS = 30, M = 128, N = 256, K = 64 };

struct work {
    struct sl_job job;
    struct sl_profile *profile;
    struct sl_pool *pool;
    float *a, *b, *c;
};

static void
multiply(struct sl_job *job)
{
    struct work *work = (struct work *)(void *)job; /* job is its first member */
    struct sl_product product = {
        .m = M, .n = N, .k = K, .a = work->a, .b = work->b, .c = work->c};
    struct sl_profile_span step;

    sl_profile_begin_step(work->profile, &step, "multiply", "multiply");
    for (int i = 0; i < PRODUCTS; i++)
        sl_product_f32(work->pool, &product);
    sl_profile_end_step(work->profile, &step, "done");
}

/* Products of many steps at once, whose tiles others help with. */
static void
test_threads(void **state)
{
    enum { THREADS = 4 };
    static const double each = 2.0 * M * N * K;
    struct sl_profile *profile = profile_of(SL_PROFILE_EVENTS);
    struct sl_error err = {0};
    struct sl_pool *pool;
    struct work work[JOBS];
    struct sl_profile_sum sum;
    struct sl_arena arena;
    uint64_t busy = 0;

    (void)state;
    sl_arena_init(&arena);
    assert_int_equal(sl_pool_new(&pool, THREADS, &err), SL_OK);
    assert_null(sl_pool_profile(pool));
    assert_int_equal(sl_pool_watch(pool, profile, &err), SL_OK);
    assert_ptr_equal(sl_pool_profile(pool), profile);
    for (size_t i = 0; i < JOBS; i++) {
        work[i] = (struct work){
            .job = {.run = multiply},
            .profile = profile,
            .pool = pool,
            .a = sl_arena_alloc(&arena, M * K * sizeof(float)),
            .b = sl_arena_alloc(&arena, K * N * sizeof(float)),
            .c = sl_arena_alloc(&arena, M * N * sizeof(float)),
        };
        sl_pool_submit(pool, &work[i].job);
    }
    sl_pool_finish(pool, 0, NULL, NULL);
    sl_pool_free(pool);

    sl_profile_sum(profile, &arena, &sum);
    assert_int_equal(sum.steps, JOBS);
    assert_int_equal(row(&sum, SL_OPERATION_PRODUCT, "sgemm")->count, JOBS * PRODUCTS);
    assert_true(row(&sum, SL_OPERATION_PRODUCT, "sgemm")->flops ==
                each * JOBS * PRODUCTS);
    for (size_t i = 0; i < JOBS; i++) {
        assert_true(sum.step[i].flops == each * PRODUCTS);
        busy += sum.step[i].busy;
    }
    assert_int_equal(busy, sum.busy);
    assert_true(sum.busy <= THREADS * sum.ns);
    assert_in_range(sum.threads, 1, THREADS);
    sl_arena_release(&arena);
    sl_profile_free(profile);
}

struct evaluation {
    struct sl_pool *pool;
    const float *a, *b;
    float *c; /* a tile's part is its own */
};

static void
evaluate(void *context, size_t tile)
{
    const struct evaluation *e = context;
    struct sl_product product = {
        .m = M, .n = N, .k = K, .a = e->a, .b = e->b, .c = e->c + tile * M * N};

    sl_product_f32(sl_pool_alone(e->pool), &product);
}

/* What is done inside of tiles is counted for the step of whoever asked, whoever does it. */
static void
test_tiles(void **state)
{
    enum { THREADS = 4, TILES = 40 };
    struct sl_profile *profile = profile_of(SL_PROFILE_EVENTS);
    struct sl_error err = {0};
    struct evaluation evaluation;
    struct sl_profile_span step;
    struct sl_profile_sum sum;
    struct sl_arena arena;
    struct seen seen = {0};

    (void)state;
    sl_arena_init(&arena);
    assert_int_equal(sl_pool_new(&evaluation.pool, THREADS, &err), SL_OK);
    assert_null(sl_pool_alone(evaluation.pool));
    assert_int_equal(sl_pool_watch(evaluation.pool, profile, &err), SL_OK);
    assert_ptr_equal(sl_pool_alone(sl_pool_alone(evaluation.pool)),
                     sl_pool_alone(evaluation.pool));
    evaluation.a = sl_arena_alloc(&arena, M * K * sizeof(float));
    evaluation.b = sl_arena_alloc(&arena, K * N * sizeof(float));
    evaluation.c = sl_arena_alloc(&arena, TILES * M * N * sizeof(float));
    sl_profile_begin_step(profile, &step, "score", "score");
    sl_pool_tiles(evaluation.pool, TILES, evaluate, &evaluation);
    sl_profile_end_step(profile, &step, "done");
    sl_pool_free(evaluation.pool);

    sl_profile_sum(profile, &arena, &sum);
    assert_int_equal(row(&sum, SL_OPERATION_PRODUCT, "sgemm")->count, TILES);
    assert_int_equal(row(&sum, SL_OPERATION_STEP, "step")->count, 1);
    assert_true(sum.step[0].flops == 2.0 * M * N * K * TILES);
    assert_int_equal(sum.step[0].busy, sum.busy);
    sl_profile_visit(profile, see, &seen);
    assert_true(seen.flops == sum.step[0].flops);
    sl_arena_release(&arena);
    sl_profile_free(profile);
}

/* ---- other processes, and none ------------------------------------------------------- */

static void
test_added(void **state)
{
    struct sl_profile *profile = profile_of(100);
    struct sl_profile_span step, wait;
    struct sl_profile_sum sum;
    struct sl_arena arena;
    char name[] = "sgemm";

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct sl_profile_row there = {SL_OPERATION_PRODUCT, name, 2, 500, 40, 6, 70};
        sl_profile_begin_step(profile, &step, "train", "train");
        sl_profile_begin(profile, &wait, SL_OPERATION_IDLE, "guard");
        memcpy(name, "sgemm", sizeof name);
        sl_profile_add(profile, sl_profile_here(profile), &there, 1, (size_t)1 << 50);
        memset(name, 'x', sizeof name - 1);
        sl_profile_end(&wait, nothing);
        sl_profile_end_step(profile, &step, "done");
    }
    sl_arena_init(&arena);
    sl_profile_sum(profile, &arena, &sum);
    assert_int_equal(row(&sum, SL_OPERATION_PRODUCT, "sgemm")->count, 6);
    assert_int_equal(row(&sum, SL_OPERATION_PRODUCT, "sgemm")->ns, 1500);
    assert_true(sum.step[1].flops == 40 && sum.step[1].bytes == 6);
    assert_int_equal(sum.step[1].peak, (size_t)1 << 50);
    sl_arena_release(&arena);
    sl_profile_free(profile);
}

/* Nobody asks: nothing happens, and nothing is read that was not set. */
static void
test_none(void **state)
{
    struct sl_profile_like like = sl_profile_like(NULL);
    struct sl_profile_span span;

    (void)state;
    assert_null(like.name);
    sl_profile_begin(NULL, &span, SL_OPERATION_RUN, "run");
    assert_null(span.thread);
    sl_profile_end(&span, nothing);
    sl_profile_begin_step(NULL, &span, "train", "train");
    sl_profile_end_step(NULL, &span, "done");
    sl_profile_help(NULL, &span, &like);
    sl_profile_end(&span, nothing);
    sl_profile_thread(NULL, "thread");
    assert_null(sl_profile_here(NULL));
    assert_null(sl_pool_profile(NULL));
    assert_null(sl_pool_alone(NULL));
    sl_profile_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nested),      cmocka_unit_test(test_steps),
        cmocka_unit_test(test_peak),        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_many_events), cmocka_unit_test(test_threads),
        cmocka_unit_test(test_tiles),       cmocka_unit_test(test_added),
        cmocka_unit_test(test_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
