/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_CSV_H
#define SL_LEARN_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"
#include "runner/parallel/pool.h"
#include "runner/store/csv_record.h"

/*
 * Records of separated fields in a text file (RFC 4180 and its kin), plain or gzip; a byte
 * order mark is passed over, lines end in LF or CRLF, blank lines are no records. Any other
 * CR outside of quotes is an error, and so is a NUL. Quoted fields are undone by libcsv; a
 * record without a quote in it, which is nearly every one, is cut at its separators here,
 * ten times as fast.
 *
 * A plain file is read in pieces, several at once, and never held; the text of a gzip is.
 * Errors are SL_ERR_IO, "FILE:ROW: ...", rows counted from 1 as an editor's lines would be
 * if no field held a line end.
 */
struct sl_csv;

/* The longest record, and the longest field of a quoted one. */
#define SL_CSV_RECORD_MAX ((size_t)1 << 20)

/* separator 0: the one of comma, semicolon, tab and bar that the first record has most of.
 * path must live as long. */
enum sl_status sl_csv_open(struct sl_csv **csv, const char *path, char separator,
                           struct sl_error *err);
void sl_csv_close(struct sl_csv *csv);

/* The fields of the first record, which is no data from now on if it is the header. */
enum sl_status sl_csv_first(struct sl_csv *csv, bool header, struct sl_arena *arena,
                            const char ***fields, size_t *n, struct sl_error *err);
char sl_csv_separator(const struct sl_csv *csv);

/* Counts the records of data, which the calls below need. */
enum sl_status sl_csv_count(struct sl_csv *csv, struct sl_pool *pool, size_t *n,
                            struct sl_error *err);

/* What the first of the data's records is called in messages: 2 behind a header. */
size_t sl_csv_first_row(const struct sl_csv *csv);

/*
 * Calls use for every record of data, row from 0, which has n fields: else it is an error.
 * Records of one piece come in order and on one thread; pieces at once if there is a pool,
 * else in order. tile: the piece, below sl_csv_pieces. use returns false to end the piece;
 * its err is then the error, if it is the first of the file.
 */
typedef bool sl_csv_use(void *context, size_t tile, size_t row,
                        const struct sl_csv_field *fields, struct sl_error *err);
size_t sl_csv_pieces(const struct sl_csv *csv);
enum sl_status sl_csv_each(struct sl_csv *csv, struct sl_pool *pool, size_t n,
                           sl_csv_use *use, void *context, struct sl_error *err);

#endif
