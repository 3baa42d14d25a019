/* SPDX-License-Identifier: MIT */
#ifndef SL_PLOT_SANDBOX_H
#define SL_PLOT_SANDBOX_H

#include <stdbool.h>

/*
 * Limits on the calling process, for good; they outlast execve. To be called in a child
 * between fork and execve: nothing here takes a lock or allocates.
 */

/* Time, memory, size of files, no core file. */
bool sl_sandbox_limit(void);

/* No new processes and no sockets, threads allowed. On Linux on x86-64 and arm64, where
 * the kernel has seccomp filters; elsewhere it does nothing. */
void sl_sandbox_seal(void);

#endif
