/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_FIRST_ROWS_H
#define SL_LEARN_FIRST_ROWS_H

#include "runner/pipeline/stage.h"

/*
 * Of data that come from several files: where the rows of each begin, n uint32, ascending.
 * The row whose number in the data is r is row r - first[f] of the file f with the last
 * first[f] <= r.
 */
#define SL_FIRST_ROWS_RESULT(order)                                                      \
    {                                                                                    \
        "first_rows", SL_RESULT_TENSOR, NULL,                                            \
            "number in the data, from 0, of each file's first row, in the order "        \
            "in which " order                                                            \
    }

/* Records nothing of a single file. */
enum sl_status sl_first_rows_record(struct sl_step *step, uint32_t *first, size_t n,
                                    struct sl_error *err);

#endif
