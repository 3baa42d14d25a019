/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/text.h"
#include "runner/plot/sweep_view.h"

/* Values that span less are not shown by their logarithm. */
#define LOGARITHMIC_SPAN 10.0

/* ---- numbers ------------------------------------------------------------------------- */

static int
by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Whether the middle one of sorted values lies nearer to the middle of a logarithmic axis
 * than to that of a linear one. */
static bool
is_logarithmic(const double *sorted, size_t n)
{
    double low = sorted[0], high = sorted[n - 1];
    double middle = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;

    if (n < 3 || low <= 0 || high < LOGARITHMIC_SPAN * low)
        return false;
    return fabs(log(middle / low) / log(high / low) - 0.5) <
           fabs((middle - low) / (high - low) - 0.5);
}

/* As far as it may be off in a figure: this share of what is to the next value. */
#define OFF 0.02
#define SHORT_ENOUGH 6

/* The i-th of sorted values as it is shown: one that takes many digits, as those that a
 * sweep makes do, has three of them or as many as keep it in its place. */
static const char *
number_text(struct sl_arena *arena, const double *sorted, size_t n, size_t i)
{
    double value = sorted[i], gap = fabs(value);
    struct sl_text text = {0};
    const char *copy;

    if (i > 0)
        gap = fmin(gap, value - sorted[i - 1]);
    if (i + 1 < n)
        gap = fmin(gap, sorted[i + 1] - value);
    sl_text_double(&text, value);
    copy = sl_arena_string(arena, text.bytes);
    sl_text_release(&text);
    for (int digits = 3; strlen(copy) > SHORT_ENOUGH && digits < 12; digits++) {
        char rounded[32];
        snprintf(rounded, sizeof rounded, "%.*g", digits, value);
        if (strlen(rounded) < strlen(copy) &&
            fabs(strtod(rounded, NULL) - value) <= OFF * gap)
            return sl_arena_string(arena, rounded);
    }
    return copy;
}

static void
open_numbers(struct sl_view_axis *axis, const double *values, size_t rows,
             struct sl_arena *arena)
{
    double *sorted = sl_arena_alloc(arena, (rows + 1) * sizeof *sorted), *found;
    size_t n = 0;

    axis->numeric = true;
    memcpy(axis->values, values, rows * sizeof *values);
    for (size_t i = 0; i < rows; i++)
        if (isfinite(values[i]))
            sorted[n++] = values[i];
    qsort(sorted, n, sizeof *sorted, by_value);
    for (size_t i = 0; i < n; i++)
        if (axis->count == 0 || sorted[i] != sorted[axis->count - 1])
            sorted[axis->count++] = sorted[i];
    if (axis->count == 0)
        return;
    axis->low = sorted[0];
    axis->high = sorted[axis->count - 1];
    axis->numbers = sorted;
    axis->logarithmic = is_logarithmic(sorted, axis->count);
    axis->texts = sl_arena_alloc(arena, axis->count * sizeof *axis->texts);
    for (size_t i = 0; i < axis->count; i++)
        axis->texts[i] = number_text(arena, sorted, axis->count, i);
    for (size_t i = 0; i < rows; i++) {
        found = bsearch(&values[i], sorted, axis->count, sizeof *sorted, by_value);
        if (isfinite(values[i]) && found)
            axis->index[i] = (size_t)(found - sorted) + 1;
    }
}

/* ---- texts --------------------------------------------------------------------------- */

struct text_row {
    const char *text;
    size_t row, first; /* first: row that has the text */
};

static int
by_text(const void *a, const void *b)
{
    const struct text_row *x = a, *y = b;
    int order = strcmp(x->text, y->text);

    return order ? order : (x->row > y->row) - (x->row < y->row);
}

static void
open_texts(struct sl_view_axis *axis, const char *const *texts, size_t rows,
           struct sl_arena *arena)
{
    struct text_row *sorted = sl_arena_alloc(arena, (rows + 1) * sizeof *sorted);
    size_t *first = sl_arena_alloc(arena, (rows + 1) * sizeof *first);

    for (size_t i = 0; i < rows; i++)
        sorted[i] = (struct text_row){texts[i] ? texts[i] : "", i, i};
    qsort(sorted, rows, sizeof *sorted, by_text);
    for (size_t i = 0; i < rows; i++) {
        bool same = i > 0 && strcmp(sorted[i].text, sorted[i - 1].text) == 0;
        sorted[i].first = same ? sorted[i - 1].first : sorted[i].row;
        first[sorted[i].row] = sorted[i].first;
    }
    axis->texts = sl_arena_alloc(arena, (rows + 1) * sizeof *axis->texts);
    for (size_t i = 0; i < rows; i++) {
        axis->values[i] = (double)NAN;
        if (!texts[i] || !*texts[i])
            continue;
        if (first[i] == i) {
            axis->texts[axis->count++] = texts[i];
            axis->index[i] = axis->count;
        }
        axis->index[i] = axis->index[first[i]];
        axis->values[i] = (double)axis->index[i];
    }
    axis->low = 1;
    axis->high = (double)axis->count;
}

/* ---- axes ---------------------------------------------------------------------------- */

static void
init_axis(struct sl_view_axis *axis, const char *name, size_t rows,
          struct sl_arena *arena)
{
    *axis = (struct sl_view_axis){
        .name = name,
        .values = sl_arena_alloc(arena, rows * sizeof(double)),
        .index = sl_arena_alloc(arena, rows * sizeof(size_t)),
    };
}

/* The values of the rows that are shown; the others have none. */
static const double *
shown_numbers(const struct sl_sweep_view *view, const double *values)
{
    double *shown = sl_arena_alloc(view->arena, view->row_count * sizeof *shown);

    for (size_t i = 0; i < view->row_count; i++)
        shown[i] = (double)NAN;
    for (size_t i = 0; i < view->n; i++)
        shown[view->rows[i]] = values[view->rows[i]];
    return shown;
}

static const char *const *
shown_texts(const struct sl_sweep_view *view, const char *const *texts)
{
    const char **shown = sl_arena_alloc(view->arena, view->row_count * sizeof *shown);

    for (size_t i = 0; i < view->n; i++)
        shown[view->rows[i]] = texts[view->rows[i]];
    return shown;
}

static void
open_axis(const struct sl_sweep_view *view, const char *name,
          const struct sl_column *column, struct sl_view_axis *axis)
{
    size_t rows = view->row_count;

    init_axis(axis, name, rows, view->arena);
    if (column && column->type == SL_COLUMN_DOUBLE)
        open_numbers(axis, shown_numbers(view, column->at.doubles), rows, view->arena);
    else if (column && column->type == SL_COLUMN_TEXT)
        open_texts(axis, shown_texts(view, column->at.texts), rows, view->arena);
}

void
sl_view_axes_open(struct sl_sweep_view *view, const struct sl_sweep_record *sweep)
{
    char *rest = NULL, *lines = sl_arena_string(view->arena, sweep->axes);

    view->axes = sl_arena_alloc(view->arena, (strlen(lines) + 1) * sizeof *view->axes);
    for (char *name = strtok_r(lines, "\n", &rest); name;
         name = strtok_r(NULL, "\n", &rest))
        open_axis(view, name, sl_table_column(&sweep->points, name),
                  &view->axes[view->axis_count++]);
}

/* "[64, 8], 3": a row's values on some axes. */
static const char *
joined_text(const struct sl_view_axis *axes, size_t n, size_t row, struct sl_arena *arena)
{
    struct sl_text text = {0};
    const char *copy;

    for (size_t a = 0; a < n; a++)
        sl_text_format(&text, "%s%s", a ? ", " : "",
                       axes[a].index[row] ? axes[a].texts[axes[a].index[row] - 1] : "-");
    copy = sl_arena_string(arena, text.bytes);
    sl_text_release(&text);
    return copy;
}

void
sl_view_axes_join(struct sl_sweep_view *view, size_t first)
{
    struct sl_view_axis *axes = view->axes + first;
    size_t n = view->axis_count - first;
    const char **texts = sl_arena_alloc(view->arena, view->row_count * sizeof *texts);
    struct sl_text name = {0};

    for (size_t a = 0; a < n; a++)
        sl_text_format(&name, "%s%s", a ? ", " : "", axes[a].name);
    for (size_t i = 0; i < view->n; i++)
        texts[view->rows[i]] = joined_text(axes, n, view->rows[i], view->arena);
    init_axis(axes, sl_arena_string(view->arena, name.bytes), view->row_count,
              view->arena);
    open_texts(axes, texts, view->row_count, view->arena);
    view->axis_count = first + 1;
    sl_text_release(&name);
}

double
sl_view_place(const struct sl_view_axis *axis, size_t row)
{
    double value = axis->values[row];

    if (axis->index[row] == 0)
        return (double)NAN;
    if (axis->high <= axis->low)
        return 0.5;
    if (axis->logarithmic)
        return log(value / axis->low) / log(axis->high / axis->low);
    return (value - axis->low) / (axis->high - axis->low);
}
