/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_MODULES_H
#define SL_COMMAND_MODULES_H

#include "runner/command/command.h"
#include "runner/config/compose.h"

/* What `modules:` in a file does: loads at that place, and reports there. */
const struct sl_module_opener *sl_call_module_opener(const struct sl_call *call);

/* Where figures are sought: $SLUICE_PLOT_PATH, the folders of the objects that are loaded,
 * and those that come with the program. */
const char *const *sl_call_figure_search(const struct sl_call *call);

/* sluice list modules. */
enum sl_status sl_list_modules(struct sl_call *call, struct sl_error *err);

#endif
