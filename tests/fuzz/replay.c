/* SPDX-License-Identifier: MIT */
/* Runs the files of a folder through a fuzzer's target, without a fuzzer.
 * usage: replay FOLDER */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "runner/base/arena.h"
#include "runner/base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* All are read before the first runs: the target has a current folder of its own. */
static size_t
read_all(const char *folder, struct sl_arena *arena, char ***texts, size_t **counts)
{
    struct dirent **entries;
    struct sl_error err;
    int n = scandir(folder, &entries, is_visible, alphasort);

    if (n < 0)
        return 0;
    *texts = sl_arena_alloc(arena, (size_t)n * sizeof **texts);
    *counts = sl_arena_alloc(arena, (size_t)n * sizeof **counts);
    for (int i = 0; i < n; i++) {
        const char *path = sl_arena_format(arena, "%s/%s", folder, entries[i]->d_name);

        if (sl_file_read(path, (size_t)1 << 24, arena, &(*texts)[i], &(*counts)[i],
                         &err)) {
            fprintf(stderr, "%s\n", err.text);
            exit(1);
        }
        free(entries[i]);
    }
    free(entries);
    return (size_t)n;
}

int
main(int argc, char **argv)
{
    struct sl_arena arena;
    size_t n, *counts;
    char **texts;

    sl_arena_init(&arena);
    n = argc == 2 ? read_all(argv[1], &arena, &texts, &counts) : 0;
    for (size_t i = 0; i < n; i++)
        LLVMFuzzerTestOneInput((const uint8_t *)texts[i], counts[i]);
    printf("%zu inputs\n", n);
    sl_arena_release(&arena);
    return n == 0;
}
