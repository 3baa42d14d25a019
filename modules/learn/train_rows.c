/* SPDX-License-Identifier: MIT */
#include "modules/learn/train_rows.h"

#include <math.h>
#include <string.h>

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

static enum sl_status
check_finite(struct sl_step *step, const struct sl_train_rows *rows, struct sl_error *err)
{
    const struct sl_dataset *data = sl_input_dataset(step, "data");
    size_t d = rows->d, i = 0;

    if (all_finite(rows->n * d, rows->x))
        return SL_OK;
    while (isfinite(rows->x[i]))
        i++;
    return sl_fail(err, SL_ERR_NUMERIC,
                   "%s of row %zu of split '" SL_TRAIN_ROWS
                   "' is %g; a detector learns from finite values",
                   sl_dataset_column(data, i % d, sl_step_arena(step)), i / d + 1,
                   rows->x[i]);
}

enum sl_status
sl_train_rows_take(struct sl_step *step, size_t least, struct sl_train_rows *rows,
                   struct sl_error *err)
{
    const struct sl_dataset *data = sl_input_dataset(step, "data");
    const struct sl_split *split = sl_dataset_split(data, SL_TRAIN_ROWS);
    double *x;

    if (!split)
        return sl_fail(err, SL_ERR_SHAPE,
                       "there is no split '" SL_TRAIN_ROWS "' to learn from");
    if (split->n < least)
        return sl_fail(err, SL_ERR_SHAPE,
                       "split '" SL_TRAIN_ROWS "' has %zu row%s, at least %zu are needed",
                       split->n, split->n == 1 ? "" : "s", least);
    x = sl_arena_array(sl_step_arena(step), split->n, data->d * sizeof *x);
    if (!x)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu rows of %zu columns",
                       split->n, data->d);
    sl_rows_gather_f64(data, split->rows, split->n, x);
    *rows = (struct sl_train_rows){split->n, data->d, x};
    return check_finite(step, rows, err);
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
