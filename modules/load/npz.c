/* SPDX-License-Identifier: MIT */
/*
 * Rows in NumPy's files: an array of .npz, which is a zip file of arrays, or one of .npy.
 * The columns of a matrix are named by their numbers from 0. Of three dimensions the rows
 * are images.
 */
#include <string.h>

#include "modules/learn/frame_arrays.h"
#include "modules/learn/npy.h"

struct config {
    struct sl_frame_config frame;
    const char *x, *y;
};

static const struct sl_field fields[] = {
    SL_STRING(struct config, x, "X", "the array of an .npz that holds the rows"),
    SL_STRING(struct config, y, "y",
              "the array of labels, whole numbers; without one rows have no labels"),
    SL_INCLUDE(struct config, frame, struct sl_frame_config, sl_frame_fields),
    SL_FIELD_END,
};

static const struct sl_port outputs[] = {
    {"data", SL_PORT_DATASET, "n d", .help = "the rows and their splits"},
    SL_PORT_END,
};

static const struct sl_result results[] = {SL_FRAME_RESULTS, SL_RESULT_END};

/* ---- opening ----------------------------------------------------------------------------- */

struct source {
    struct sl_archive *archive; /* NULL of an .npy */
    struct sl_npy x, y;         /* y: {0} where there are no labels */
};

static const char *
member_of(const struct sl_frame *frame, const char *name)
{
    return sl_arena_format(frame->arena, "%s.npy", name);
}

static bool
is_zip(const char *path)
{
    unsigned char magic[2] = {0};
    struct sl_content *content;
    struct sl_error ignored;
    size_t got = 0;

    if (sl_content_open(&content, path, &ignored))
        return false;
    sl_content_read(content, magic, 2, &got, &ignored);
    sl_content_close(content);
    return magic[0] == 'P' && magic[1] == 'K';
}

static enum sl_status
open_member(const struct sl_frame *frame, const struct sl_frame_part *part,
            const char *name, struct sl_npy *npy, struct sl_error *err)
{
    struct source *s = part->source;
    const char *member = member_of(frame, name);

    if (!sl_archive_has(s->archive, member))
        return sl_fail(err, SL_ERR_IO, "'%s' has no array '%s'; it has %s", part->path,
                       name, sl_archive_names(s->archive, frame->arena));
    return sl_npy_open(npy, part->path, s->archive, member, err);
}

static enum sl_status
open_labels(const struct sl_frame *frame, struct sl_frame_part *part, const char *y,
            struct sl_error *err)
{
    struct source *s = part->source;

    if (part->labels_path)
        SL_TRY(sl_npy_open(&s->y, part->labels_path, NULL, NULL, err));
    else if (s->archive && y && sl_archive_has(s->archive, member_of(frame, y)))
        SL_TRY(open_member(frame, part, y, &s->y, err));
    if (s->y.source && (s->y.shape[0] != part->n || s->y.count != part->n))
        return sl_fail(err, SL_ERR_SHAPE, "'%s' has %zu rows and %zu labels", part->path,
                       part->n, s->y.count);
    return SL_OK;
}

static enum sl_status
open_part(struct sl_frame *frame, struct sl_frame_part *part, struct sl_error *err)
{
    const struct config *c = frame->reader_config;
    struct source *s = SL_NEW(frame->arena, struct source);

    part->source = s;
    if (is_zip(part->path)) {
        SL_TRY(sl_archive_open(&s->archive, part->path, err));
        SL_TRY(open_member(frame, part, c->x, &s->x, err));
    } else {
        SL_TRY(sl_npy_open(&s->x, part->path, NULL, NULL, err));
    }
    if (s->x.rank > 3)
        return sl_fail(err, SL_ERR_SHAPE,
                       "'%s': rows of %u dimensions are not read; a matrix, or images of "
                       "one channel, are",
                       part->path, s->x.rank - 1);
    part->n = s->x.shape[0];
    return open_labels(frame, part, c->y, err);
}

/* Parts have to be alike but for the number of their rows. */
static enum sl_status
check_alike(const struct sl_frame *frame, size_t p, struct sl_error *err)
{
    const struct source *a = frame->parts[0].source, *b = frame->parts[p].source;
    bool shape = a->x.rank == b->x.rank;

    for (unsigned i = 1; shape && i < a->x.rank; i++)
        shape = a->x.shape[i] == b->x.shape[i];
    if (!shape || a->x.type != b->x.type)
        return sl_fail(
            err, SL_ERR_SHAPE,
            "'%s' has rows of %zu %s, '%s' rows of %zu %s; they can't be joined",
            frame->parts[0].path, sl_npy_width(&a->x), sl_dtype_name(a->x.type),
            frame->parts[p].path, sl_npy_width(&b->x), sl_dtype_name(b->x.type));
    if (!a->y.source != !b->y.source)
        return sl_fail(err, SL_ERR_SHAPE, "of '%s' and '%s' only one has labels",
                       frame->parts[0].path, frame->parts[p].path);
    return SL_OK;
}

static enum sl_status
open(struct sl_frame *frame, struct sl_error *err)
{
    const struct source *s;

    for (size_t p = 0; p < frame->part_count; p++) {
        SL_TRY(open_part(frame, &frame->parts[p], err));
        SL_TRY(check_alike(frame, p, err));
    }
    s = frame->parts[0].source;
    frame->type = s->x.type;
    frame->count = sl_npy_width(&s->x);
    frame->labelled = s->y.source != NULL;
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

        if (!s)
            continue;
        sl_npy_close(&s->x);
        sl_npy_close(&s->y);
        sl_archive_close(s->archive);
        frame->parts[p].source = NULL;
    }
}

/* ---- reading ------------------------------------------------------------------------------- */

/* A vector of numbers, whatever their type. */
static enum sl_status
read_vector(struct sl_npy *npy, struct sl_arena *arena, struct sl_tensor *values,
            struct sl_error *err)
{
    SL_TRY(sl_tensor_new(values, arena, npy->type, 1, &npy->count, err));
    return sl_npy_read(npy, NULL, npy->count / npy->shape[0], values->data, err);
}

static enum sl_status
read_labels(const struct sl_frame_part *part, int32_t *labels, struct sl_error *err)
{
    struct source *s = part->source;
    struct sl_tensor values;
    struct sl_arena arena;
    enum sl_status status;

    sl_arena_init(&arena);
    status = read_vector(&s->y, &arena, &values, err);
    if (status == SL_OK)
        status = sl_frame_labels(&values, s->y.path, labels, err);
    sl_arena_release(&arena);
    return status;
}

static enum sl_status
read(struct sl_frame *frame, void *x, int32_t *labels, struct sl_error *err)
{
    size_t *places = sl_arena_alloc(frame->arena, frame->count * sizeof *places);
    size_t row = frame->d * sl_dtype_size(frame->type);

    for (size_t j = 0; j < frame->count; j++)
        places[j] = frame->columns[j].width ? frame->columns[j].place : SIZE_MAX;
    for (size_t p = 0; p < frame->part_count; p++) {
        const struct sl_frame_part *part = &frame->parts[p];
        struct source *s = part->source;

        SL_TRY(sl_npy_read(&s->x, frame->d == frame->count ? NULL : places, frame->d,
                           (char *)x + part->first * row, err));
        if (labels)
            SL_TRY(read_labels(part, labels + part->first, err));
    }
    return SL_OK;
}

/* The values of another array of each part. */
static enum sl_status
numbers(struct sl_frame *frame, const char *column, double *at, struct sl_error *err)
{
    for (size_t p = 0; p < frame->part_count; p++) {
        const struct sl_frame_part *part = &frame->parts[p];
        struct source *s = part->source;
        struct sl_npy npy;
        struct sl_tensor values;
        enum sl_status status;

        if (!s->archive)
            return sl_fail(err, SL_ERR_CONFIG,
                           "'%s' is one array; '%s' would be another one of an .npz",
                           part->path, column);
        SL_TRY(open_member(frame, part, column, &npy, err));
        if (npy.count == part->n)
            status = read_vector(&npy, frame->arena, &values, err);
        else
            status =
                sl_fail(err, SL_ERR_SHAPE, "'%s' has %zu rows and %zu values in '%s'",
                        part->path, part->n, npy.count, column);
        if (status == SL_OK)
            sl_tensor_take(&values, 0, part->n, at + part->first);
        sl_npy_close(&npy);
        SL_TRY(status);
    }
    return SL_OK;
}

static const struct sl_frame_reader reader = {open, read, NULL, numbers, close};

/* ---- the module --------------------------------------------------------------------------- */

SL_FRAME_FILES(reader)
SL_FRAME_RUN(reader)

const struct sl_module load_npz = {
    .entry = {.name = "npz",
              .summary = "rows in NumPy's files, .npz and .npy",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .outputs = outputs,
    .results = results,
    .fixed_rows = true,
    .draws = SL_DRAWS_SPLITS,
    .check = sl_frame_check,
    .schema = sl_frame_schema,
    .files = files,
    .run = run,
};
