/* SPDX-License-Identifier: MIT */
#include "runner/config/field_type.h"

/* A matrix as a list of its rows: `[[1, 0.5], [0.5, 2]]`. */

static bool
bind_row(const struct sl_binder *binder, const struct sl_field *field,
         const struct sl_node *row, double *at)
{
    bool right = true;

    for (const struct sl_node *child = row->first; child; child = child->next)
        right = sl_field_bind(binder, field, SL_TYPE_DOUBLE, child, at++) && right;
    return right;
}

/* As long as the first, and told if it is not. */
static bool
is_row(const struct sl_binder *binder, const struct sl_node *row,
       const struct sl_node *first)
{
    if (row->kind != SL_NODE_LIST || row->count == 0)
        return sl_field_refuse(binder, row, "a row, as a list of numbers", "");
    if (row->count == first->count)
        return true;
    sl_field_problem(binder, row, "this row has length %zu, the first one length %zu",
                     row->count, first->count);
    return false;
}

bool
sl_matrix_bind(const struct sl_binder *binder, const struct sl_field *field,
               const struct sl_node *node, void *value)
{
    struct sl_matrix *matrix = value;
    size_t columns = node->first ? node->first->count : 0, n = 0;
    double *at;

    if (node->kind != SL_NODE_LIST || node->count == 0)
        return sl_field_refuse(binder, node, "a list of rows, each a list of numbers",
                               "");
    for (const struct sl_node *row = node->first; row; row = row->next)
        if (!is_row(binder, row, node->first))
            return false;
    at = sl_arena_alloc(binder->arena, node->count * columns * sizeof *at);
    for (const struct sl_node *row = node->first; row; row = row->next, n++)
        if (!bind_row(binder, field, row, at + n * columns))
            return false;
    *matrix = (struct sl_matrix){node->count, columns, at, node->mark};
    return true;
}

bool
sl_matrix_is_set(const void *value)
{
    return ((const struct sl_matrix *)value)->rows > 0;
}

void
sl_matrix_token(const struct sl_printer *printer, const struct sl_field *field,
                const void *value)
{
    const struct sl_matrix *matrix = value;
    struct sl_field list = *field;

    list.type = SL_TYPE_DOUBLE_LIST;
    sl_text_append(printer->out, "[");
    for (size_t i = 0; i < matrix->rows; i++) {
        struct sl_double_list row = {matrix->columns, matrix->at + i * matrix->columns};

        sl_text_append(printer->out, i ? ", " : "");
        sl_flow_token(printer, &list, &row);
    }
    sl_text_append(printer->out, "]");
}
