/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_CRASH_H
#define SL_BASE_CRASH_H

#include <stdbool.h>
#include <stddef.h>

/* How child processes that run other people's code end. */

/* In such a child: signals of a crash end it, whoever had handlers for them, without a core
 * file; and it ends when its parent does. */
void sl_crash_plainly(void);

/* Of a status of waitpid: "crashed with SIGSEGV (Segmentation fault)", "ended the process
 * with status 3". True if it says that a signal ended it. */
bool sl_crash_say(int status, char *text, size_t size);

#endif
