/* SPDX-License-Identifier: MIT */
/* New rows out of NumPy's files: an .npy, or of an .npz the array X, or its only one. The
 * array is read whole, in its own type. */
#include <string.h>

#include "modules/learn/npy.h"
#include "runner/pipeline/reader.h"

struct state {
    struct sl_archive *archive; /* NULL of an .npy */
    struct sl_npy npy;
    struct sl_tensor rows;
    size_t given;
};

static bool
knows(const unsigned char *head, size_t count)
{
    return count >= 6 &&
           (memcmp(head, "\x93NUMPY", 6) == 0 || memcmp(head, "PK\x03\x04", 4) == 0);
}

static bool
is_archive(const char *path)
{
    unsigned char head[4] = {0};
    struct sl_content *content;
    struct sl_error ignored;
    size_t got;

    if (sl_content_open(&content, path, &ignored))
        return false;
    (void)sl_content_read(content, head, sizeof head, &got, &ignored);
    sl_content_close(content);
    return memcmp(head, "PK\x03\x04", 4) == 0;
}

/* The one that is asked for, the array X, or the one there is. */
static enum sl_status
choose_member(const struct sl_reader *reader, struct sl_archive *archive,
              const char **member, struct sl_error *err)
{
    if (reader->array) {
        *member = sl_arena_format(reader->arena, "%s.npy", reader->array);
        if (sl_archive_has(archive, *member))
            return SL_OK;
    }
    *member = "X.npy";
    if (sl_archive_has(archive, *member))
        return SL_OK;
    *member = sl_archive_names(archive, reader->arena);
    if (strstr(*member, ", "))
        return sl_fail(err, SL_ERR_SHAPE, "'%s' has no array '%s'; it has %s",
                       reader->path, reader->array ? reader->array : "X", *member);
    return SL_OK;
}

static enum sl_status
open_array(struct sl_reader *reader, struct state *s, struct sl_error *err)
{
    const char *member = NULL;

    if (is_archive(reader->path)) {
        SL_TRY(sl_archive_open(&s->archive, reader->path, err));
        SL_TRY(choose_member(reader, s->archive, &member, err));
    }
    return sl_npy_open(&s->npy, reader->path, s->archive, member, err);
}

static enum sl_status
open(struct sl_reader *reader, struct sl_error *err)
{
    struct state *s = SL_NEW(reader->arena, struct state);
    size_t d = reader->shape->d, *places;

    reader->state = s;
    SL_TRY(open_array(reader, s, err));
    SL_TRY(sl_reader_places(reader, sl_npy_width(&s->npy), &places, err));
    SL_TRY(sl_tensor_new(&s->rows, reader->arena, s->npy.type, 2,
                         (size_t[]){s->npy.shape[0], d}, err));
    return sl_npy_read(&s->npy, places, d, s->rows.data, err);
}

static enum sl_status
next(struct sl_reader *reader, size_t most, double *x, size_t *got, struct sl_error *err)
{
    struct state *s = reader->state;
    size_t d = reader->shape->d, left = s->rows.shape[0] - s->given;

    (void)err;
    *got = left < most ? left : most;
    sl_tensor_take(&s->rows, s->given * d, *got * d, x);
    s->given += *got;
    return SL_OK;
}

static void
close(struct sl_reader *reader)
{
    struct state *s = reader->state;

    sl_npy_close(&s->npy);
    if (s->archive)
        sl_archive_close(s->archive);
}

const struct sl_reader_class read_npy = {
    .entry = {.name = "npy", .summary = "NumPy's .npy, and of an .npz the array X"},
    .knows = knows,
    .open = open,
    .next = next,
    .close = close,
};
