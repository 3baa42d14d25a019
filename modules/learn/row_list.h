/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_ROW_LIST_H
#define SL_LEARN_ROW_LIST_H

#include "runner/tensor/tensor.h"

/* Numbers of rows, counted from 0: whole numbers in a text, between spaces or new lines, or
 * a vector in a NumPy file; at most 2^32 - 1 of them. Memory is the arena's. SL_ERR_IO names
 * the file and the place. */
enum sl_status sl_row_list_read(const char *path, struct sl_arena *arena,
                                const uint32_t **rows, size_t *n, struct sl_error *err);

#endif
