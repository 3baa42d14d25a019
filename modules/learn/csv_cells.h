/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_CSV_CELLS_H
#define SL_LEARN_CSV_CELLS_H

#include "modules/learn/csv.h"
#include "modules/learn/frame.h"

/* What the fields of a text table stand for: numbers, words, labels, missing values. */
struct sl_csv_cells {
    const struct sl_frame *frame;
    const struct sl_frame_part *part;
    struct sl_string_list missing, normal; /* words; see the module's configuration */
    bool numbers_missing; /* numbers are among the words for a missing value: -999 */
    bool comma;           /* stands before the fraction */
    void *x;              /* of the part: rows of frame->d */
    int32_t *labels;      /* of the part, or NULL */
};

bool sl_csv_is_missing(const struct sl_string_list *words,
                       const struct sl_csv_field *field);

/* Put the value of a field of column j where it belongs. False, and told with its place, if
 * it is none. */
bool sl_csv_read_number(const struct sl_csv_cells *cells, size_t row, size_t j,
                        const struct sl_csv_field *field, struct sl_error *err);
bool sl_csv_read_word(const struct sl_csv_cells *cells, size_t row, size_t j,
                      const struct sl_csv_field *field, struct sl_error *err);
bool sl_csv_read_label(const struct sl_csv_cells *cells, size_t row, size_t j,
                       const struct sl_csv_field *field, struct sl_error *err);

/* "FILE:ROW:COLUMN: 'name': what: 'text'"; returns false. */
bool sl_csv_refuse(const struct sl_csv_cells *cells, size_t row, size_t j,
                   const struct sl_csv_field *field, const char *what,
                   struct sl_error *err);

#endif
