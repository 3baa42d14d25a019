/* SPDX-License-Identifier: MIT */
/*
 * Pictures in folders: PNG files, all of one size, read by libpng as 8-bit grey values.
 * Colours become their luminance, what is transparent black. Rows come in the order of the
 * files' names; with several folders a row's label is the number of its folder, from 0.
 */
#include <dirent.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "modules/learn/frame.h"
#include "runner/base/file.h"

struct config {
    struct sl_frame_config frame;
};

static const struct sl_field fields[] = {
    SL_INCLUDE(struct config, frame, struct sl_frame_config, sl_frame_fields),
    SL_FIELD_END,
};

static const struct sl_port outputs[] = {
    {"data", SL_PORT_DATASET, "n d", .help = "the pictures and their splits"},
    SL_PORT_END,
};

static const struct sl_result results[] = {SL_FRAME_RESULTS, SL_RESULT_END};

/* Pixels of a picture, and a side. */
#define PIXELS_MAX ((size_t)1 << 26)
/* What a grey value is divided by before `scale`. */
#define WHITE 255

/* ---- folders ------------------------------------------------------------------------------- */

struct source {
    const char **paths; /* part->n, by name */
};

static int
is_picture(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return n > 4 && entry->d_name[0] != '.' &&
           strcasecmp(entry->d_name + n - 4, ".png") == 0;
}

/* By bytes, whatever the locale. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum sl_status
list_folder(struct sl_arena *arena, struct sl_frame_part *part, struct sl_error *err)
{
    struct source *s = SL_NEW(arena, struct source);
    struct dirent **entries;
    int n = scandir(part->path, &entries, is_picture, by_name);

    if (n < 0)
        return sl_fail_errno(err, "cannot read the folder '%s'", part->path);
    s->paths = sl_arena_alloc(arena, (size_t)n * sizeof *s->paths);
    for (int i = 0; i < n; i++) {
        s->paths[i] = sl_arena_format(arena, "%s/%s", part->path, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    part->source = s;
    part->n = (size_t)n;
    if (n == 0)
        return sl_fail(err, SL_ERR_IO, "the folder '%s' holds no .png file", part->path);
    return SL_OK;
}

/* ---- pictures ------------------------------------------------------------------------------ */

static enum sl_status
fail_picture(const char *path, const png_image *image, struct sl_error *err)
{
    return sl_fail(err, SL_ERR_IO, "'%s': libpng says: %s", path, image->message);
}

static enum sl_status
begin(const char *path, png_image *image, struct sl_error *err)
{
    int fd;

    memset(image, 0, sizeof *image);
    image->version = PNG_IMAGE_VERSION;
    SL_TRY(sl_file_open(path, &fd, err)); /* a regular file, or its own message */
    close(fd);
    if (!png_image_begin_read_from_file(image, path))
        return fail_picture(path, image, err);
    if ((size_t)image->width * image->height > PIXELS_MAX) {
        png_image_free(image);
        return sl_fail(err, SL_ERR_IO, "'%s' is larger than %zu pixels", path,
                       PIXELS_MAX);
    }
    return SL_OK;
}

/* height x width grey values. */
static enum sl_status
read_picture(const struct sl_frame *frame, const char *path, unsigned char *pixels,
             struct sl_error *err)
{
    static const png_color black = {0, 0, 0};
    png_image image;
    int read;

    SL_TRY(begin(path, &image, err));
    if (image.height != frame->height || image.width != frame->width) {
        sl_fail(err, SL_ERR_SHAPE, "'%s' is %u x %u, the first picture %zu x %zu", path,
                image.height, image.width, frame->height, frame->width);
        png_image_free(&image);
        return SL_ERR_SHAPE;
    }
    image.format = PNG_FORMAT_GRAY;
    read = png_image_finish_read(&image, &black, pixels, 0, NULL);
    if (!read || PNG_IMAGE_FAILED(image))
        fail_picture(path, &image, err);
    png_image_free(&image);
    return read ? SL_OK : SL_ERR_IO;
}

static enum sl_status
open_folders(struct sl_frame *frame, struct sl_error *err)
{
    const struct source *first;
    png_image image;

    if (frame->config->columns.n || frame->config->exclude.n)
        return sl_fail(err, SL_ERR_CONFIG,
                       "'columns' and 'exclude' are not for pictures");
    for (size_t p = 0; p < frame->part_count; p++)
        SL_TRY(list_folder(frame->arena, &frame->parts[p], err));
    first = frame->parts[0].source;
    SL_TRY(begin(first->paths[0], &image, err));
    frame->height = image.height;
    frame->width = image.width;
    png_image_free(&image);
    frame->d = frame->height * frame->width;
    frame->type = SL_U8;
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
    unsigned char *x;
    struct sl_error *errors;
};

enum { TILE = 16 };

static void
read_tile(void *context, size_t tile)
{
    const struct reading *r = context;
    const struct source *s = r->part->source;
    size_t end = (tile + 1) * TILE < r->part->n ? (tile + 1) * TILE : r->part->n;

    for (size_t i = tile * TILE; i < end; i++)
        if (read_picture(r->frame, s->paths[i], r->x + i * r->frame->d, &r->errors[tile]))
            return;
}

static enum sl_status
read_part(struct sl_frame *frame, const struct sl_frame_part *part, unsigned char *x,
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
        SL_TRY(read_part(frame, part, (unsigned char *)x + part->first * frame->d, err));
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
    struct sl_frame_part part = {.path = folder->found};
    const struct source *s;

    SL_TRY(list_folder(arena, &part, err));
    s = part.source;
    for (size_t i = 0; i < part.n; i++)
        visit(context, s->paths[i], NULL);
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

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;

    return sl_frame_load(step, &c->frame, c, &reader, err);
}

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
