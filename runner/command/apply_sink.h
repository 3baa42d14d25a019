/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_APPLY_SINK_H
#define SL_COMMAND_APPLY_SINK_H

#include <stdbool.h>

#include "runner/base/filed.h"
#include "runner/base/publish.h"
#include "runner/base/text.h"
#include "runner/store/table.h"

/*
 * Where decisions about rows go, one row a line: `row` (its number in the file, from 0),
 * `score`, `p`, `flagged` (0 or 1), and a column for each contribution, which has the name
 * of its column; one of these four becomes contribution_NAME.
 *
 * .csv   as text; a p-value that there is none of is empty
 * .npy   one array of records: int64, float64, float64, bool, and `contributions`, an
 *        array in the order of the columns
 * .h5    the table /rows, and what it was made of as attributes of /
 *
 * A file appears whole or not at all. All but .h5 go out piece by piece; its rows wait in a
 * file of the arena's folder.
 */
enum sl_sink_format { SL_SINK_CSV, SL_SINK_NPY, SL_SINK_H5 };

struct sl_sink {
    enum sl_sink_format format;
    const char *path; /* NULL: standard output, as CSV */
    size_t parts;     /* contributions of a row */
    const char *const *names;
    const char *run, *run_key, *score; /* for the head of .h5 */
    struct sl_arena *arena;
    size_t n;            /* rows so far */
    struct sl_text text; /* of a piece */
    struct sl_growing file;
    struct sl_spool records; /* of .h5: all rows, as the file has them */
};

/* Of n rows more, in order. */
struct sl_sink_rows {
    size_t n;
    const double *scores, *p;
    const bool *flagged;
    const double *parts; /* n x sink->parts, or NULL where there are none */
};

/* The format that a file's name ends in; SL_ERR_CONFIG for another. */
enum sl_status sl_sink_format_of(const char *path, enum sl_sink_format *format,
                                 struct sl_error *err);
enum sl_status sl_sink_open(struct sl_sink *sink, struct sl_error *err);
enum sl_status sl_sink_write(struct sl_sink *sink, const struct sl_sink_rows *rows,
                             struct sl_error *err);
enum sl_status sl_sink_finish(struct sl_sink *sink, struct sl_error *err);
/* Also after an error: the file is not there then. */
void sl_sink_release(struct sl_sink *sink);

/* The line of a row, without its end, and the line of names. */
void sl_sink_line(const struct sl_sink_rows *rows, size_t parts, size_t i, size_t row,
                  struct sl_text *out);
void sl_sink_heading(size_t parts, const char *const *names, struct sl_text *out);

#endif
