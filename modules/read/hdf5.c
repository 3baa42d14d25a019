/* SPDX-License-Identifier: MIT */
/* New rows out of HDF5 files: the data set that the rows were loaded from, or another one by
 * its path. It is read in a limited child process (runner/store/h5_array.h). */
#include <stdlib.h>
#include <string.h>

#include "runner/pipeline/reader.h"
#include "runner/store/h5_array.h"

struct state {
    struct sl_h5_array array;
    size_t width, given;
    size_t *places;        /* of the array's columns; NULL: in order */
    struct sl_tensor some; /* rows as the array has them */
};

enum { ROWS = 1024 };

static bool
knows(const unsigned char *head, size_t count)
{
    return count >= 8 && memcmp(head, "\x89HDF\r\n\x1a\n", 8) == 0;
}

static enum sl_status
open(struct sl_reader *reader, struct sl_error *err)
{
    struct state *s = SL_NEW(reader->arena, struct state);

    reader->state = s;
    if (!reader->array)
        return sl_fail(err, SL_ERR_CONFIG,
                       "'%s' is an HDF5 file; say which data set has the rows with "
                       "--array /PATH",
                       reader->path);
    SL_TRY(sl_h5_array_open(&s->array, reader->path, reader->array, err));
    s->width = s->array.count / s->array.shape[0];
    if (sl_reader_places(reader, s->width, &s->places, err))
        return sl_error_context(err, "'%s'", reader->array);
    return sl_tensor_new(&s->some, reader->arena, s->array.type, 2,
                         (size_t[]){ROWS, s->width}, err);
}

static void
put(const struct state *s, size_t n, size_t d, double *x)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < s->width; j++) {
            size_t place = s->places ? s->places[j] : j;

            if (place < d)
                x[i * d + place] = sl_tensor_at(&s->some, i * s->width + j);
        }
}

static enum sl_status
next(struct sl_reader *reader, size_t most, double *x, size_t *got, struct sl_error *err)
{
    struct state *s = reader->state;
    size_t left = s->array.shape[0] - s->given, d = reader->shape->d;
    size_t end = left < most ? left : most, n;

    for (*got = 0; *got < end; *got += n) {
        n = end - *got < ROWS ? end - *got : ROWS;
        SL_TRY(sl_h5_array_read(&s->array, s->some.data, n * s->width, err));
        put(s, n, d, x + *got * d);
    }
    s->given += end;
    return SL_OK;
}

static void
close(struct sl_reader *reader)
{
    struct state *s = reader->state;

    sl_h5_array_close(&s->array);
}

const struct sl_reader_class read_hdf5 = {
    .entry = {.name = "hdf5", .summary = "HDF5: the data set that the rows came from"},
    .knows = knows,
    .open = open,
    .next = next,
    .close = close,
};
