/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_SHEET_H
#define SL_COMMAND_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "runner/base/text.h"

/* Cells in aligned columns, for a terminal. {0} with `columns` set is an empty sheet. */
struct sl_sheet {
    size_t columns;
    size_t n, capacity;   /* cells, row by row; the first row is the head */
    size_t *starts;       /* of the cells in bytes */
    struct sl_text bytes; /* the cells, each with a NUL */
};

void sl_sheet_release(struct sl_sheet *sheet);
/* The next cell; control characters become blanks. */
void sl_sheet_cell(struct sl_sheet *sheet, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints it, each line indented by two blanks. Columns of numbers stand to the right, which
 * is what most of their cells begin like. Columns that don't fit into width are left out,
 * the last ones first; returns how many. width 0: all fit. */
size_t sl_sheet_print(const struct sl_sheet *sheet, FILE *out, size_t width);

/* The width of the terminal that out is, or 0. */
size_t sl_sheet_width(FILE *out);

#endif
