/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/command/results.h"
#include "runner/command/results_sweep.h"

static enum sl_status
run_of_point(const char *word, const char *path, int64_t point, struct sl_arena *arena,
             const char **file, struct sl_error *err)
{
    struct sl_results_sweep s;
    size_t n = 0;

    SL_TRY(sl_results_sweep_open(path, arena, &s, err));
    for (size_t i = 0; i < s.record.runs.rows; i++) {
        if (s.points[i] != point || strcmp(s.states[i], "done") != 0)
            continue;
        if (n++ == 0)
            *file = sl_arena_format(arena, "%s/%s/run.h5", s.root, s.folders[i]);
    }
    if (n != 1)
        return sl_fail(err, SL_ERR_CONFIG,
                       "'%s' has %zu runs that are done; name the folder of one, as "
                       "'sluice list %s' tells them",
                       word, n, path);
    return SL_OK;
}

enum sl_status
sl_results_run(const char *word, struct sl_arena *arena, const char **file,
               struct sl_error *err)
{
    const char *path, *root, **files;
    int64_t point;
    size_t n;

    if (sl_point_parse(word, arena, &path, &point))
        return run_of_point(word, path, point, arena, file, err);
    if (sl_results_sweep_find(word, arena, &path, &root))
        return sl_fail(err, SL_ERR_CONFIG,
                       "'%s' is a sweep; name one of its points, '%s#0'", word, word);
    SL_TRY(sl_results_find(word, arena, &files, &n, err));
    if (n != 1)
        return sl_fail(err, SL_ERR_CONFIG, "'%s' has %zu runs; name one of them", word,
                       n);
    *file = files[0];
    return SL_OK;
}
