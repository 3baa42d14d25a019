/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "runner/store/cache_list.h"
#include "sample_outcome.h"
#include "tests/unit/workspace.h"

struct fixture {
    struct sl_arena arena;
    struct sl_cache cache;
    struct sl_error err;
    struct sl_cache_file *files;
    size_t n;
};

static struct sl_digest
key_of(const char *name)
{
    return sl_digest_of(name, strlen(name));
}

static void
store(struct fixture *f, const char *name, const char *origin)
{
    struct sl_digest key = key_of(name);
    struct sl_outcome outcome;

    sample_outcome(&outcome, &f->arena);
    outcome.origin = origin;
    assert_int_equal(sl_cache_write(&f->cache, &key, &outcome, &f->err), SL_OK);
}

static void
start(struct fixture *f)
{
    *f = (struct fixture){.cache = {.folder = "cache"}};
    sl_arena_init(&f->arena);
    store(f, "a", "platform: p\nmodule: train autoencoder\nstage: train\n");
    store(f, "b", "platform: p\nscore: reconstruction of split test\n");
    store(f, "c", NULL);
}

static const struct sl_cache_file *
find(struct fixture *f, const char *name)
{
    struct sl_digest key = key_of(name);
    char hex[SL_DIGEST_HEX];

    sl_digest_hex(&key, hex);
    assert_int_equal(sl_cache_list(&f->cache, &f->arena, &f->files, &f->n, &f->err),
                     SL_OK);
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->files[i].key, hex) == 0)
            return &f->files[i];
    return NULL;
}

static void
age(struct fixture *f, const char *name, time_t seconds)
{
    struct timespec times[2] = {{.tv_sec = time(NULL) - seconds},
                                {.tv_sec = time(NULL) - seconds}};

    assert_int_equal(utimensat(AT_FDCWD, find(f, name)->path, times, 0), 0);
}

static void
read_back(struct fixture *f, const char *name)
{
    struct sl_digest key = key_of(name);
    struct sl_outcome outcome;
    bool found;

    sl_outcome_init(&outcome, &f->arena);
    assert_int_equal(sl_cache_read(&f->cache, &key, &outcome, &found, &f->err), SL_OK);
    assert_true(found);
}

static void
entries_say_what_they_are(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    assert_string_equal(find(&f, "a")->label, "train autoencoder");
    assert_string_equal(find(&f, "b")->label, "reconstruction of split test");
    assert_string_equal(find(&f, "c")->label, "");
    sl_arena_release(&f.arena);
}

/* A damaged label is no terminal's business; the entry is found out when it is read. */
static void
labels_are_printable(void **state)
{
    struct fixture f;
    FILE *file;

    (void)state;
    start(&f);
    file = fopen(find(&f, "a")->path, "r+");
    assert_non_null(file);
    fseek(file, -(long)(32 + 5 + 4), SEEK_END); /* seal, mark, length, "oder" */
    fputs("\033[1m", file);
    fclose(file);
    assert_string_equal(find(&f, "a")->label, "train autoenc?[1m");
    sl_arena_release(&f.arena);
}

/* What was read an hour ago is older than what was read now, whenever it was written. */
static void
reading_is_use_and_looking_is_none(void **state)
{
    const struct sl_cache_prune what = {1800, -1, -1};
    struct sl_cache_pruned pruned;
    struct fixture f;

    (void)state;
    start(&f);
    age(&f, "a", 3600);
    age(&f, "b", 3600);
    read_back(&f, "a");
    f.cache.looks = true;
    read_back(&f, "b");
    assert_int_equal(sl_cache_prune(&f.cache, &what, &pruned, &f.err), SL_OK);
    assert_int_equal(pruned.files, 1);
    assert_non_null(find(&f, "a"));
    assert_null(find(&f, "b"));
    sl_arena_release(&f.arena);
}

static void
half_written_files_go(void **state)
{
    const struct sl_cache_prune what = {-1, -1, -1};
    const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    struct sl_cache_pruned pruned;
    struct fixture f;
    FILE *file;

    (void)state;
    start(&f);
    file = fopen("cache/steps/.sluice-abcdef.part", "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(utimensat(AT_FDCWD, "cache/steps/.sluice-abcdef.part", old, 0), 0);
    assert_int_equal(sl_cache_prune(&f.cache, &what, &pruned, &f.err), SL_OK);
    assert_int_equal(pruned.left, 3);
    assert_int_equal(access("cache/steps/.sluice-abcdef.part", F_OK), -1);
    sl_arena_release(&f.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKSPACE_TEST(entries_say_what_they_are),
        WORKSPACE_TEST(labels_are_printable),
        WORKSPACE_TEST(reading_is_use_and_looking_is_none),
        WORKSPACE_TEST(half_written_files_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
