/* SPDX-License-Identifier: MIT */
/* Files that hold large tensors, which nobody keeps in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runner/store/cache.h"
#include "runner/store/h5.h"
#include "tests/unit/sample_outcome.h"
#include "tests/unit/workspace.h"
#include "tests/unit/scalar.h"

static void
ok(enum sl_status status, const struct sl_error *err)
{
    if (status != SL_OK)
        fail_msg("%s", err->text);
}

/* Of 1 to 4 MiB each. */
static struct sl_bundle
large_bundle(struct sl_arena *arena)
{
    struct sl_bundle bundle;
    struct sl_error err;

    sl_bundle_init(&bundle, arena);
    for (size_t k = 0; k < 4; k++) {
        size_t n = (SL_FILE_MAPPED / sizeof(double) + 13) * (k + 1);
        double *values = sl_arena_alloc(arena, n * sizeof *values);
        struct sl_item item = {.name = sl_arena_format(arena, "large%zu", k),
                               .tensor = sl_tensor_vector(SL_F64, values, n)};
        for (size_t i = 0; i < n; i++)
            values[i] = (double)(i * (k + 1)) / 7;
        ok(sl_bundle_add(&bundle, &item, &err), &err);
    }
    return bundle;
}

/* expected: bytes that sl_h5_new_in is told; SIZE_MAX: sl_h5_new. */
static void
build_large(struct sl_arena *arena, const struct sl_bundle *bundle, size_t expected,
            char **bytes, size_t *count)
{
    struct sl_error err = {0};
    struct sl_h5 *file;

    ok(expected == SIZE_MAX ? sl_h5_new(&file, &err)
                            : sl_h5_new_in(&file, arena, expected, &err),
       &err);
    ok(sl_h5_text(file, "/config", "seed: 1", &err), &err);
    ok(sl_h5_bundle(file, "/large", bundle, &err), &err);
    ok(sl_h5_image(file, arena, bytes, count, &err), &err);
    sl_h5_free(file);
}

/* Whatever was expected, and whether or not the arena has a folder. */
static void
a_large_file_has_the_same_bytes(void **state)
{
    const size_t expected[] = {0, SL_FILE_MAPPED, 5 << 20, 100 << 20};
    char *want, *got;
    size_t count, again;
    struct sl_arena arena;
    struct sl_bundle bundle;

    (void)state;
    sl_arena_init_in(&arena, ".");
    bundle = large_bundle(&arena);
    build_large(&arena, &bundle, SIZE_MAX, &want, &count);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        build_large(&arena, &bundle, expected[i], &got, &again);
        assert_int_equal(again, count);
        assert_memory_equal(got, want, count);
    }
    sl_arena_release(&arena);
}

static void
large_tensors_stay_where_they_stand(void **state)
{
    struct sl_arena arena;
    struct sl_bundle bundle, again;
    struct sl_error err = {0};
    struct sl_h5 *file;
    char *bytes;
    size_t count;

    (void)state;
    sl_arena_init(&arena);
    bundle = large_bundle(&arena);
    build_large(&arena, &bundle, 0, &bytes, &count);
    ok(sl_h5_open(&file, bytes, count, &err), &err);
    sl_bundle_init(&again, &arena);
    ok(sl_h5_read_bundle(file, "/large", &again, &err), &err);
    sl_h5_free(file);
    assert_int_equal(again.n, bundle.n);
    for (size_t i = 0; i < again.n; i++) {
        const struct sl_tensor *t = &again.items[i].tensor;
        assert_int_equal(t->shape[0], bundle.items[i].tensor.shape[0]);
        assert_memory_equal(t->data, bundle.items[i].tensor.data, sl_tensor_bytes(t));
        assert_int_equal((uintptr_t)t->data % 64, 0);
        assert_in_range((uintptr_t)t->data, (uintptr_t)bytes, (uintptr_t)bytes + count);
    }
    sl_arena_release(&arena);
}

/* It is found again after the cache has let go of it, and whoever got it may write to it. */
static void
a_large_outcome_is_kept(void **state)
{
    struct sl_cache cache = {.folder = "cache"};
    struct sl_digest key = sl_digest_of("step", 4);
    struct sl_outcome outcome, again;
    struct sl_bundle large;
    struct sl_error err = {0};
    struct sl_arena arena;
    double *values;
    bool found;

    (void)state;
    sl_arena_init_in(&arena, cache.folder);
    large = large_bundle(&arena);
    sample_outcome(&outcome, &arena);
    for (size_t i = 0; i < large.n; i++)
        ok(sl_bundle_add(&outcome.tensors, &large.items[i], &err), &err);
    ok(sl_cache_write(&cache, &key, &outcome, &err), &err);
    sl_outcome_init(&again, &arena);
    ok(sl_cache_read(&cache, &key, &again, &found, &err), &err);
    assert_true(found);
    assert_same_outcome(&again, &outcome);
    sl_cache_forget(&cache, &key);
    values = sl_bundle_find(&again.tensors, "large3")->tensor.data;
    values[0] = 1;
    assert_true(values[7] == 4.0);
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKSPACE_TEST(a_large_file_has_the_same_bytes),
        cmocka_unit_test(large_tensors_stay_where_they_stand),
        WORKSPACE_TEST(a_large_outcome_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
