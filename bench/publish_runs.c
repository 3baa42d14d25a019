/* SPDX-License-Identifier: MIT */
/*
 * publish_runs RESULTS OUT GROUP: what a plain loop costs that leaves the files which a
 * sweep left. Reads every run.h5 of the results folder into memory, and then, timed, builds
 * each anew and publishes them below OUT, GROUP at a time, as the engine does: two syncs
 * for a group. Prints how many, the seconds and those of the processor, and fails where a
 * byte differs.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runner/base/publish.h"
#include "runner/store/runfile.h"

struct run {
    const char *folder;
    struct sl_run_record record;
};

struct runs {
    size_t n, capacity;
    struct run *at;
};

static double
seconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static struct run *
add_run(struct runs *runs)
{
    if (runs->n == runs->capacity) {
        runs->capacity = runs->capacity ? 2 * runs->capacity : 1024;
        runs->at = realloc(runs->at, runs->capacity * sizeof *runs->at);
        if (!runs->at)
            sl_memory_exhausted();
    }
    return &runs->at[runs->n++];
}

static enum sl_status
read_runs(const char *results, struct sl_arena *arena, struct runs *runs,
          struct sl_error *err)
{
    const char *folder = sl_arena_format(arena, "%s/runs", results);
    DIR *dir = opendir(folder);
    enum sl_status status = SL_OK;
    struct dirent *entry;

    if (!dir)
        return sl_fail_errno(err, "can't open '%s'", folder);
    while (status == SL_OK && (entry = readdir(dir))) {
        struct run *run;
        if (entry->d_name[0] == '.')
            continue;
        run = add_run(runs);
        run->folder = sl_arena_string(arena, entry->d_name);
        status = sl_run_read(sl_arena_format(arena, "%s/%s/run.h5", folder, run->folder),
                             arena, &run->record, err);
    }
    closedir(dir);
    return status;
}

/* Builds and publishes n runs. */
static enum sl_status
publish_group(const char *out, const struct run *runs, size_t n, struct sl_error *err)
{
    struct sl_publication *files;
    enum sl_status status = SL_OK;
    struct sl_arena arena;

    sl_arena_init(&arena);
    files = sl_arena_alloc(&arena, n * sizeof *files);
    for (size_t i = 0; i < n && status == SL_OK; i++) {
        char *bytes;
        files[i].path = sl_arena_format(&arena, "%s/runs/%s/run.h5", out, runs[i].folder);
        status = sl_run_write(&runs[i].record, &arena, &bytes, &files[i].count, err);
        files[i].bytes = bytes;
    }
    if (status == SL_OK)
        status = sl_publish_group(files, n, err);
    sl_arena_release(&arena);
    return status;
}

static enum sl_status
publish_all(const char *out, const struct runs *runs, size_t group, struct sl_error *err)
{
    for (size_t i = 0; i < runs->n; i += group)
        SL_TRY(publish_group(out, runs->at + i, group < runs->n - i ? group : runs->n - i,
                             err));
    return SL_OK;
}

static enum sl_status
compare(const char *results, const char *out, const struct run *run, struct sl_error *err)
{
    const char *const folders[] = {results, out};
    struct sl_arena arena;
    enum sl_status status = SL_OK;
    char *bytes[2];
    size_t counts[2];

    sl_arena_init(&arena);
    for (size_t i = 0; i < 2 && status == SL_OK; i++)
        status = sl_file_read(
            sl_arena_format(&arena, "%s/runs/%s/run.h5", folders[i], run->folder),
            (size_t)1 << 30, &arena, &bytes[i], &counts[i], err);
    if (status == SL_OK &&
        (counts[0] != counts[1] || memcmp(bytes[0], bytes[1], counts[0]) != 0))
        status = sl_fail(err, SL_ERR_IO, "'%s' differs", run->folder);
    sl_arena_release(&arena);
    return status;
}

static enum sl_status
measure(char **words, size_t group, struct sl_error *err)
{
    struct runs runs = {0};
    struct sl_arena arena;
    enum sl_status status;
    double start, start_cpu;

    sl_arena_init(&arena);
    status = read_runs(words[1], &arena, &runs, err);
    start = seconds(CLOCK_MONOTONIC);
    start_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (status == SL_OK)
        status = publish_all(words[2], &runs, group, err);
    if (status == SL_OK)
        printf("%zu %.3f %.3f\n", runs.n, seconds(CLOCK_MONOTONIC) - start,
               seconds(CLOCK_PROCESS_CPUTIME_ID) - start_cpu);
    for (size_t i = 0; i < runs.n && status == SL_OK; i++)
        status = compare(words[1], words[2], &runs.at[i], err);
    free(runs.at);
    sl_arena_release(&arena);
    return status;
}

int
main(int argc, char **argv)
{
    size_t group = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    struct sl_error err;

    if (group == 0) {
        fputs("usage: publish_runs RESULTS OUT GROUP\n", stderr);
        return 2;
    }
    if (measure(argv, group, &err)) {
        fprintf(stderr, "publish_runs: %s\n", err.text);
        return 1;
    }
    return 0;
}
