/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_APPLY_STREAM_H
#define SL_COMMAND_APPLY_STREAM_H

#include "runner/command/command.h"
#include "runner/pipeline/apply.h"

/*
 * Rows from standard input, one at a time: for each one line goes out, at once. What comes
 * in decides what goes out: separated values give CSV, as a file would; JSON, an object with
 * the columns by name or an array in their order on each line, gives an object
 * {"row", "score", "p", "flagged"} and, explained, "contributions". Numbers have the same
 * digits in both.
 *
 * A row that can't be read is told on standard error, and its line says so (JSON: "error";
 * CSV: empty but for the row); the others go on, and *bad counts them.
 *
 * names: of the contributions, n of them; NULL: nobody asks why.
 */
enum sl_status sl_apply_stream(struct sl_apply *apply, const char *const *names,
                               size_t *rows, size_t *bad, struct sl_error *err);

#endif
