/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_VIEW_H
#define SL_COMMAND_VIEW_H

#include <jansson.h>
#include <stdio.h>

#include "runner/command/command.h"
#include "runner/command/sheet.h"
#include "runner/store/table.h"

/* Some rows of a table in some order, on their way to the user. Memory is the arena's. */
struct sl_view {
    struct sl_arena *arena;
    const struct sl_table *table;
    size_t n, *rows;
};

/* The rows of a command's options that sl_view_choose reads. */
#define SL_VIEW_OPTIONS                                                                  \
    {"where", "CONDITION", "rows for which it holds: 'calibrate.k > 2.5'", true},        \
        {"sort", "COLUMN", "by a column, rising; -COLUMN: falling", false},              \
        {"json", NULL, "as JSON", false},                                                \
    {                                                                                    \
        "csv", NULL, "as CSV", false                                                     \
    }

/* All rows. */
void sl_view_init(struct sl_view *view, const struct sl_table *table,
                  struct sl_arena *arena);
/* Keeps the rows for which every line of conditions holds, as runner/sweep/condition.h has
 * them; paths are columns. Problems are in the call's report as well. */
enum sl_status sl_view_where(struct sl_view *view, const char *conditions,
                             const struct sl_call *call, struct sl_error *err);
/* "COLUMN", or "-COLUMN" for falling; what is undefined comes last, equal rows stay as they
 * stand. */
enum sl_status sl_view_sort(struct sl_view *view, const char *column,
                            struct sl_error *err);
/* By --where and --sort of the call. */
enum sl_status sl_view_choose(struct sl_view *view, const struct sl_call *call,
                              struct sl_error *err);

/* All columns, with a head; what is undefined is empty. */
void sl_view_csv(const struct sl_view *view, FILE *out);
/* An object: what is in head, which is taken over and may be NULL but not empty, and a list
 * of rows for each view, a line a row; what is undefined is null. */
struct sl_view_named {
    const char *name;
    const struct sl_view *view;
};
void sl_view_json(json_t *head, const struct sl_view_named *views, size_t n, FILE *out);

/* What a cell of a sheet shows: value, and +- half of low..high where these are. */
struct sl_shown {
    const char *title;
    const struct sl_column *value, *low, *high;
};
/* The column of that name, or the mean of that name with its interval. False if the table
 * has none. */
bool sl_shown_find(const struct sl_table *table, const char *name,
                   struct sl_shown *shown);
/* The next cell of a sheet. */
void sl_shown_cell(struct sl_sheet *sheet, const struct sl_shown *shown, size_t row);
/* A line on what did not fit goes below. */
void sl_view_print(const struct sl_view *view, const struct sl_shown *columns, size_t n,
                   FILE *out);
/* The rows and the n columns that the call asks for: a sheet, --json (an object with the
 * list `title`) or --csv. */
enum sl_status sl_view_list(const char *title, const struct sl_view *view,
                            const char *const *names, size_t n, struct sl_call *call,
                            struct sl_error *err);

#endif
