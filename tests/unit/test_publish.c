/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/arena.h"
#include "runner/base/publish.h"

/* Every test works in a folder of its own, as its current one. */
static int
enter(void **state)
{
    char folder[] = "/tmp/sluice-test-XXXXXX";

    *state = mkdtemp(folder) == NULL ? NULL : strdup(folder);
    return *state == NULL || chdir(*state) != 0;
}

static int
leave(void **state)
{
    char command[100];
    int failed;

    snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
    failed = chdir("/") != 0 || system(command) != 0;
    free(*state);
    return failed;
}

static void
assert_content(const char *path, const char *bytes, size_t count)
{
    struct sl_error err = {0};
    struct sl_arena arena;
    size_t got;
    char *text;

    sl_arena_init(&arena);
    assert_int_equal(sl_file_read(path, 1 << 24, &arena, &text, &got, &err), SL_OK);
    assert_int_equal(got, count);
    assert_memory_equal(text, bytes, count);
    assert_int_equal(text[got], '\0');
    sl_arena_release(&arena);
}

static int
entries(const char *folder)
{
    DIR *stream = opendir(folder);
    int n = -2; /* . and .. */

    assert_non_null(stream);
    while (readdir(stream) != NULL)
        n++;
    closedir(stream);
    return n;
}

static void
a_file_gets_its_bytes(void **state)
{
    static const size_t counts[] = {0, 1, 4096, 5000011};
    struct sl_error err = {0};
    char *bytes = malloc(5000011);

    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < 5000011; i++)
        bytes[i] = (char)(i * i >> 7);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        assert_int_equal(sl_publish("a.bin", bytes, counts[i], &err), SL_OK);
        assert_content("a.bin", bytes, counts[i]);
        assert_int_equal(entries("."), 1);
    }
    free(bytes);
}

static void
a_file_has_the_mode_of_the_umask(void **state)
{
    static const mode_t masks[] = {022, 077, 002};
    struct sl_error err = {0};
    struct stat info;
    mode_t before = umask(0);

    (void)state;
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        umask(masks[i]);
        assert_int_equal(sl_publish("a", "x", 1, &err), SL_OK);
        assert_int_equal(stat("a", &info), 0);
        assert_int_equal(info.st_mode & 0777, 0666 & ~masks[i]);
    }
    umask(before);
}

static void
missing_folders_are_made(void **state)
{
    struct sl_error err = {0};
    char path[200];

    assert_int_equal(sl_publish("a/b//c/d.txt", "text", 4, &err), SL_OK);
    assert_content("a/b/c/d.txt", "text", 4);
    snprintf(path, sizeof path, "%s/x/y/z.txt", (char *)*state);
    assert_int_equal(sl_publish(path, "more", 4, &err), SL_OK);
    assert_content("x/y/z.txt", "more", 4);
    assert_int_equal(sl_folder_make("a/b/../e/", &err), SL_OK);
    assert_int_equal(entries("a/e"), 0);
    assert_int_equal(sl_folder_make("/", &err), SL_OK);
    assert_int_equal(sl_folder_make(".", &err), SL_OK);
}

static void
an_error_leaves_nothing(void **state)
{
    static const char *const paths[] = {"file/x", "file/a/x", "folder"};
    struct sl_draft draft;
    struct sl_error err = {0};

    (void)state;
    assert_int_equal(sl_publish("file", "old", 3, &err), SL_OK);
    assert_int_equal(sl_folder_make("folder", &err), SL_OK);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(sl_publish(paths[i], "new", 3, &err), SL_ERR_IO);
        assert_non_null(strstr(err.text, i < 2 ? "file" : "folder"));
        assert_int_equal(sl_publish_line(paths[i], "new", &err), SL_ERR_IO);
        assert_int_equal(sl_publish_link(paths[i], "new", &err), SL_ERR_IO);
        assert_int_equal(sl_draft_open(&draft, ".", 10, &err), SL_OK);
        assert_int_equal(sl_draft_commit(&draft, paths[i], &err), SL_ERR_IO);
        assert_null(draft.path);
    }
    assert_int_equal(sl_draft_open(&draft, "file/x", 10, &err), SL_ERR_IO);
    sl_draft_release(&draft);
    assert_int_equal(entries("."), 2);
    assert_int_equal(entries("folder"), 0);
    assert_content("file", "old", 3);
}

/* A limit on the size of files stands for a full disk. */
static void
a_full_disk_leaves_the_old_file(void **state)
{
    struct sl_draft draft = {0};
    struct sl_error err = {0};
    struct rlimit before, small;
    char *bytes = calloc(1, 200000);

    (void)state;
    assert_non_null(bytes);
    assert_int_equal(sl_publish("a", "old", 3, &err), SL_OK);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 100000;
    setrlimit(RLIMIT_FSIZE, &small);
    assert_int_equal(sl_publish("a", bytes, 200000, &err), SL_ERR_IO);
    assert_string_equal(err.text, "can't write 'a': File too large");
    assert_int_equal(sl_draft_open(&draft, ".", 200000, &err), SL_ERR_IO);
    assert_null(draft.path);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);

    assert_content("a", "old", 3);
    assert_int_equal(entries("."), 1);
    free(bytes);
}

static void
a_group_is_all_there(void **state)
{
    enum { FILES = 30 };
    struct sl_publication files[FILES];
    char paths[FILES][32], contents[FILES][32];
    struct sl_error err = {0};

    (void)state;
    for (int i = 0; i < FILES; i++) {
        snprintf(paths[i], sizeof paths[i], "group%d/%d", i % 3, i);
        snprintf(contents[i], sizeof contents[i], "content %d", i * i);
        files[i] = (struct sl_publication){paths[i], contents[i], strlen(contents[i])};
    }
    assert_int_equal(sl_publish_group(files, FILES, &err), SL_OK);
    for (int i = 0; i < FILES; i++)
        assert_content(paths[i], contents[i], strlen(contents[i]));
    assert_int_equal(entries("group1"), FILES / 3);

    files[10].path = "group1"; /* a folder */
    files[9].bytes = "changed 9";
    files[9].count = 9;
    files[11].bytes = "changed 11";
    assert_int_equal(sl_publish_group(files, FILES, &err), SL_ERR_IO);
    assert_content(paths[9], "changed 9", 9);
    assert_content(paths[11], contents[11], strlen(contents[11]));
    assert_int_equal(entries("."), 3);
    assert_int_equal(sl_publish_group(NULL, 0, &err), SL_OK);
}

static void
a_draft_is_filled_through_memory(void **state)
{
    enum { COUNT = 123457 };
    struct sl_error err = {0};
    struct sl_draft draft = {0};
    char *bytes = malloc(COUNT);

    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < COUNT; i++)
        bytes[i] = (char)(i * 7 >> 2);
    sl_draft_release(&draft);
    assert_int_equal(sl_draft_open(&draft, "cache/data", COUNT, &err), SL_OK);
    assert_int_equal(((char *)draft.bytes)[COUNT - 1], 0);
    memcpy(draft.bytes, bytes, COUNT);
    assert_int_equal(sl_draft_commit(&draft, "cache/data/x.bin", &err), SL_OK);
    assert_content("cache/data/x.bin", bytes, COUNT);
    assert_int_equal(entries("cache/data"), 1);
    sl_draft_release(&draft);
    assert_int_equal(entries("cache/data"), 1);

    assert_int_equal(sl_draft_open(&draft, "cache/data", COUNT, &err), SL_OK);
    assert_int_equal(entries("cache/data"), 2);
    sl_draft_release(&draft);
    assert_int_equal(entries("cache/data"), 1);
    free(bytes);
}

static void
write_lines(char name)
{
    struct sl_error err;
    char line[200];

    memset(line, name, sizeof line - 1);
    line[sizeof line - 1] = '\0';
    for (int i = 0; i < 200; i++)
        if (sl_publish_line("journal", line, &err) != SL_OK)
            _exit(1);
    _exit(0);
}

static void
lines_of_several_processes_do_not_mix(void **state)
{
    char line[300];
    int counts[4] = {0}, status;
    FILE *file;

    (void)state;
    for (int i = 0; i < 4; i++)
        if (fork() == 0)
            write_lines((char)('a' + i));
    for (int i = 0; i < 4; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    file = fopen("journal", "r");
    while (fgets(line, sizeof line, file) != NULL) {
        assert_int_equal(strlen(line), 200);
        assert_int_equal(strspn(line, (char[]){line[0], '\0'}), 199);
        counts[line[0] - 'a']++;
    }
    fclose(file);
    for (int i = 0; i < 4; i++)
        assert_int_equal(counts[i], 200);
}

static void
a_link_is_replaced(void **state)
{
    struct sl_error err = {0};
    char target[100] = "";

    (void)state;
    assert_int_equal(sl_publish_link("out/latest", "plans/0123", &err), SL_OK);
    assert_int_equal(sl_publish_link("out/latest", "plans/4567", &err), SL_OK);
    assert_int_equal(readlink("out/latest", target, sizeof target - 1), 10);
    assert_string_equal(target, "plans/4567");
    assert_int_equal(entries("out"), 1);
}

static void
age(const char *path)
{
    struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};

    assert_int_equal(utimensat(AT_FDCWD, path, old, AT_SYMLINK_NOFOLLOW), 0);
}

static void
the_sweep_takes_what_is_abandoned(void **state)
{
    static const char *const names[] = {
        ".sluice-0000000000000001.part", /* left */
        ".sluice-0000000000000002.part", /* young */
        ".sluice-0000000000000003.part", /* being written */
        "results.h5",
    };
    struct sl_error err = {0};
    int fds[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        fds[i] = open(names[i], O_RDWR | O_CREAT, 0600);
    assert_int_equal(symlink("nowhere", ".sluice-0000000000000004.part"), 0);
    assert_int_equal(flock(fds[2], LOCK_EX), 0);
    age(names[0]);
    age(names[2]);
    age(names[3]);
    age(".sluice-0000000000000004.part");
    assert_int_equal(sl_publish_sweep(".", &err), SL_OK);
    assert_int_equal(entries("."), 3);
    assert_int_equal(access(names[0], F_OK), -1);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    assert_int_equal(sl_publish_sweep(".", &err), SL_OK);
    assert_int_equal(entries("."), 2);
    assert_int_equal(sl_publish_sweep("none", &err), SL_OK);
    assert_int_equal(sl_publish_sweep("results.h5", &err), SL_ERR_IO);
}

/* A draft is locked, so that a sweep of another process passes it by. */
static void
the_sweep_leaves_a_draft(void **state)
{
    struct sl_error err = {0};
    struct sl_draft draft;

    (void)state;
    assert_int_equal(sl_draft_open(&draft, ".", 100, &err), SL_OK);
    age(draft.path);
    assert_int_equal(sl_publish_sweep(".", &err), SL_OK);
    assert_int_equal(entries("."), 1);
    sl_draft_release(&draft);
}

static void
reading_is_limited(void **state)
{
    struct sl_error err = {0};
    struct sl_arena arena;
    size_t count = 77;
    char *bytes;

    (void)state;
    sl_arena_init(&arena);
    assert_int_equal(sl_publish("a", "12345678", 8, &err), SL_OK);
    assert_int_equal(sl_file_read("a", 8, &arena, &bytes, &count, &err), SL_OK);
    assert_int_equal(count, 8);
    assert_int_equal(sl_file_read("a", 7, &arena, &bytes, &count, &err), SL_ERR_IO);
    assert_string_equal(err.text, "'a' has 8 bytes, at most 7 are read");
    assert_int_equal(sl_file_read(".", 7, &arena, &bytes, &count, &err), SL_ERR_IO);
    assert_string_equal(err.text, "'.' is not a regular file");
    assert_int_equal(sl_file_read("b", 7, &arena, &bytes, &count, &err), SL_ERR_IO);
    assert_string_equal(err.text, "can't open 'b': No such file or directory");
    assert_int_equal(mkfifo("c", 0600), 0);
    assert_int_equal(sl_file_read("c", 7, &arena, &bytes, &count, &err), SL_ERR_IO);
    /* A size of 0 that is no size. */
    assert_int_equal(
        sl_file_read("/proc/self/status", 1 << 20, &arena, &bytes, &count, &err),
        SL_ERR_IO);
    sl_arena_release(&arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_gets_its_bytes),
        TEST(a_file_has_the_mode_of_the_umask),
        TEST(missing_folders_are_made),
        TEST(an_error_leaves_nothing),
        TEST(a_full_disk_leaves_the_old_file),
        TEST(a_group_is_all_there),
        TEST(a_draft_is_filled_through_memory),
        TEST(lines_of_several_processes_do_not_mix),
        TEST(a_link_is_replaced),
        TEST(the_sweep_takes_what_is_abandoned),
        TEST(the_sweep_leaves_a_draft),
        TEST(reading_is_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
