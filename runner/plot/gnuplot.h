/* SPDX-License-Identifier: MIT */
#ifndef SL_PLOT_GNUPLOT_H
#define SL_PLOT_GNUPLOT_H

#include "runner/base/arena.h"
#include "runner/base/error.h"
#include "runner/base/text.h"

/* gnuplot as a child process that can start no other. The only place that runs a program
 * for figures. */

/* The path of gnuplot by $PATH, or NULL if there is none. */
const char *sl_gnuplot_find(struct sl_arena *arena);

/* Appends any text as an expression for gnuplot: in single quotes, where it expands
 * nothing, without control characters. A ' is a string of its own, "'", joined on: doubled,
 * as gnuplot's manual has it, it is misread at the beginning of a string. */
void sl_gnuplot_quote(struct sl_text *out, const char *text);

struct sl_gnuplot {
    const char *program; /* by sl_gnuplot_find */
    const char *folder;  /* where it works */
    const char *script;  /* a file in the folder */
    unsigned timeout_ms;
};

/*
 * Runs the script: no shell, no settings of the user's, an environment of our own, limits
 * on time, memory and the size of files, and, on Linux, a seccomp filter that forbids new
 * processes and sockets. May be called from any thread.
 *
 * SL_ERR_IO with gnuplot's own words if it does not end with status 0 in time. That it
 * does is no proof of a picture: on a full disk it exits with 0 as well.
 */
enum sl_status sl_gnuplot_run(const struct sl_gnuplot *call, struct sl_error *err);

#endif
