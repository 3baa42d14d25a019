/* SPDX-License-Identifier: MIT */
/* What a group puts on disk, and when: the program's calls are listened to. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/publish.h"

enum call { FSYNC, SYNCFS, RENAME };

static struct {
    enum call call;
    dev_t device;
    ino_t inode;
} calls[1000];
static size_t call_count;

static void
note(enum call call, int fd)
{
    struct stat info = {0};

    if (fd >= 0)
        assert_int_equal(fstat(fd, &info), 0);
    assert_true(call_count < sizeof calls / sizeof *calls);
    calls[call_count].call = call;
    calls[call_count].device = info.st_dev;
    calls[call_count++].inode = info.st_ino;
}

int syncfs(int fd);

int
fsync(int fd)
{
    note(FSYNC, fd);
    return (int)syscall(SYS_fsync, fd);
}

int
syncfs(int fd)
{
    note(SYNCFS, fd);
    return (int)syscall(SYS_syncfs, fd);
}

int
rename(const char *from, const char *to)
{
    note(RENAME, -1);
    return (int)syscall(SYS_rename, from, to);
}

static size_t
count(enum call call)
{
    size_t n = 0;

    for (size_t i = 0; i < call_count; i++)
        n += calls[i].call == call;
    return n;
}

/* Whether the path was synced before the first rename, or after the last. */
static bool
is_synced(const char *path, bool before)
{
    size_t first = 0, last = call_count;
    struct stat info;

    assert_int_equal(stat(path, &info), 0);
    while (calls[first].call != RENAME)
        first++;
    while (calls[last - 1].call != RENAME)
        last--;
    for (size_t i = before ? 0 : last; i < (before ? first : call_count); i++)
        if (calls[i].device == info.st_dev &&
            (calls[i].call == SYNCFS || calls[i].inode == info.st_ino))
            return true;
    return false;
}

static int
enter(void **state)
{
    char folder[] = "/tmp/sluice-test-XXXXXX";

    call_count = 0;
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
a_few_files_are_synced_with_all_folders_above(void **state)
{
    static const char *const folders[] = {".", "r", "r/models", "r/runs", "r/runs/a"};
    const struct sl_publication files[] = {{"r/models/m.h5", "model", 5},
                                           {"r/runs/a/run.h5", "run", 3}};
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_publish_group(files, 2, &err), SL_OK);
    assert_true(is_synced("r/models/m.h5", true));
    assert_true(is_synced("r/runs/a/run.h5", true));
    for (size_t i = 0; i < 5; i++)
        assert_true(is_synced(folders[i], false));
    assert_int_equal(count(FSYNC), 2 + 5);
    assert_int_equal(count(SYNCFS), 0);
}

/* The folder of each file is new, and "other" is on another file system. */
static void
many_files_are_synced_by_file_system(void **state)
{
    enum { FILES = 40 };
    struct sl_publication files[FILES];
    char paths[FILES][32], elsewhere[] = "/dev/shm/sluice-test-XXXXXX", command[64];
    struct stat here, there;
    struct sl_error err;

    (void)state;
    if (mkdtemp(elsewhere) == NULL || symlink(elsewhere, "other") != 0)
        skip();
    assert_int_equal(stat(".", &here) + stat("other/.", &there), 0);
    for (int i = 0; i < FILES; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%d/run.h5", i % 4 ? "here" : "other", i);
        files[i] = (struct sl_publication){paths[i], "run", 3};
    }
    assert_int_equal(sl_publish_group(files, FILES, &err), SL_OK);
    for (int i = 0; i < FILES; i++) {
        assert_true(is_synced(paths[i], true));
        assert_true(is_synced(paths[i], false));
    }
    assert_int_equal(count(SYNCFS), here.st_dev == there.st_dev ? 2 : 4);
    assert_int_equal(count(FSYNC), 0);
    snprintf(command, sizeof command, "rm -rf %s", elsewhere);
    assert_int_equal(system(command), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_few_files_are_synced_with_all_folders_above,
                                        enter, leave),
        cmocka_unit_test_setup_teardown(many_files_are_synced_by_file_system, enter,
                                        leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
