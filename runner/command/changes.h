/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_CHANGES_H
#define SL_COMMAND_CHANGES_H

#include "runner/pipeline/runs.h"

/* Says on standard error what a file says now that it did not say in the latest plan of
 * the results folder, swept values left out. Nothing where there is no such plan, or
 * nothing changed. */
void sl_changes_tell(const char *out, const struct sl_runs *runs, struct sl_arena *arena);

#endif
