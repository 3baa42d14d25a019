/* SPDX-License-Identifier: MIT */
/* New rows out of pictures: a PNG file, or a folder of them, by their names. */
#include "modules/learn/picture.h"
#include "runner/pipeline/reader.h"

struct state {
    const char *const *paths;
    size_t n, given;
    struct sl_picture like;
    unsigned planes;
    float *values;
};

static enum sl_status
list(struct sl_reader *reader, struct state *s, struct sl_error *err)
{
    const char **only;

    if (reader->is_folder)
        return sl_picture_list(reader->path, reader->arena, &s->paths, &s->n, err);
    only = sl_arena_alloc(reader->arena, sizeof *only);
    *only = reader->path;
    s->paths = only;
    s->n = 1;
    return SL_OK;
}

/* The model's rows are pictures of one plane, or of three below each other. */
static enum sl_status
open(struct sl_reader *reader, struct sl_error *err)
{
    const struct sl_row_shape *shape = reader->shape;
    struct state *s = SL_NEW(reader->arena, struct state);
    struct sl_picture first;

    reader->state = s;
    SL_TRY(list(reader, s, err));
    SL_TRY(sl_picture_look(s->paths[0], &first, err));
    s->planes = shape->height == 3 * first.height ? 3 : 1;
    if (shape->height != s->planes * first.height || shape->width != first.width)
        return sl_fail(
            err, SL_ERR_SHAPE,
            "'%s' is %zu x %zu; the model takes %zu x %zu (0 x 0: no pictures)",
            s->paths[0], first.height, first.width, shape->height, shape->width);
    s->like = first;
    s->like.depth = 16; /* values are on one scale, whatever their bits */
    s->values = sl_arena_array(reader->arena, shape->d, sizeof *s->values);
    if (!s->values)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", s->paths[0]);
    return SL_OK;
}

static enum sl_status
next(struct sl_reader *reader, size_t most, double *x, size_t *got, struct sl_error *err)
{
    struct state *s = reader->state;
    size_t d = reader->shape->d;

    for (*got = 0; *got < most && s->given < s->n; ++*got, s->given++) {
        SL_TRY(sl_picture_read(s->paths[s->given], &s->like, s->planes, s->values, err));
        for (size_t j = 0; j < d; j++)
            x[*got * d + j] = (double)s->values[j];
    }
    return SL_OK;
}

static void
close(struct sl_reader *reader)
{
    (void)reader;
}

const struct sl_reader_class read_images = {
    .entry = {.name = "images", .summary = "PNG: a picture, or a folder of them"},
    .knows = sl_picture_knows,
    .folders = true,
    .open = open,
    .next = next,
    .close = close,
};
