/* SPDX-License-Identifier: MIT */
/*
 * Pictures in folders: PNG files, all of one size (modules/learn/picture.h says what their
 * values are). Rows come in the order of the files' names; with several folders a row's
 * label is the number of its folder, from 0.
 */
#include <stdlib.h>
#include <string.h>

#include "modules/learn/frame.h"
#include "modules/learn/picture.h"

enum { GREY, RGB };
static const char *const colours[] = {"grey", "rgb", NULL};

struct config {
    struct sl_frame_config frame;
    int colour;
};

static const struct sl_field fields[] = {
    SL_WORD(struct config, colour, GREY, colours,
            "grey: colours become their luma; rgb: three pictures below each other, what "
            "is red, green and blue of it"),
    SL_INCLUDE(struct config, frame, struct sl_frame_config, sl_frame_fields),
    SL_FIELD_END,
};

static const struct sl_port outputs[] = {
    {"data", SL_PORT_DATASET, "n d", .help = "the pictures and their splits"},
    SL_PORT_END,
};

static const struct sl_result results[] = {SL_FRAME_RESULTS, SL_RESULT_END};

/* What a value is divided by before `scale`. */
#define WHITE 255

static unsigned
planes_of(const struct config *c)
{
    return c->colour == RGB ? 3 : 1;
}

/* ---- folders ------------------------------------------------------------------------------- */

struct source {
    const char *const *paths; /* part->n, by name */
    struct sl_picture like;   /* the first of all parts */
};

static enum sl_status
open_folders(struct sl_frame *frame, struct sl_error *err)
{
    const struct config *c = frame->reader_config;
    struct sl_picture like;

    if (frame->config->columns.n || frame->config->exclude.n)
        return sl_fail(err, SL_ERR_CONFIG,
                       "'columns' and 'exclude' are not for pictures");
    for (size_t p = 0; p < frame->part_count; p++) {
        struct sl_frame_part *part = &frame->parts[p];
        struct source *s = SL_NEW(frame->arena, struct source);

        SL_TRY(sl_picture_list(part->path, frame->arena, &s->paths, &part->n, err));
        if (p == 0)
            SL_TRY(sl_picture_look(s->paths[0], &like, err));
        s->like = like;
        part->source = s;
    }
    frame->height = planes_of(c) * like.height;
    frame->width = like.width;
    frame->d = frame->height * frame->width;
    frame->type = like.depth == 16 ? SL_F32 : SL_U8;
    frame->unit = WHITE;
    frame->labelled = frame->part_count > 1;
    return SL_OK;
}

static void
close_folders(struct sl_frame *frame)
{
    (void)frame;
}

struct reading {
    const struct sl_frame *frame;
    const struct sl_frame_part *part;
    char *x;
    struct sl_error *errors;
};

enum { TILE = 16 };

static void
store(const struct reading *r, size_t i, const float *values)
{
    size_t d = r->frame->d;
    unsigned char *bytes = (unsigned char *)r->x + i * d;

    if (r->frame->type == SL_F32) {
        memcpy(r->x + i * d * sizeof *values, values, d * sizeof *values);
        return;
    }
    for (size_t j = 0; j < d; j++)
        bytes[j] = (unsigned char)values[j];
}

static void
read_tile(void *context, size_t tile)
{
    const struct reading *r = context;
    const struct source *s = r->part->source;
    size_t end = (tile + 1) * TILE < r->part->n ? (tile + 1) * TILE : r->part->n;
    unsigned planes = planes_of(r->frame->reader_config);
    float *values = malloc(r->frame->d * sizeof *values);
    struct sl_error *err = &r->errors[tile];

    if (!values)
        sl_fail(err, SL_ERR_MEMORY, "no memory for pictures of %zu values", r->frame->d);
    for (size_t i = tile * TILE; i < end && !err->status; i++)
        if (sl_picture_read(s->paths[i], &s->like, planes, values, err) == SL_OK)
            store(r, i, values);
    free(values);
}

static enum sl_status
read_part(struct sl_frame *frame, const struct sl_frame_part *part, char *x,
          struct sl_error *err)
{
    size_t tiles = (part->n + TILE - 1) / TILE;
    struct reading r = {frame, part, x, calloc(tiles, sizeof *r.errors)};
    enum sl_status status = SL_OK;

    if (!r.errors)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu pictures", part->n);
    sl_pool_tiles(frame->pool, tiles, read_tile, &r);
    for (size_t t = 0; t < tiles && status == SL_OK; t++)
        if (r.errors[t].status) {
            *err = r.errors[t];
            status = err->status;
        }
    free(r.errors);
    return status;
}

static enum sl_status
read_folders(struct sl_frame *frame, void *x, int32_t *labels, struct sl_error *err)
{
    for (size_t p = 0; p < frame->part_count; p++) {
        const struct sl_frame_part *part = &frame->parts[p];

        for (size_t i = 0; labels && i < part->n; i++)
            labels[part->first + i] = (int32_t)p;
        SL_TRY(read_part(frame, part,
                         (char *)x + part->first * frame->d * sl_dtype_size(frame->type),
                         err));
    }
    return SL_OK;
}

static enum sl_status
refuse_key(const char *column, struct sl_error *err)
{
    return sl_fail(err, SL_ERR_CONFIG, "pictures have no column '%s'", column);
}

static enum sl_status
codes(struct sl_frame *frame, const char *column, struct sl_frame_codes *codes,
      struct sl_error *err)
{
    (void)frame;
    (void)codes;
    return refuse_key(column, err);
}

static enum sl_status
numbers(struct sl_frame *frame, const char *column, double *at, struct sl_error *err)
{
    (void)frame;
    (void)at;
    return refuse_key(column, err);
}

static const struct sl_frame_reader reader = {open_folders, read_folders, codes, numbers,
                                              close_folders};

/* ---- the module --------------------------------------------------------------------------- */

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;

    sl_frame_check(config, check);
    sl_frame_check_labels(&c->frame, check, "they are the numbers of the folders");
}

static void
schema(const void *config, struct sl_arena *arena, struct sl_schema *schema)
{
    sl_frame_schema(config, arena, schema);
    schema->whole = true;
}

static enum sl_status
visit_folder(const struct sl_file *folder, struct sl_arena *arena,
             void (*visit)(void *context, const char *path, const char *sha256),
             void *context, struct sl_error *err)
{
    const char *const *paths;
    size_t n;

    SL_TRY(sl_picture_list(folder->found, arena, &paths, &n, err));
    for (size_t i = 0; i < n; i++)
        visit(context, paths[i], NULL);
    return SL_OK;
}

/* The files in the folders, which the engine does not see by itself. */
static enum sl_status
files(const void *config, struct sl_arena *arena,
      void (*visit)(void *context, const char *path, const char *sha256), void *context,
      struct sl_error *err)
{
    const struct sl_frame_config *c = &((const struct config *)config)->frame;
    const struct sl_frame_file *folders = c->files.at;

    SL_TRY(sl_frame_look(c, config, &reader, arena, err));
    if (c->file.found)
        SL_TRY(visit_folder(&c->file, arena, visit, context, err));
    for (size_t i = 0; i < c->files.n; i++)
        SL_TRY(visit_folder(&folders[i].file, arena, visit, context, err));
    return SL_OK;
}

SL_FRAME_RUN(reader)

const struct sl_module load_images = {
    .entry = {.name = "images",
              .summary = "pictures in folders: PNG files",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .outputs = outputs,
    .results = results,
    .fixed_rows = true,
    .draws = SL_DRAWS_SPLITS,
    .check = check,
    .schema = schema,
    .files = files,
    .run = run,
};
