/* SPDX-License-Identifier: MIT */
#ifndef SL_PLOT_DESK_H
#define SL_PLOT_DESK_H

#include "runner/base/arena.h"
#include "runner/base/error.h"

/* A temporary folder for a child to work in, in $TMPDIR or /tmp. */
enum sl_status sl_desk_make(struct sl_arena *arena, const char **folder,
                            struct sl_error *err);
/* Removes it with everything in it. */
void sl_desk_remove(const char *folder);

#endif
