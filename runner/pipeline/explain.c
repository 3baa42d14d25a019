/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "runner/pipeline/apply.h"
#include "runner/pipeline/row_fields.h"

static bool
takes_apart(const struct sl_apply *a)
{
    const struct sl_model_class *class = a->model->module->model;

    return class->explain && (class->explained >> a->kind & 1);
}

const char *
sl_apply_explains_by(const struct sl_apply *a)
{
    if (takes_apart(a))
        return "parts of the score";
    return a->means ? "score less that with the column at its mean" : NULL;
}

/* Columns of x that belong to column i of the file. */
static size_t
width_of(const struct sl_row_shape *shape, size_t i)
{
    return shape->n && shape->columns[i].n ? shape->columns[i].n : 1;
}

/* ---- by the model -------------------------------------------------------------------- */

static enum sl_status
take_apart(struct sl_apply *a, size_t n, const double *x, double *out,
           struct sl_error *err)
{
    size_t d = a->model->d, columns = sl_row_shape_count(&a->shape);
    struct sl_dataset data = {
        .n = n, .d = d, .type = SL_F64, .x = x, .scale = a->model->scale};
    struct sl_arena *scratch = &a->step.scratch;
    uint32_t *ids = sl_arena_array(scratch, n, sizeof *ids);
    double *parts = sl_arena_array(scratch, n, d * sizeof *parts);
    struct sl_rows rows = {&data, ids, n};

    if (!ids || !parts)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to explain %zu rows", n);
    for (size_t i = 0; i < n; i++)
        ids[i] = (uint32_t)i;
    SL_TRY(
        a->model->module->model->explain(a->model, &a->step, &rows, a->kind, parts, err));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0, k = 0; j < columns; j++) {
            double sum = 0.0;
            for (size_t end = k + width_of(&a->shape, j); k < end; k++)
                sum += parts[i * d + k];
            out[i * columns + j] = sum;
        }
    return SL_OK;
}

/* ---- by leaving out a column ---------------------------------------------------------- */

/* A row as often as it has columns, each with one of them at its mean. */
static void
vary(const struct sl_apply *a, const double *row, double *varied)
{
    size_t d = a->model->d, columns = sl_row_shape_count(&a->shape);

    for (size_t j = 0, k = 0; j < columns; j++) {
        size_t width = width_of(&a->shape, j);
        memcpy(varied + j * d, row, d * sizeof *row);
        memcpy(varied + j * d + k, a->means + k, width * sizeof *row);
        k += width;
    }
}

static enum sl_status
leave_out(struct sl_apply *a, size_t n, const double *x, const double *scores,
          double *out, struct sl_error *err)
{
    size_t d = a->model->d, columns = sl_row_shape_count(&a->shape);
    struct sl_arena arena;
    enum sl_status status = SL_OK;
    double *varied;

    sl_arena_init(&arena);
    varied = sl_arena_array(&arena, columns, d * sizeof *varied);
    if (!varied)
        status =
            sl_fail(err, SL_ERR_MEMORY, "no memory to explain a row of %zu columns", d);
    for (size_t i = 0; i < n && status == SL_OK; i++) {
        vary(a, x + i * d, varied);
        status = sl_apply_score(a, i, columns, varied, out + i * columns, err);
        for (size_t j = 0; j < columns; j++)
            out[i * columns + j] = scores[i] - out[i * columns + j];
    }
    sl_arena_release(&arena);
    return status;
}

enum sl_status
sl_apply_explain(struct sl_apply *a, size_t n, const double *x, const double *scores,
                 double *out, struct sl_error *err)
{
    enum sl_status status;

    if (!sl_apply_explains_by(a))
        return sl_fail(err, SL_ERR_CONFIG,
                       "a model of '%s' can't say what a column adds to its score",
                       a->model->module->entry.name);
    if (!takes_apart(a))
        return leave_out(a, n, x, scores, out, err);
    sl_arena_init(&a->step.scratch);
    status = take_apart(a, n, x, out, err);
    sl_arena_release(&a->step.scratch);
    return status;
}
