/* SPDX-License-Identifier: MIT */
/*
 * Rows in HDF5 files, read in a limited child process (runner/store/h5_array.h). The
 * columns of a matrix are named by their numbers from 0. Of three dimensions the rows are
 * images.
 */
#include <stdlib.h>

#include "modules/learn/frame_arrays.h"
#include "runner/store/h5_array.h"

struct config {
    struct sl_frame_config frame;
    const char *x, *y;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, x, const char *, SL_TYPE_STRING, .flags = SL_REQUIRED,
             .help = "path of the data set that holds the rows: /group/x"),
    SL_FIELD(struct config, y, const char *, SL_TYPE_STRING,
             .help = "path of the data set of labels, whole numbers"),
    SL_INCLUDE(struct config, frame, struct sl_frame_config, sl_frame_fields),
    SL_FIELD_END,
};

static const struct sl_port outputs[] = {
    {"data", SL_PORT_DATASET, "n d", .help = "the rows and their splits"},
    SL_PORT_END,
};

static const struct sl_result results[] = {SL_FRAME_RESULTS, SL_RESULT_END};

/* ---- opening ----------------------------------------------------------------------------- */

/* The labels' child is started when they are read. */
struct source {
    struct sl_h5_array x;
};

static size_t
width_of(const struct sl_h5_array *x)
{
    return x->count / x->shape[0];
}

static enum sl_status
open_part(struct sl_frame *frame, struct sl_frame_part *part, struct sl_error *err)
{
    const struct config *c = frame->reader_config;
    struct source *s = SL_NEW(frame->arena, struct source);
    const struct source *first;

    part->source = s;
    SL_TRY(sl_h5_array_open(&s->x, part->path, c->x, err));
    if (s->x.rank > 3)
        return sl_fail(err, SL_ERR_SHAPE,
                       "'%s': rows of %u dimensions are not read; a matrix, or images of "
                       "one channel, are",
                       part->path, s->x.rank - 1);
    part->n = s->x.shape[0];
    first = frame->parts[0].source;
    if (first->x.rank != s->x.rank || width_of(&first->x) != width_of(&s->x) ||
        first->x.type != s->x.type)
        return sl_fail(
            err, SL_ERR_SHAPE,
            "'%s' has rows of %zu %s, '%s' rows of %zu %s; they can't be joined",
            frame->parts[0].path, width_of(&first->x), sl_dtype_name(first->x.type),
            part->path, width_of(&s->x), sl_dtype_name(s->x.type));
    return SL_OK;
}

static enum sl_status
open(struct sl_frame *frame, struct sl_error *err)
{
    const struct config *c = frame->reader_config;
    const struct source *s;

    for (size_t p = 0; p < frame->part_count; p++)
        SL_TRY(open_part(frame, &frame->parts[p], err));
    s = frame->parts[0].source;
    frame->type = s->x.type;
    frame->count = width_of(&s->x);
    frame->labelled = c->y != NULL;
    sl_frame_number_columns(frame);
    SL_TRY(sl_frame_select(frame, NULL, 0, err));
    if (s->x.rank == 3 && frame->d == frame->count) {
        frame->height = s->x.shape[1];
        frame->width = s->x.shape[2];
    }
    return SL_OK;
}

static void
close(struct sl_frame *frame)
{
    for (size_t p = 0; p < frame->part_count; p++) {
        struct source *s = frame->parts[p].source;

        if (s)
            sl_h5_array_close(&s->x);
        frame->parts[p].source = NULL;
    }
}

/* ---- reading ------------------------------------------------------------------------------- */

/* Rows of which some columns are taken, a few at a time. */
static enum sl_status
read_some(struct sl_frame *frame, const struct sl_frame_part *part, char *x,
          struct sl_error *err)
{
    enum { ROWS = 1024 };
    struct source *s = part->source;
    size_t size = sl_dtype_size(frame->type);
    char *rows = malloc(ROWS * frame->count * size);
    enum sl_status status = SL_OK;

    if (!rows)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for rows of %zu columns",
                       frame->count);
    for (size_t first = 0; first < part->n && status == SL_OK; first += ROWS) {
        size_t n = part->n - first < ROWS ? part->n - first : ROWS;

        status = sl_h5_array_read(&s->x, rows, n * frame->count, err);
        if (status == SL_OK)
            sl_frame_scatter(frame, rows, n, x + first * frame->d * size);
    }
    free(rows);
    return status;
}

/* A vector of numbers for the rows of a part, as doubles and as they are. */
static enum sl_status
read_vector(const struct sl_frame_part *part, const char *name, struct sl_arena *arena,
            struct sl_tensor *values, struct sl_error *err)
{
    struct sl_h5_array array;
    enum sl_status status;

    SL_TRY(sl_h5_array_open(&array, part->path, name, err));
    if (array.count != part->n)
        status = sl_fail(err, SL_ERR_SHAPE, "'%s' has %zu rows and %zu values in '%s'",
                         part->path, part->n, array.count, name);
    else
        status = sl_tensor_new(values, arena, array.type, 1, &array.count, err);
    if (status == SL_OK)
        status = sl_h5_array_read(&array, values->data, array.count, err);
    sl_h5_array_close(&array);
    return status;
}

static enum sl_status
read_labels(const struct sl_frame *frame, const struct sl_frame_part *part,
            int32_t *labels, struct sl_error *err)
{
    const struct config *c = frame->reader_config;
    struct sl_tensor values;
    struct sl_arena arena;
    enum sl_status status;

    sl_arena_init(&arena);
    status = read_vector(part, c->y, &arena, &values, err);
    if (status == SL_OK)
        status = sl_frame_labels(&values, part->path, labels, err);
    sl_arena_release(&arena);
    return status;
}

static enum sl_status
read(struct sl_frame *frame, void *x, int32_t *labels, struct sl_error *err)
{
    for (size_t p = 0; p < frame->part_count; p++) {
        const struct sl_frame_part *part = &frame->parts[p];
        struct source *s = part->source;
        char *at = (char *)x + part->first * frame->d * sl_dtype_size(frame->type);

        if (frame->d == frame->count)
            SL_TRY(sl_h5_array_read(&s->x, at, part->n * frame->d, err));
        else
            SL_TRY(read_some(frame, part, at, err));
        if (labels)
            SL_TRY(read_labels(frame, part, labels + part->first, err));
    }
    return SL_OK;
}

/* The values of another data set of each part. */
static enum sl_status
numbers(struct sl_frame *frame, const char *column, double *at, struct sl_error *err)
{
    for (size_t p = 0; p < frame->part_count; p++) {
        const struct sl_frame_part *part = &frame->parts[p];
        struct sl_tensor values;

        SL_TRY(read_vector(part, column, frame->arena, &values, err));
        sl_tensor_take(&values, 0, part->n, at + part->first);
    }
    return SL_OK;
}

static const struct sl_frame_reader reader = {open, read, NULL, numbers, close};

/* ---- the module --------------------------------------------------------------------------- */

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;

    sl_frame_check(config, check);
    sl_frame_check_labels(&c->frame, check, "'y' names them");
}

SL_FRAME_FILES(reader)
SL_FRAME_RUN(reader)

const struct sl_module load_hdf5 = {
    .entry = {.name = "hdf5",
              .summary = "rows in HDF5 files",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .outputs = outputs,
    .results = results,
    .fixed_rows = true,
    .draws = SL_DRAWS_SPLITS,
    .check = check,
    .schema = sl_frame_schema,
    .files = files,
    .run = run,
};
