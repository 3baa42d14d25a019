/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_LIST_CONFIGS_H
#define SL_COMMAND_LIST_CONFIGS_H

#include "runner/command/command.h"
#include "runner/command/view.h"

/* What a file may `use` by name: for each group its files, in the current folder's configs
 * and on the search path, with their first comment. The columns are group, name, summary and
 * path; memory is the call's. */
void sl_configs_list(struct sl_call *call, struct sl_table *table);

#endif
