/* SPDX-License-Identifier: MIT */
/* What a group puts on disk, and when: the program's calls are listened to. */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
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
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* covers both */

/* Whose sync fails, as fnmatch takes it, below the folder of the test. */
static const char *failing = "none";

static void
note(enum call call, int fd)
{
    struct stat info = {0};

    if (fd >= 0)
        assert_int_equal(fstat(fd, &info), 0);
    pthread_mutex_lock(&lock);
    assert_true(call_count < sizeof calls / sizeof *calls);
    calls[call_count].call = call;
    calls[call_count].device = info.st_dev;
    calls[call_count++].inode = info.st_ino;
    pthread_mutex_unlock(&lock);
}

/* A file is known by what it is called as long as it has no other name. */
static bool
is_failing(int fd)
{
    char link[40], path[200], pattern[100];
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    path[n < 0 ? 0 : n] = '\0';
    snprintf(pattern, sizeof pattern, "*/%s", failing);
    return fnmatch(pattern, path, 0) == 0;
}

int syncfs(int fd);

int
fsync(int fd)
{
    note(FSYNC, fd);
    errno = EIO;
    return is_failing(fd) ? -1 : (int)syscall(SYS_fsync, fd);
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
    failing = "none";
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

static size_t
names_in(const char *folder)
{
    DIR *stream = opendir(folder);
    size_t n = 0;

    assert_non_null(stream);
    for (const struct dirent *entry; (entry = readdir(stream));)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(stream);
    return n;
}

/* The first file's sync goes well, the other's fails: neither gets its name. */
static void
a_file_that_cannot_be_synced_stops_the_group(void **state)
{
    const struct sl_publication files[] = {{"a/1", "1", 1}, {"b/2", "2", 1}};
    struct sl_error err;

    (void)state;
    failing = "b/*";
    assert_int_equal(sl_publish_group(files, 2, &err), SL_ERR_IO);
    assert_string_equal(err.text, "can't write 'b/2': Input/output error");
    assert_int_equal(count(RENAME), 0);
    assert_int_equal(names_in("a") + names_in("b"), 0);
}

static void
a_folder_that_cannot_be_synced_is_told(void **state)
{
    const struct sl_publication files[] = {{"a/1", "1", 1}, {"b/2", "2", 1}};
    struct sl_error err;

    (void)state;
    assert_int_equal(mkdir("b", 0777), 0);
    failing = "b";
    assert_int_equal(sl_publish_group(files, 2, &err), SL_ERR_IO);
    assert_string_equal(err.text, "can't sync 'b/': Input/output error");
    assert_int_equal(names_in("a"), 1);
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
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_synced_stops_the_group,
                                        enter, leave),
        cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_synced_is_told, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(many_files_are_synced_by_file_system, enter,
                                        leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
