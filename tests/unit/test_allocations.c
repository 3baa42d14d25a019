/* SPDX-License-Identifier: MIT */
/* From its second epoch on a training reserves no memory, whatever is monitored. Calls of the allocator by the code
 * under test come here first (--wrap), as do those that tell of a batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "runner/base/rng.h"
#include "tests/unit/fake_step.h"

extern const struct sl_module train_autoencoder, train_variational_autoencoder,
    train_flow;

enum { ROWS = 700, TRAIN = 500, WIDEST = 144, BATCH = 100, EPOCHS = 20 };
enum { BATCHES = EPOCHS * TRAIN / BATCH };

static atomic_size_t allocations;
static size_t at_batch[BATCHES]; /* allocations until then */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_realloc(void *at, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__real_mmap(void *at, size_t size, int access, int flags, int file, off_t offset);
void *__wrap_mmap(void *at, size_t size, int access, int flags, int file, off_t offset);
void __real_sl_progress(struct sl_step *step, double done, double total, const char *unit,
                        double loss);
void __wrap_sl_progress(struct sl_step *step, double done, double total, const char *unit,
                        double loss);

void *
__wrap_malloc(size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __real_calloc(n, size);
}

void *
__wrap_realloc(void *at, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __real_realloc(at, size);
}

void *
__wrap_aligned_alloc(size_t alignment, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __real_aligned_alloc(alignment, size);
}

void *
__wrap_mmap(void *at, size_t size, int access, int flags, int file, off_t offset)
{
    atomic_fetch_add(&allocations, 1);
    return __real_mmap(at, size, access, flags, file, offset);
}

void
__wrap_sl_progress(struct sl_step *step, double done, double total, const char *unit,
                   double loss)
{
    assert_true(step->told < BATCHES);
    at_batch[step->told] = atomic_load(&allocations);
    __real_sl_progress(step, done, total, unit, loss);
}

struct training {
    const struct sl_module *module;
    size_t d;
    const char *yaml;
};

#define LOOP "epochs: 20, batch_size: 100, optimizer: {adam: {lr: 0.001}}"
#define MONITOR "monitor: [test, train], " LOOP

/* Wide enough for products in several pieces. */
static const struct training trainings[] = {
    {&train_autoencoder, 144, "{encoder: [160, 8], " LOOP "}"},
    {&train_autoencoder, 144,
     "{encoder: [64, 8], loss: binary-cross-entropy, dropout: 0.1, normalisation: batch, "
     "denoise: {masking: 0.8}, "
     "clip: 1, " MONITOR "}"},
    {&train_variational_autoencoder, 144, "{encoder: [64], latent: 4, " MONITOR "}"},
    {&train_flow, 1, "{layers: [mixture-cdf: {components: 5}], " LOOP "}"},
    /* Some epochs together, by idle threads, and each at its end. */
    {&train_flow, 1, "{layers: [mixture-cdf: {components: 5}], " MONITOR "}"},
    {&train_flow, 1,
     "{layers: [mixture-cdf: {components: 5}], early_stopping: {monitor: test}, " LOOP
     "}"},
    {&train_flow, 16,
     "{layers: [affine-coupling: {hidden: [64, 64]}, permutation: {}, "
     "affine-coupling: {hidden: [64, 64]}], " LOOP "}"},
    {&train_flow, 2, "{layers: [spline-coupling: {hidden: [32]}], " MONITOR "}"},
};

struct fixture {
    float x[ROWS * WIDEST];
    uint32_t ids[ROWS];
    struct sl_split splits[2];
    struct sl_dataset data;
    struct sl_step step;
    struct sl_arena arena;
};

/* A third of the numbers is not 0. */
static void
fixture_init(struct fixture *f, const struct training *training, struct sl_pool *pool)
{
    struct sl_stream stream;

    memset(f, 0, sizeof *f);
    sl_stream_init(&stream, 3, "test_allocations", "rows");
    for (size_t i = 0; i < ROWS * training->d; i++)
        f->x[i] = sl_stream_uniform(&stream) < 0.34 || training->d < WIDEST
                      ? (float)sl_stream_uniform(&stream)
                      : 0;
    for (uint32_t i = 0; i < ROWS; i++)
        f->ids[i] = i;
    f->splits[0] = (struct sl_split){"train", TRAIN, f->ids};
    f->splits[1] = (struct sl_split){"test", ROWS - TRAIN, f->ids + TRAIN};
    f->data = (struct sl_dataset){.n = ROWS,
                                  .d = training->d,
                                  .type = SL_F32,
                                  .x = f->x,
                                  .scale = 1,
                                  .split_count = 2,
                                  .splits = f->splits};
    fake_step_init(&f->step, "train", 4, &f->data);
    f->step.pool = pool;
    sl_arena_init(&f->arena);
}

static void
train_with(struct sl_pool *pool)
{
    static struct fixture f;

    for (size_t i = 0; i < sizeof trainings / sizeof *trainings; i++) {
        const struct training *t = &trainings[i];
        struct sl_error err = {0};

        fixture_init(&f, t, pool);
        if (t->module->run(&f.step, fake_config(&t->module->entry, t->yaml, &f.arena),
                           &err))
            fail_msg("%s: %s", t->yaml, err.text);
        assert_int_equal(f.step.told, BATCHES);
        assert_true(at_batch[0] > 0);
        for (size_t b = TRAIN / BATCH + 1; b < BATCHES; b++)
            if (at_batch[b] != at_batch[b - 1])
                fail_msg("%s: %zu allocations before batch %zu", t->yaml,
                         at_batch[b] - at_batch[b - 1], b + 1);
        fake_step_release(&f.step);
        sl_arena_release(&f.arena);
    }
}

static void
a_thread_alone_reserves_nothing(void **state)
{
    (void)state;
    train_with(NULL);
}

static void
four_threads_reserve_nothing(void **state)
{
    struct sl_error err = {0};
    struct sl_pool *pool;

    (void)state;
    assert_int_equal(sl_pool_new(&pool, 4, &err), SL_OK);
    train_with(pool);
    sl_pool_free(pool);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_alone_reserves_nothing),
        cmocka_unit_test(four_threads_reserve_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
