/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_ROW_FIELDS_H
#define SL_PIPELINE_ROW_FIELDS_H

#include "runner/pipeline/reader.h"

/*
 * Rows out of texts: which field of a record is which column, and what its text says.
 * Messages begin with the column and quote the text; the caller adds the place.
 */
struct sl_row_fields {
    const struct sl_row_shape *shape;
    size_t n;            /* fields of a record; 0: not known yet */
    size_t *places;      /* of each column of the shape: its field */
    const char *ignored; /* names of fields that are no column; NULL: there are none */
};

/*
 * By the first record. *header says whether it is one: it names columns, or holds nothing
 * but texts that are no numbers, or, where the shape has no names, one such. Without a
 * header fields stand in the order of the columns. SL_ERR_SHAPE: columns that are missing,
 * by name, or another number.
 */
enum sl_status sl_row_fields_start(struct sl_row_fields *fields,
                                   const struct sl_row_shape *shape, size_t n,
                                   const char *const *texts, bool *header,
                                   struct sl_arena *arena, struct sl_error *err);

/* x: d. SL_ERR_IO. */
enum sl_status sl_row_fields_read(const struct sl_row_fields *fields, size_t n,
                                  const char *const *texts, double *x,
                                  struct sl_error *err);

/* One column (of the file's): text NULL is a missing value. x: its first place. */
enum sl_status sl_row_value(const struct sl_row_shape *shape, size_t column,
                            const char *text, double *x, struct sl_error *err);
/* x: d numbers, of whatever file: what is missing and may not be, or is infinite, is SL_ERR_IO
 * in the words of the above. */
enum sl_status sl_row_check(const struct sl_row_shape *shape, const double *x,
                            struct sl_error *err);
/* x: n x d, rounded to what the model's rows are of. Infinite is what sl_row_check refuses. */
void sl_row_round(const struct sl_row_shape *shape, size_t n, double *x);
/* Columns of the file, and where one of them begins in x. */
size_t sl_row_shape_count(const struct sl_row_shape *shape);
size_t sl_row_shape_place(const struct sl_row_shape *shape, size_t column);

#endif
