/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_REPORT_H
#define SL_CONFIG_REPORT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"
#include "runner/base/text.h"

/* All mistakes of all files of a composition, told in one go, in the order of their
 * places. */
enum sl_severity { SL_NOTE, SL_WARNING, SL_ERROR };

struct sl_problem {
    enum sl_severity severity;
    struct sl_mark mark;
    const char *text;
    size_t order; /* of arrival, among equals */
};

/* A text that problems point into: a file, or an argument of the command line. */
struct sl_source {
    const char *name, *bytes;
    size_t count;
    struct sl_source *next;
};

/* More problems are only counted. */
#define SL_REPORT_MAX 1000

struct sl_report {
    struct sl_arena *arena;
    struct sl_source *sources;
    struct sl_problem *problems;
    size_t n, capacity, errors, warnings;
    bool dropping; /* the last problem was not added, nor are its notes */
};

void sl_report_init(struct sl_report *report, struct sl_arena *arena);
/* name and bytes must live as long as the report. The first text of a name stays. */
void sl_report_source(struct sl_report *report, const char *name, const char *bytes,
                      size_t count);
/* The text of that name, or NULL. */
const struct sl_source *sl_report_find(const struct sl_report *report, const char *name);
/* A message with a letter among those of ASCII that only looks like one of them says so.
 * A problem that is there already, same place and text, is not added again. A note belongs
 * to the problem that was added last. */
void sl_report_add(struct sl_report *report, enum sl_severity severity,
                   struct sl_mark mark, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void sl_report_vadd(struct sl_report *report, enum sl_severity severity,
                    struct sl_mark mark, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));
/* Whether further problems are only counted: then what makes them may stop. */
bool sl_report_is_full(const struct sl_report *report);
/* SL_ERR_CONFIG ("3 errors") if there is an error in it, else SL_OK. */
enum sl_status sl_report_status(const struct sl_report *report, struct sl_error *err);

/* file:line:column: error: text, the source line, a caret; sorted by source in the order
 * of their registration, line and column. Control characters are shown escaped. Notes
 * stay behind the problem they came after. */
void sl_report_render(struct sl_report *report, bool colour, struct sl_text *out);

/* The problems in the order in which they are told, each one's notes behind it. */
const struct sl_problem **sl_report_sorted(const struct sl_report *report);
/* A text as it is shown: control characters and broken UTF-8 spelled out. */
void sl_report_show(const char *text, struct sl_text *out);
/* Spells them out in an error's text, which records and lists will quote. */
void sl_report_clean(struct sl_error *err);
/* Prints a line in which texts may be of files that others wrote: as it is shown. */
void sl_report_line(FILE *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A place in a text that only moves on, for many places of a long text. {0} is a start. */
struct sl_cursor {
    const struct sl_source *source;
    uint32_t line, column;
    size_t start, end, at; /* bytes: of the line, of the place */
};
/* The byte of a place, or where its line ends; cursor->line < mark.line if there is no such
 * line. */
size_t sl_cursor_seek(struct sl_cursor *cursor, const struct sl_source *source,
                      struct sl_mark mark);
/* How many characters the word at a place has, at least 1. source may be NULL. */
size_t sl_report_word(struct sl_cursor *cursor, const struct sl_source *source,
                      struct sl_mark mark);

/* What editors read: {"errors": N, "warnings": N, "problems": [{"file", "line", "column",
 * "endColumn", "severity", "message", "notes": [{"file", "line", "column", "endColumn",
 * "message"}]}]}. Lines and columns count from 1, columns in characters, endColumn is behind
 * the word. A problem without a place stands at 1:1. */
void sl_report_json(struct sl_report *report, struct sl_text *out);

/* The one of n words that is nearest to word, or NULL where none is near: for "did you
 * mean". */
const char *sl_nearest(const char *word, const char *const *words, size_t n);

#endif
