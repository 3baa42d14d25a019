/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_NEW_MODULE_H
#define SL_COMMAND_NEW_MODULE_H

#include "runner/command/command.h"

#define SL_NEW_MODULE_KINDS 64

/* The kinds of modules that there are templates for, by name, into SL_NEW_MODULE_KINDS
 * places; returns how many there are. */
size_t sl_new_module_kinds(const struct sl_call *call, const char **kinds);

#endif
