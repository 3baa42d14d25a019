/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_LINES_H
#define SL_STORE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/error.h"

/*
 * Records of separated values (RFC 4180), one after the other, from a file or as they come
 * in on standard input: fields that may be quoted, with quotes doubled and line breaks inside;
 * lines that end in LF or CRLF, where any other CR outside of quotes is an error; a byte order
 * mark is passed over, blank lines too. The separator is that of ',', ';', tab and '|' which
 * is found most often in the first line, outside of quotes; ',' where there is none. A file
 * may be gzipped.
 *
 * A record takes 1 MiB at most. Errors are SL_ERR_IO and begin with NAME:LINE.
 */
struct sl_lines;

struct sl_line {
    size_t n;
    const char *const *fields; /* n, each ends in NUL; until the next record */
    size_t line;               /* of its first line, from 1 */
};

/* path "-": standard input. name: what messages call it; both live as long as lines. */
enum sl_status sl_lines_open(struct sl_lines **lines, const char *path, const char *name,
                             struct sl_error *err);
void sl_lines_close(struct sl_lines *lines);

/* *found is false at the end. Returns as soon as a record is whole. After an error the next
 * call goes on behind the line, where that was too long, held a NUL or a CR, or its quotes
 * don't fit. */
enum sl_status sl_lines_next(struct sl_lines *lines, struct sl_line *record, bool *found,
                             struct sl_error *err);
/* The next byte that is not a blank, which stays; -1 at the end. Before the first record. */
int sl_lines_peek(struct sl_lines *lines);
/* A whole line as it is, without its end, until the next; NULL at the end. In place of
 * sl_lines_next. */
enum sl_status sl_lines_raw(struct sl_lines *lines, const char **text, size_t *line,
                            struct sl_error *err);

/* Appends a field, quoted where it has to be. */
struct sl_text;
void sl_line_quote(struct sl_text *out, const char *field);

#endif
