/* SPDX-License-Identifier: MIT */
#include "runner/command/view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/config/override.h"
#include "runner/sweep/condition.h"
#include "runner/sweep/value.h"

#define WHERE "--where"

void
sl_view_init(struct sl_view *view, const struct sl_table *table, struct sl_arena *arena)
{
    *view = (struct sl_view){arena, table, table->rows, NULL};
    view->rows = sl_arena_alloc(arena, table->rows * sizeof *view->rows);
    for (size_t i = 0; i < view->n; i++)
        view->rows[i] = i;
}

static const struct sl_column *
find_column(const struct sl_table *table, const char *name)
{
    struct sl_shown shown;

    return sl_shown_find(table, name, &shown) ? shown.value : NULL;
}

static const char *
nearest_column(const struct sl_view *view, const char *name)
{
    const char **names = sl_arena_alloc(view->arena, 2 * view->table->n * sizeof *names);
    size_t n = 0;

    for (size_t i = 0; i < view->table->n; i++) {
        const char *column = view->table->columns[i].name;
        size_t length = strlen(column);
        if (length > 5 && strcmp(column + length - 5, ".mean") == 0)
            names[n++] = sl_arena_copy(view->arena, column, length - 5);
        names[n++] = column;
    }
    return sl_nearest(name, names, n);
}

static enum sl_status
pick_column(const struct sl_view *view, const char *name, const struct sl_column **column,
            struct sl_error *err)
{
    const char *near;

    *column = find_column(view->table, name);
    if (*column)
        return SL_OK;
    near = nearest_column(view, name);
    if (near)
        return sl_fail(err, SL_ERR_CONFIG, "no column '%s'; did you mean '%s'?", name,
                       near);
    return sl_fail(err, SL_ERR_CONFIG, "no column '%s'; --csv shows all", name);
}

/* ---- filters ------------------------------------------------------------------------ */

/* What a condition looks at: a row, whose cells become nodes as they are asked for. */
struct row {
    const struct sl_compose *compose;
    const struct sl_view *view;
    size_t row;
    struct sl_number *number;
};

static const struct sl_node *
text_node(const struct row *r, const char *text)
{
    const struct sl_mark mark = {WHERE, 1, 1};
    struct sl_node *node;

    /* Swept lists and mappings stand in the table as YAML. */
    if (text[0] == '[' || text[0] == '{') {
        node = sl_value_parse(r->compose, text, mark);
        if (node)
            return node;
    }
    node = sl_node_new(r->compose->arena, SL_NODE_SCALAR, mark);
    node->text = text;
    return node;
}

static const struct sl_node *
find_cell(const void *context, const char *path)
{
    const struct row *r = context;
    const struct sl_column *column = find_column(r->view->table, path);

    if (!column)
        return NULL;
    switch (column->type) {
    case SL_COLUMN_DOUBLE:
        if (isnan(column->at.doubles[r->row]))
            return NULL;
        sl_number_exact(r->number, column->at.doubles[r->row]);
        return &r->number->node;
    case SL_COLUMN_INT:
        snprintf(r->number->text, sizeof r->number->text, "%lld",
                 (long long)column->at.ints[r->row]);
        return &r->number->node;
    case SL_COLUMN_TEXT:
        return text_node(r, column->at.texts[r->row] ? column->at.texts[r->row] : "");
    }
    return NULL;
}

static void
check_path(void *context, const char *path, struct sl_mark mark)
{
    const struct row *r = context;
    const char *near;

    if (find_column(r->view->table, path))
        return;
    near = nearest_column(r->view, path);
    sl_report_add(r->compose->report, SL_ERROR, mark,
                  near ? "no column '%s'; did you mean '%s'?"
                       : "no column '%s'; --csv shows all",
                  path, near);
}

static void
keep(struct sl_view *view, struct sl_condition *condition, struct row *r)
{
    const struct sl_lookup lookup = {find_cell, r};
    size_t kept = 0;

    for (size_t i = 0; i < view->n; i++) {
        r->row = view->rows[i];
        if (sl_condition_holds(condition, lookup, r->compose->report))
            view->rows[kept++] = view->rows[i];
    }
    view->n = kept;
}

static void
keep_line(struct sl_view *view, const char *line, uint32_t number, struct row *r)
{
    struct sl_node *node =
        sl_node_new(view->arena, SL_NODE_SCALAR, (struct sl_mark){WHERE, number, 1});
    struct sl_condition *condition;

    node->text = line;
    condition = sl_condition_parse(r->compose, node);
    if (!condition)
        return;
    sl_condition_paths(condition, check_path, r);
    if (r->compose->report->errors == 0)
        keep(view, condition, r);
}

enum sl_status
sl_view_where(struct sl_view *view, const char *conditions, const struct sl_call *call,
              struct sl_error *err)
{
    const struct sl_compose compose = {
        .arena = view->arena, .report = call->report, .registry = call->registry};
    struct sl_number number;
    struct row row = {&compose, view, 0, &number};
    char *line = sl_arena_string(view->arena, conditions), *end;

    sl_number_init(&number, 0.0, (struct sl_mark){WHERE, 1, 1});
    sl_report_source(call->report, WHERE, conditions, strlen(conditions));
    for (uint32_t i = 1; line; i++, line = end) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        keep_line(view, line, i, &row);
    }
    return sl_report_status(call->report, err);
}

/* ---- order -------------------------------------------------------------------------- */

struct sorted {
    double number;    /* NaN for a text */
    const char *text; /* NULL for a number */
    size_t place, row;
};

static int
compare(const struct sorted *a, const struct sorted *b, int sign)
{
    int order;

    if (a->text)
        order = sign * strcmp(a->text, b->text);
    else if (isnan(a->number) || isnan(b->number))
        order = isnan(a->number) - isnan(b->number);
    else
        order = sign * ((a->number > b->number) - (a->number < b->number));
    return order ? order : (a->place > b->place) - (a->place < b->place);
}

static int
rising(const void *a, const void *b)
{
    return compare(a, b, 1);
}

static int
falling(const void *a, const void *b)
{
    return compare(a, b, -1);
}

static struct sorted
sorted_of(const struct sl_column *column, size_t place, size_t row)
{
    struct sorted s = {(double)NAN, NULL, place, row};

    if (column->type == SL_COLUMN_DOUBLE)
        s.number = column->at.doubles[row];
    else if (column->type == SL_COLUMN_INT)
        s.number = (double)column->at.ints[row];
    else
        s.text = column->at.texts[row] ? column->at.texts[row] : "";
    return s;
}

enum sl_status
sl_view_sort(struct sl_view *view, const char *name, struct sl_error *err)
{
    bool down = name[0] == '-';
    struct sorted *sorted = sl_arena_alloc(view->arena, view->n * sizeof *sorted);
    const struct sl_column *column;

    SL_TRY(pick_column(view, name + down, &column, err));
    for (size_t i = 0; i < view->n; i++)
        sorted[i] = sorted_of(column, i, view->rows[i]);
    qsort(sorted, view->n, sizeof *sorted, down ? falling : rising);
    for (size_t i = 0; i < view->n; i++)
        view->rows[i] = sorted[i].row;
    return SL_OK;
}

enum sl_status
sl_view_choose(struct sl_view *view, const struct sl_call *call, struct sl_error *err)
{
    const char *where = sl_call_option(call, "where");
    const char *sort = sl_call_option(call, "sort");

    if (where)
        SL_TRY(sl_view_where(view, where, call, err));
    return sort ? sl_view_sort(view, sort, err) : SL_OK;
}
