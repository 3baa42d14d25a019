/* SPDX-License-Identifier: MIT */
/* New rows out of IDX files: images, or vectors. */
#include "modules/learn/idx.h"
#include "runner/pipeline/reader.h"

/* rows: some of them, as the file has them. */
struct state {
    struct sl_idx idx;
    struct sl_tensor rows;
    size_t given;
};

static bool
knows(const unsigned char *head, size_t count)
{
    return count >= 4 && head[0] == 0 && head[1] == 0 && head[2] >= 0x08 &&
           head[2] <= 0x0E && head[3] >= 1 && head[3] <= SL_MAX_RANK;
}

static enum sl_status
check_shape(const struct sl_reader *reader, const struct sl_idx *idx,
            struct sl_error *err)
{
    const struct sl_row_shape *shape = reader->shape;
    size_t width = idx->shape[0] ? idx->count / idx->shape[0] : 0;

    if (idx->rank == 3 && shape->height &&
        (idx->shape[1] != shape->height || idx->shape[2] != shape->width))
        return sl_fail(
            err, SL_ERR_SHAPE, "'%s' has images of %zu x %zu, the model takes %zu x %zu",
            reader->path, idx->shape[1], idx->shape[2], shape->height, shape->width);
    if (idx->rank < 2 || width != shape->d)
        return sl_fail(err, SL_ERR_SHAPE,
                       "rows of '%s' have %zu columns, the model takes %zu", reader->path,
                       width, shape->d);
    return SL_OK;
}

static enum sl_status
open(struct sl_reader *reader, struct sl_error *err)
{
    struct state *s = SL_NEW(reader->arena, struct state);

    SL_TRY(sl_idx_open(&s->idx, reader->path, 0, err));
    reader->state = s;
    sl_content_leave_hash(s->idx.content);
    return check_shape(reader, &s->idx, err);
}

/* Room for as many as are asked for at once. */
static enum sl_status
reserve(struct sl_reader *reader, struct state *s, size_t n, struct sl_error *err)
{
    if (s->rows.data && s->rows.shape[0] >= n)
        return SL_OK;
    return sl_tensor_new(&s->rows, reader->arena, s->idx.type, 2,
                         (size_t[]){n, reader->shape->d}, err);
}

static enum sl_status
next(struct sl_reader *reader, size_t most, double *x, size_t *got, struct sl_error *err)
{
    struct state *s = reader->state;
    size_t d = reader->shape->d, left = s->idx.shape[0] - s->given;

    *got = left < most ? left : most;
    if (*got == 0)
        return SL_OK;
    SL_TRY(reserve(reader, s, *got, err));
    SL_TRY(sl_idx_next(&s->idx, *got * d, s->rows.data, err));
    sl_tensor_take(&s->rows, 0, *got * d, x);
    s->given += *got;
    return SL_OK;
}

static void
close(struct sl_reader *reader)
{
    struct state *s = reader->state;

    sl_idx_close(&s->idx);
}

const struct sl_reader_class read_idx = {
    .entry = {.name = "idx", .summary = "IDX, the format of MNIST, plain or gzipped"},
    .knows = knows,
    .open = open,
    .next = next,
    .close = close,
};
