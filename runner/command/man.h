/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_MAN_H
#define SL_COMMAND_MAN_H

#include "runner/base/text.h"
#include "runner/command/command.h"

/* The pages, in the macros of man(7): of the program, of one command, and of the format of
 * experiments' files, from the tables that run them. */
void sl_man_program(const struct sl_call *call, struct sl_text *out);
void sl_man_command(const struct sl_call *call, const struct sl_command *command,
                    struct sl_text *out);
void sl_man_experiment(const struct sl_call *call, struct sl_text *out);

#endif
