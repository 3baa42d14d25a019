/* SPDX-License-Identifier: MIT */
#include "modules/learn/chances.h"

/* Rows that are looked at together. */
enum { BLOCK = 256 };

static enum sl_status
refuse(const struct sl_rows *rows, const char *split, size_t row, size_t column,
       double value, const char *who, struct sl_error *err)
{
    struct sl_arena arena;

    sl_arena_init(&arena);
    sl_fail(err, SL_ERR_SHAPE, "row %zu%s%s%s has the value %g in '%s'; %s", row,
            split ? " of split '" : "", split ? split : "", split ? "'" : "", value,
            sl_dataset_column(rows->data, column, &arena), who);
    sl_arena_release(&arena);
    return SL_ERR_SHAPE;
}

/* The place of the first of count values that is no chance, or count. */
static size_t
first_bad(const double *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(x[i] >= 0 && x[i] <= 1))
            return i;
    return count;
}

static enum sl_status
check(const struct sl_rows *rows, const char *split, const char *who, double *x,
      struct sl_error *err)
{
    size_t d = rows->data->d;

    for (size_t first = 0; first < rows->n; first += BLOCK) {
        size_t n = rows->n - first < BLOCK ? rows->n - first : BLOCK, bad;

        sl_rows_gather_f64(rows->data, rows->ids + first, n, x);
        bad = first_bad(x, n * d);
        if (bad < n * d)
            return refuse(rows, split, first + bad / d, bad % d, x[bad], who, err);
    }
    return SL_OK;
}

/* Bytes in units of 255 need no look. */
enum sl_status
sl_chances_check(const struct sl_rows *rows, const char *split, const char *who,
                 struct sl_error *err)
{
    const struct sl_dataset *data = rows->data;
    struct sl_arena arena;
    enum sl_status status;
    double *x;

    if (!data->view && data->type == SL_U8 && data->scale >= 255)
        return SL_OK;
    sl_arena_init(&arena);
    x = sl_arena_array(&arena, BLOCK, data->d * sizeof *x);
    status =
        x ? check(rows, split, who, x, err)
          : sl_fail(err, SL_ERR_MEMORY, "no memory for rows of %zu columns", data->d);
    sl_arena_release(&arena);
    return status;
}

enum sl_status
sl_chances_check_splits(const struct sl_dataset *data, const char *who,
                        struct sl_error *err)
{
    for (size_t s = 0; s < data->split_count; s++) {
        const struct sl_split *split = &data->splits[s];
        const struct sl_rows rows = {data, split->rows, split->n};

        SL_TRY(sl_chances_check(&rows, split->name, who, err));
    }
    return SL_OK;
}
