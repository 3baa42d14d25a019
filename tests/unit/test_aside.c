/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/aside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

struct adding {
    struct sl_aside aside;
    atomic_int *sum;
    int number; /* below 0: an error */
};

static enum sl_status
add(struct sl_aside *aside, struct sl_error *err)
{
    struct adding *a = (struct adding *)(void *)aside;
    int *copy = sl_arena_alloc(&aside->arena, sizeof *copy);

    *copy = a->number;
    if (*copy < 0)
        return sl_fail(err, SL_ERR_IO, "there is no %d", *copy);
    atomic_fetch_add(a->sum, *copy);
    return SL_OK;
}

static void
give(struct sl_asides *asides, atomic_int *sum, int number)
{
    struct adding *a = sl_aside_new(sizeof *a, "train");

    a->sum = sum;
    a->number = number;
    sl_asides_add(asides, &a->aside, add);
}

static void
all_is_done_once_when_it_is_collected(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 3; threads++) {
        struct sl_error err = {0};
        struct sl_asides asides;
        struct sl_pool *pool;
        atomic_int sum = 0;

        assert_int_equal(sl_pool_new(&pool, threads, &err), SL_OK);
        sl_asides_init(&asides, pool);
        assert_int_equal(sl_asides_collect(&asides, &err), SL_OK);
        for (int i = 1; i <= 20; i++)
            give(&asides, &sum, i);
        assert_int_equal(sl_asides_collect(&asides, &err), SL_OK);
        assert_int_equal(atomic_load(&sum), 210);
        give(&asides, &sum, 1000);
        assert_int_equal(sl_asides_collect(&asides, &err), SL_OK);
        assert_int_equal(sl_asides_collect(&asides, &err), SL_OK);
        assert_int_equal(atomic_load(&sum), 1210);
        sl_asides_release(&asides);
        sl_pool_free(pool);
    }
}

static void
an_error_is_told_once_with_its_step(void **state)
{
    struct sl_error err = {0};
    struct sl_asides asides;
    struct sl_pool *pool;
    atomic_int sum = 0;

    (void)state;
    assert_int_equal(sl_pool_new(&pool, 2, &err), SL_OK);
    sl_asides_init(&asides, pool);
    give(&asides, &sum, 1);
    give(&asides, &sum, -2);
    give(&asides, &sum, 4);
    assert_int_equal(sl_asides_collect(&asides, &err), SL_ERR_IO);
    assert_string_equal(err.text, "step 'train': there is no -2");
    assert_int_equal(atomic_load(&sum), 5);
    assert_int_equal(sl_asides_collect(&asides, &err), SL_OK);
    sl_asides_release(&asides);
    sl_pool_free(pool);
}

/* A thread that has nothing to do does not wait for who collects. */
static void
idle_threads_begin(void **state)
{
    struct sl_error err = {0};
    struct sl_asides asides;
    struct sl_pool *pool;
    atomic_int sum = 0;

    (void)state;
    assert_int_equal(sl_pool_new(&pool, 2, &err), SL_OK);
    sl_asides_init(&asides, pool);
    give(&asides, &sum, 7);
    for (int i = 0; i < 5000 && atomic_load(&sum) == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_int_equal(atomic_load(&sum), 7);
    assert_int_equal(sl_asides_collect(&asides, &err), SL_OK);
    sl_asides_release(&asides);
    sl_pool_free(pool);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_done_once_when_it_is_collected),
        cmocka_unit_test(an_error_is_told_once_with_its_step),
        cmocka_unit_test(idle_threads_begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
