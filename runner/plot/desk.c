/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* nftw */
#include "runner/plot/desk.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#define DESCRIPTORS 8

enum sl_status
sl_desk_make(struct sl_arena *arena, const char **folder, struct sl_error *err)
{
    const char *base = getenv("TMPDIR");
    char *path;

    if (!base || base[0] != '/')
        base = "/tmp";
    path = sl_arena_format(arena, "%s/sluice-plot-XXXXXX", base);
    if (!mkdtemp(path))
        return sl_fail_errno(err, "cannot make a temporary folder in '%s'", base);
    *folder = path;
    return SL_OK;
}

static int
remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    return remove(path);
}

void
sl_desk_remove(const char *folder)
{
    (void)nftw(folder, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}
