/* SPDX-License-Identifier: MIT */
#include "modules/learn/train_rows.h"

#include <math.h>
#include <string.h>

#include "modules/learn/principal.h"

/* Whether all are finite: 0 times what is not is NaN, and stays so in a sum. Eight sums, so
 * that it goes by vectors. */
static bool
all_finite(size_t n, const double *x)
{
    enum { LANES = 8 };
    double sums[LANES] = {0};
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            sums[k] += 0 * x[i + k];
    for (; i < n; i++)
        sums[0] += 0 * x[i];
    for (size_t k = 1; k < LANES; k++)
        sums[0] += sums[k];
    return !isnan(sums[0]);
}

/* Tells of the first value that is not finite, if there is one. */
static enum sl_status
check_finite(struct sl_step *step, const struct sl_rows *rows, struct sl_error *err)
{
    size_t d = rows->data->d;
    double *x = sl_arena_alloc(sl_step_arena(step), d * sizeof *x);

    for (size_t i = 0; i < rows->n; i++) {
        size_t j = 0;

        sl_rows_gather_f64(rows->data, rows->ids + i, 1, x);
        while (j < d && isfinite(x[j]))
            j++;
        if (j < d)
            return sl_fail(err, SL_ERR_NUMERIC,
                           "%s of row %zu of split '" SL_TRAIN_ROWS
                           "' is %g; a detector learns from finite values",
                           sl_dataset_column(rows->data, j, sl_step_arena(step)), i + 1,
                           x[j]);
    }
    return SL_OK;
}

static enum sl_status
find(struct sl_step *step, size_t least, struct sl_rows *rows, struct sl_error *err)
{
    const struct sl_dataset *data = sl_input_dataset(step, "data");
    const struct sl_split *split = sl_dataset_split(data, SL_TRAIN_ROWS);

    if (!split)
        return sl_fail(err, SL_ERR_SHAPE,
                       "there is no split '" SL_TRAIN_ROWS "' to learn from");
    if (split->n < least)
        return sl_fail(err, SL_ERR_SHAPE,
                       "split '" SL_TRAIN_ROWS "' has %zu row%s, at least %zu are needed",
                       split->n, split->n == 1 ? "" : "s", least);
    *rows = (struct sl_rows){data, split->rows, split->n};
    return SL_OK;
}

enum sl_status
sl_train_rows_find(struct sl_step *step, size_t least, struct sl_train_rows *rows,
                   struct sl_error *err)
{
    struct sl_rows found = {0};

    SL_TRY(find(step, least, &found, err));
    *rows = (struct sl_train_rows){.n = found.n, .d = found.data->d};
    return SL_OK;
}

/* Numbers that are looked at while a near cache still has them. */
#define NEAR 4096

enum sl_status
sl_train_rows_into(struct sl_step *step, double *x, struct sl_error *err)
{
    struct sl_rows rows = {0};
    size_t d, block, n;
    bool good = true;

    SL_TRY(find(step, 0, &rows, err));
    d = rows.data->d;
    block = 1 + NEAR / d;
    sl_arena_touch(x, rows.n * d * sizeof *x);
    for (size_t first = 0; first < rows.n; first += n) {
        n = rows.n - first < block ? rows.n - first : block;
        sl_rows_gather_f64(rows.data, rows.ids + first, n, x + first * d);
        good = good && all_finite(n * d, x + first * d);
    }
    return good ? SL_OK : check_finite(step, &rows, err);
}

enum sl_status
sl_train_rows_take(struct sl_step *step, size_t least, struct sl_train_rows *rows,
                   struct sl_error *err)
{
    double *x;

    SL_TRY(sl_train_rows_find(step, least, rows, err));
    x = sl_arena_rows(sl_step_arena(step), rows->n, rows->d * sizeof *x);
    if (!x)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu rows of %zu columns",
                       rows->n, rows->d);
    rows->x = x;
    return sl_train_rows_into(step, x, err);
}

/* A value that is not finite makes its column's mean so; finite ones may, too, by their
 * sum. */
enum sl_status
sl_train_moments_take(struct sl_step *step, size_t least, double less,
                      struct sl_train_moments *moments, struct sl_error *err)
{
    struct sl_rows rows = {0};
    double *mean, *covariance;

    SL_TRY(find(step, least, &rows, err));
    SL_TRY(sl_principal_moments_of(sl_step_pool(step), &rows, (double)rows.n - less,
                                   sl_step_arena(step), &mean, &covariance, err));
    *moments = (struct sl_train_moments){rows.n, rows.data->d, mean, covariance};
    return all_finite(rows.data->d, mean) ? SL_OK : check_finite(step, &rows, err);
}

/* The place of the split among the schema's, split_count if it is not there. */
static size_t
place_of(const struct sl_schema *schema)
{
    size_t i = 0;

    while (i < schema->split_count && strcmp(schema->splits[i], SL_TRAIN_ROWS) != 0)
        i++;
    return i;
}

void
sl_train_rows_check(const struct sl_check *check, const char *key, size_t least)
{
    const struct sl_node *node = key ? sl_node_get(check->node, key) : NULL;
    struct sl_mark mark = node ? node->mark : check->mark;
    size_t rows = check->schema ? sl_schema_rows(check->schema, SL_TRAIN_ROWS) : 0;

    if (check->schema && check->schema->split_count &&
        place_of(check->schema) == check->schema->split_count)
        sl_report_add(check->report, SL_ERROR, check->mark,
                      "there is no split '" SL_TRAIN_ROWS "' to learn from");
    else if (rows > 0 && rows < least && key)
        sl_report_add(check->report, SL_ERROR, mark,
                      "this '%s' needs at least %zu rows, split '" SL_TRAIN_ROWS
                      "' has %zu",
                      key, least, rows);
    else if (rows > 0 && rows < least)
        sl_report_add(check->report, SL_ERROR, mark,
                      "split '" SL_TRAIN_ROWS "' has %zu row%s, at least %zu are needed",
                      rows, rows == 1 ? "" : "s", least);
}
