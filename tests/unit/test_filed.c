/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/base/filed.h"
#include "runner/base/publish.h"
#include "tests/unit/workspace.h"

/* Whether the memory at bytes belongs to a file, as /proc/self/maps has it. */
static bool
is_filed(const void *bytes)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[1000], path[500];
    uintptr_t low, high, at = (uintptr_t)bytes;
    bool found = false;

    assert_non_null(maps);
    while (!found && fgets(line, sizeof line, maps)) {
        int n = sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*s %*s %*s %*s %499s", &low,
                       &high, path);
        if (n >= 2 && at >= low && at < high) {
            found = n == 3 && path[0] == '/';
            break;
        }
    }
    fclose(maps);
    return found;
}

static void
large_rows_stand_in_a_file(void **state)
{
    size_t n = SL_ARENA_FILED / sizeof(double) + 77;
    struct sl_arena arena;
    double *rows, *few, *plain;

    (void)state;
    if (workspace_is_memory("."))
        skip();
    sl_arena_init_in(&arena, "scratch/of/it");
    few = sl_arena_rows(&arena, n / 2, sizeof *few);
    rows = sl_arena_rows(&arena, n, sizeof *rows);
    plain = sl_arena_array(&arena, n, sizeof *plain);
    assert_false(is_filed(few));
    assert_true(is_filed(rows));
    assert_false(is_filed(plain));
    assert_int_equal((uintptr_t)rows % 64, 0);
    assert_in_range(sl_arena_bytes(&arena), n * 12, n * 12 + 100000);
    for (size_t i = 0; i < n; i++) {
        assert_true(rows[i] == 0.0);
        rows[i] = (double)i;
    }
    assert_true(rows[n - 1] == (double)(n - 1));
    sl_arena_release(&arena);
    assert_int_equal(rmdir("scratch/of/it"), 0); /* it is empty */
}

static void
rows_are_memory_where_no_file_can_be(void **state)
{
    size_t n = SL_ARENA_FILED + 1;
    struct sl_arena arena;
    char *rows;

    (void)state;
    sl_arena_init(&arena);
    rows = sl_arena_rows(&arena, n, 1);
    assert_false(is_filed(rows));
    sl_arena_release(&arena);
    sl_arena_init_in(&arena, "/proc/nowhere");
    rows = sl_arena_rows(&arena, n, 1);
    assert_non_null(rows);
    assert_false(is_filed(rows));
    rows[n - 1] = 1;
    assert_null(sl_arena_rows(&arena, SIZE_MAX / 2, 3));
    sl_arena_release(&arena);
}

/* Bytes that tell their place, in writes of all sizes. */
static void
spool_and_compare(const char *folder, size_t total, bool filed)
{
    struct sl_error err = {0};
    struct sl_arena arena;
    struct sl_spool spool;
    uint32_t piece[5000], *got;
    size_t n = 0, step = 1;
    void *bytes;

    sl_arena_init(&arena);
    sl_spool_init(&spool, folder);
    while (n < total) {
        size_t more = total - n < step ? total - n : step;
        for (size_t i = 0; i < more; i++)
            piece[i] = (uint32_t)((n + i) * 2654435761u);
        assert_int_equal(sl_spool_write(&spool, piece, more * sizeof *piece, &err),
                         SL_OK);
        n += more;
        step = step * 3 % 4999 + 1;
    }
    assert_int_equal(spool.count, total * sizeof *piece);
    assert_int_equal(sl_spool_end(&spool, &arena, &bytes, &err), SL_OK);
    assert_int_equal(is_filed(bytes), filed);
    sl_spool_release(&spool);
    sl_spool_release(&spool);
    got = bytes;
    for (size_t i = 0; i < total; i++)
        if (got[i] != (uint32_t)(i * 2654435761u))
            fail_msg("element %zu of %zu", i, total);
    sl_arena_release(&arena);
}

/* They are counted then. */
static void
rows_are_memory_where_files_are(void **state)
{
    const char *shared = "/dev/shm/sluice-test-filed";
    struct sl_arena arena;

    (void)state;
    if (!workspace_is_memory("/dev/shm"))
        skip();
    sl_arena_init_in(&arena, shared);
    assert_null(sl_filed_new(shared, SL_ARENA_FILED));
    assert_false(is_filed(sl_arena_rows(&arena, SL_ARENA_FILED, 1)));
    assert_in_range(sl_arena_bytes(&arena), SL_ARENA_FILED, SL_ARENA_FILED + 1000);
    sl_arena_release(&arena);
    spool_and_compare(shared, SL_ARENA_FILED, false);
    assert_int_equal(rmdir(shared), 0);
}

/* What is left of a disk is for results. */
static void
a_file_takes_no_more_than_a_share_of_the_disk(void **state)
{
    struct statvfs disk;

    (void)state;
    assert_int_equal(statvfs(".", &disk), 0);
    assert_null(sl_filed_new(".", (size_t)disk.f_bavail * disk.f_frsize / 4 + 1));
}

static void
maps_go_from_arena_to_arena(void **state)
{
    struct sl_arena from, to;
    char *one, *two;

    (void)state;
    if (workspace_is_memory("."))
        skip();
    sl_arena_init_in(&from, ".");
    sl_arena_init_in(&to, ".");
    one = sl_arena_rows(&from, SL_ARENA_FILED, 1);
    two = sl_arena_rows(&to, SL_ARENA_FILED, 1);
    one[5] = two[5] = 7;
    sl_arena_take_maps(&to, &from);
    sl_arena_release(&from);
    assert_int_equal(one[5] + two[5], 14);
    assert_true(is_filed(one));
    sl_arena_release(&to);
    assert_false(is_filed(one));
}

static void
a_spool_gives_back_what_was_written(void **state)
{
    size_t most = SL_ARENA_FILED / sizeof(uint32_t);

    (void)state;
    if (workspace_is_memory("."))
        skip();
    spool_and_compare(".", 0, false);
    spool_and_compare(".", 1000, false);
    spool_and_compare(".", most, false);
    spool_and_compare(".", most + 1, true);
    spool_and_compare(".", 5 * most / 2, true);
    spool_and_compare(NULL, 5 * most / 2, false);
    spool_and_compare("/proc/nowhere", 5 * most / 2, false);
}

/* A bound on files fails their writes as a full disk does. */
static void
a_spool_goes_on_in_memory_where_the_disk_is_full(void **state)
{
    struct rlimit before, bound;
    size_t most = SL_ARENA_FILED / sizeof(uint32_t);

    (void)state;
    if (workspace_is_memory("."))
        skip();
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    bound = before;
    bound.rlim_cur = SL_ARENA_FILED + SL_ARENA_FILED / 2 + 5;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &bound), 0);
    spool_and_compare(".", most + 1, true);
    spool_and_compare(".", 3 * most / 2 + 10, false); /* at the end */
    spool_and_compare(".", 7 * most / 2, false);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

static void
large_files_are_mapped(void **state)
{
    struct sl_error err = {0};
    struct sl_arena arena;
    size_t count, n = SL_FILE_MAPPED;
    char *bytes, *again;

    (void)state;
    sl_arena_init(&arena);
    bytes = sl_arena_alloc(&arena, n);
    bytes[n - 1] = 'z';
    assert_int_equal(sl_publish("large", bytes, n, &err), SL_OK);
    assert_int_equal(sl_publish("small", bytes, n - 1, &err), SL_OK);
    assert_int_equal(sl_file_map("small", n, &arena, &again, &count, &err), SL_OK);
    assert_false(is_filed(again));
    assert_int_equal(count, n - 1);
    assert_int_equal(sl_file_map("large", n - 1, &arena, &again, &count, &err),
                     SL_ERR_IO);
    assert_int_equal(sl_file_map("large", n, &arena, &again, &count, &err), SL_OK);
    assert_true(is_filed(again));
    assert_int_equal(count, n);
    assert_int_equal(again[n - 1], 'z');
    again[0] = 'x';
    assert_int_equal(sl_file_read("large", n, &arena, &again, &count, &err), SL_OK);
    assert_int_equal(again[0], 0); /* the file is as it was */
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKSPACE_TEST(large_rows_stand_in_a_file),
        WORKSPACE_TEST(rows_are_memory_where_no_file_can_be),
        WORKSPACE_TEST(rows_are_memory_where_files_are),
        WORKSPACE_TEST(a_file_takes_no_more_than_a_share_of_the_disk),
        WORKSPACE_TEST(maps_go_from_arena_to_arena),
        WORKSPACE_TEST(a_spool_gives_back_what_was_written),
        WORKSPACE_TEST(a_spool_goes_on_in_memory_where_the_disk_is_full),
        WORKSPACE_TEST(large_files_are_mapped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
