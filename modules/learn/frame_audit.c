/* SPDX-License-Identifier: MIT */
#include "modules/learn/frame_audit.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "modules/learn/first_rows.h"
#include "modules/learn/frame_duplicates.h"

enum { TILE = 16384 };

/* ---- gaps ------------------------------------------------------------------------------------- */

/* What is found in a tile: values, and the places of the first. */
struct finds {
    size_t missing, infinite, first_missing, first_infinite, rows;
};

struct search {
    const struct sl_dataset *data;
    struct finds *tiles;
    uint8_t *marks; /* n */
};

static double
value_at(const struct sl_dataset *data, size_t i)
{
    return data->type == SL_F32 ? (double)((const float *)data->x)[i]
                                : ((const double *)data->x)[i];
}

static void
search_row(const struct search *s, size_t row, struct finds *f)
{
    size_t d = s->data->d;
    bool lacks = false;

    for (size_t i = row * d; i < (row + 1) * d; i++) {
        double value = value_at(s->data, i);

        if (isfinite(value))
            continue;
        if (isnan(value)) {
            if (f->missing++ == 0)
                f->first_missing = i;
            lacks = true;
        } else if (f->infinite++ == 0) {
            f->first_infinite = i;
        }
    }
    if (lacks) {
        s->marks[row] = 1;
        f->rows++;
    }
}

static void
search_tile(void *context, size_t tile)
{
    const struct search *s = context;
    size_t n = s->data->n, end = (tile + 1) * TILE < n ? (tile + 1) * TILE : n;

    for (size_t row = tile * TILE; row < end; row++)
        search_row(s, row, &s->tiles[tile]);
}

static struct finds
sum_finds(const struct finds *tiles, size_t n)
{
    struct finds all = {0};

    for (size_t t = 0; t < n; t++) {
        if (!all.missing)
            all.first_missing = tiles[t].first_missing;
        if (!all.infinite)
            all.first_infinite = tiles[t].first_infinite;
        all.missing += tiles[t].missing;
        all.infinite += tiles[t].infinite;
        all.rows += tiles[t].rows;
    }
    return all;
}

/* "data.csv:17:3: 'amount'": row and column as the file's readers count them. */
static const char *
place(const struct sl_frame *frame, const struct sl_dataset *data, size_t i)
{
    size_t row = i / data->d, j = i % data->d, p = 0, column = 0;

    while (p + 1 < frame->part_count && row >= frame->parts[p + 1].first)
        p++;
    while (column + 1 < frame->count &&
           (frame->columns[column].width == 0 ||
            j >= frame->columns[column].place + frame->columns[column].width))
        column++;
    return sl_arena_format(frame->arena, "%s:%zu:%zu: '%s'", frame->parts[p].path,
                           row - frame->parts[p].first + frame->first_row,
                           column + frame->first_column, frame->columns[column].name);
}

static enum sl_status
judge(const struct sl_frame *frame, const struct sl_dataset *data, struct finds all,
      struct sl_error *err)
{
    if (all.infinite)
        return sl_fail(err, SL_ERR_NUMERIC, "%s is infinite; %zu values are",
                       place(frame, data, all.first_infinite), all.infinite);
    if (all.missing && frame->config->missing == SL_MISSING_ERROR)
        return sl_fail(
            err, SL_ERR_NUMERIC,
            "%s is missing; %zu rows lack %zu values; 'missing: drop' leaves "
            "such rows out, 'missing: keep' keeps them for 'preprocess: [impute]'",
            place(frame, data, all.first_missing), all.rows, all.missing);
    return SL_OK;
}

enum sl_status
sl_frame_find_gaps(const struct sl_frame *frame, const struct sl_dataset *data,
                   struct sl_frame_gaps *gaps, struct sl_error *err)
{
    size_t tiles = (data->n + TILE - 1) / TILE;
    struct search search = {
        data, sl_arena_alloc(frame->arena, tiles * sizeof(struct finds)), NULL};
    struct finds all;

    *gaps = (struct sl_frame_gaps){0};
    if (data->type != SL_F32 && data->type != SL_F64)
        return SL_OK;
    search.marks = sl_arena_rows(frame->arena, data->n, 1);
    if (!search.marks)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to look at %zu rows", data->n);
    sl_pool_tiles(frame->pool, tiles, search_tile, &search);
    all = sum_finds(search.tiles, tiles);
    SL_TRY(judge(frame, data, all, err));
    gaps->rows = all.rows;
    gaps->kept = frame->config->missing == SL_MISSING_KEEP ? all.rows : 0;
    if (gaps->rows > gaps->kept)
        gaps->left_out = search.marks;
    return SL_OK;
}

/* ---- columns with one value --------------------------------------------------------------------- */

static const char *
row_at(const struct sl_dataset *data, size_t row)
{
    return (const char *)data->x + row * data->d * sl_dtype_size(data->type);
}

/* Which columns have one value in the split; the search ends as soon as none has. */
static size_t
find_constant(const struct sl_dataset *data, const struct sl_split *split,
              int64_t *constant)
{
    size_t size = sl_dtype_size(data->type), n = data->d, kept;

    for (size_t j = 0; j < n; j++)
        constant[j] = (int64_t)j;
    for (size_t i = 1; i < split->n && n > 0; i++) {
        const char *a = row_at(data, split->rows[0]), *b = row_at(data, split->rows[i]);

        kept = 0;
        for (size_t k = 0; k < n; k++) {
            size_t at = (size_t)constant[k] * size;

            if (memcmp(a + at, b + at, size) == 0)
                constant[kept++] = constant[k];
        }
        n = kept;
    }
    return n;
}

static enum sl_status
audit_constant(struct sl_step *step, const struct sl_frame *frame,
               const struct sl_dataset *data, struct sl_error *err)
{
    enum { MOST = 5 };
    const struct sl_split *train = sl_dataset_split(data, SL_PREPROCESS_SPLIT);
    int64_t *constant = sl_arena_alloc(frame->arena, data->d * sizeof *constant);
    size_t n = train && train->n > 1 ? find_constant(data, train, constant) : 0;
    struct sl_tensor tensor = sl_tensor_vector(SL_I64, constant, n);
    struct sl_text names = {0};

    sl_metric(step, "columns_constant", (double)n);
    if (n == 0)
        return SL_OK;
    for (size_t k = 0; k < n && k < MOST; k++)
        sl_text_format(&names, "%s'%s'", k ? ", " : "",
                       sl_dataset_column(data, (size_t)constant[k], frame->arena));
    if (!data->height)
        sl_warn(step, "%zu of %zu columns have one value in split '%s': %s%s", n, data->d,
                train->name, names.bytes, n > MOST ? ", ..." : "");
    sl_text_release(&names);
    return sl_record(step, "constant", &tensor, err);
}

/* ---- columns that count ------------------------------------------------------------------------- */

/* Whether column j of x grows by 1 from row to row of each file. */
static bool
counts_rows(const struct sl_frame *frame, const struct sl_tensor *x, size_t j)
{
    size_t d = x->shape[1];

    for (size_t p = 0; p < frame->part_count; p++) {
        size_t first = frame->parts[p].first, n = frame->parts[p].n;

        for (size_t i = first + 1; i < first + n; i++)
            if (sl_tensor_at(x, i * d + j) != sl_tensor_at(x, (i - 1) * d + j) + 1)
                return false;
    }
    return true;
}

/* What is learned from a row's place in the file is no use for new rows, and flatters where
 * anomalies stand together. Columns that are listed are wanted. */
static void
audit_counting(struct sl_step *step, const struct sl_frame *frame,
               const struct sl_dataset *data)
{
    enum { LEAST = 10 }; /* fewer rows count by chance */
    struct sl_tensor x =
        sl_tensor_matrix(data->type, (void *)(uintptr_t)data->x, data->n, data->d);

    if (frame->n < LEAST * frame->part_count || frame->config->columns.n || data->height)
        return;
    for (size_t j = 0; j < data->d; j++) {
        const char *name;

        if (!counts_rows(frame, &x, j))
            continue;
        name = sl_dataset_column(data, j, frame->arena);
        sl_warn(step,
                "'%s' counts the rows; if it is an index and no measurement, "
                "\"exclude: ['%s']\" leaves it out",
                name, name);
    }
}

/* ---- rows that are in two splits ------------------------------------------------------------------- */

static enum sl_status
audit_duplicates(struct sl_step *step, const struct sl_frame *frame,
                 const struct sl_dataset *data, struct sl_error *err)
{
    const struct sl_split *train = sl_dataset_split(data, SL_PREPROCESS_SPLIT);
    size_t others = 0, shared;

    for (size_t s = 0; s < data->split_count; s++)
        others += &data->splits[s] == train ? 0 : data->splits[s].n;
    if (!train || others == 0)
        return SL_OK;
    SL_TRY(sl_frame_duplicates(frame->pool, data, train, frame->arena->folder, &shared,
                               err));
    sl_metric(step, "duplicates", (double)shared);
    if (shared)
        sl_warn(
            step,
            "%zu of the %zu rows outside split '%s' are equal to a row in it: what is "
            "measured on them is not measured on new rows",
            shared, others, train->name);
    return SL_OK;
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

static void
tell_gaps(struct sl_step *step, const struct sl_frame *frame,
          const struct sl_frame_gaps *gaps)
{
    sl_metric(step, "rows_missing", (double)gaps->rows);
    sl_metric(step, "rows_dropped", (double)(gaps->rows - gaps->kept));
    if (gaps->rows > gaps->kept)
        sl_warn(step, "%zu of %zu rows lack a value and are in no split", gaps->rows,
                frame->n);
    else if (gaps->kept)
        sl_warn(step, "%zu of %zu rows lack a value and are kept", gaps->kept, frame->n);
}

static void
audit_normal(struct sl_step *step, const struct sl_frame *frame,
             const struct sl_dataset *data)
{
    size_t i = 0;

    if (!frame->normal_in || !data->labels)
        return;
    while (i < data->n && data->labels[i] != 0)
        i++;
    if (i == data->n)
        sl_warn(step, "no row is normal: none has in '%s' what 'normal' lists",
                frame->normal_in);
}

static enum sl_status
record_first_rows(struct sl_step *step, const struct sl_frame *frame,
                  struct sl_error *err)
{
    uint32_t *first = sl_arena_alloc(frame->arena, frame->part_count * sizeof *first);

    for (size_t p = 0; p < frame->part_count; p++)
        first[p] = (uint32_t)frame->parts[p].first;
    return sl_first_rows_record(step, first, frame->part_count, err);
}

enum sl_status
sl_frame_audit(struct sl_step *step, const struct sl_frame *frame,
               const struct sl_dataset *data, const struct sl_frame_gaps *gaps,
               struct sl_error *err)
{
    size_t used = 0;

    sl_metric(step, "rows", (double)frame->n);
    sl_metric(step, "columns", (double)frame->d);
    tell_gaps(step, frame, gaps);
    for (size_t s = 0; s < data->split_count; s++) {
        sl_metric(step, sl_arena_format(frame->arena, "split_%s", data->splits[s].name),
                  (double)data->splits[s].n);
        used += data->splits[s].n;
    }
    sl_metric(step, "rows_unused", (double)(frame->n - used));
    audit_normal(step, frame, data);
    audit_counting(step, frame, data);
    SL_TRY(record_first_rows(step, frame, err));
    SL_TRY(audit_duplicates(step, frame, data, err));
    return audit_constant(step, frame, data, err);
}
