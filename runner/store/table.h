/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_TABLE_H
#define SL_STORE_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Columns of one length, each with a name and a type of its own. Does not own its data. */
enum sl_column_type { SL_COLUMN_DOUBLE, SL_COLUMN_INT, SL_COLUMN_TEXT };

struct sl_column {
    const char *name, *unit; /* unit may be NULL */
    enum sl_column_type type;
    union {
        const double *doubles;
        const int64_t *ints;
        const char *const *texts; /* NULL reads back as "" */
    } at;                         /* n of them, n the table's rows */
};

struct sl_table {
    size_t rows, n;
    const struct sl_column *columns;
};

static inline struct sl_column
sl_column_double(const char *name, const char *unit, const double *doubles)
{
    return (struct sl_column){name, unit, SL_COLUMN_DOUBLE, {.doubles = doubles}};
}

static inline struct sl_column
sl_column_int(const char *name, const int64_t *ints)
{
    return (struct sl_column){name, NULL, SL_COLUMN_INT, {.ints = ints}};
}

static inline struct sl_column
sl_column_text(const char *name, const char *const *texts)
{
    return (struct sl_column){name, NULL, SL_COLUMN_TEXT, {.texts = texts}};
}

/* NULL if there is none. */
const struct sl_column *sl_table_column(const struct sl_table *table, const char *name);

#endif
