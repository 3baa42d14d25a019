/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_READER_H
#define SL_PIPELINE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"
#include "runner/config/table.h"
#include "runner/store/dataset.h"

/* What rows have to look like to be given to a model. */
struct sl_row_shape {
    size_t d, height, width; /* columns of x; of images, else 0 */
    size_t n;                /* columns of the file; 0: d numbers without names */
    const struct sl_feature *columns;
    size_t array_width; /* as in struct sl_features */
    bool missing;       /* values may be missing: they become NaN */
    bool float32;       /* values were rounded to it as they were loaded */
    struct sl_table_texts texts;
};

/* "amount", or "column 3" counted from 1; j < d. */
const char *sl_row_shape_name(const struct sl_row_shape *shape, size_t j,
                              struct sl_arena *arena);

/*
 * A file, or a folder, of rows of any length, read in pieces, in the table SL_READER: raw
 * values, as rows are once they are loaded and nothing else is done to them. Errors are
 * SL_ERR_IO and name the file and the place; a file of another shape is SL_ERR_SHAPE and says
 * what differs.
 */
struct sl_reader {
    const struct sl_reader_class *class;
    const char *path;
    const char *array; /* of a file of several: which one; NULL: not said */
    const struct sl_row_shape *shape;
    struct sl_arena *arena;
    const char *note; /* set by open: what a user should know; NULL: nothing */
    bool is_folder;   /* path is one: set by sl_reader_open */
    size_t given;     /* rows so far */
    void *state;
};

#define SL_READER_HEAD 16 /* bytes of a file by which it is known */
struct sl_reader_class {
    struct sl_entry entry;
    /* By the first bytes, gunzipped; count may be less than SL_READER_HEAD. NULL: of the
     * reader that takes what no other does. */
    bool (*knows)(const unsigned char *head, size_t count);
    bool folders; /* takes folders, too */
    enum sl_status (*open)(struct sl_reader *reader, struct sl_error *err);
    /* x: most x d. *got is less than most at the end alone. It may be called by a tile of a
     * pool while the caller of open works: it takes nothing from the arena, and has no tiles
     * of its own. */
    enum sl_status (*next)(struct sl_reader *reader, size_t most, double *x, size_t *got,
                           struct sl_error *err);
    void (*close)(struct sl_reader *reader);
};

/*
 * For classes: where the columns of an array of that width stand in a row of x. *places is
 * NULL where they are as many as the model's, in order; else, by column of the array, its
 * place in x or SIZE_MAX, where the model took some columns of an array as wide, by their
 * numbers from 0. A model of an earlier version doesn't say how wide that was: any does that
 * has those columns, unless they are the first ones, which may be all there were.
 * SL_ERR_SHAPE.
 */
enum sl_status sl_reader_places(const struct sl_reader *reader, size_t width,
                                size_t **places, struct sl_error *err);

/* Finds the class by the file's head, and opens. path, shape and arena are the caller's. */
enum sl_status sl_reader_open(struct sl_reader *reader,
                              const struct sl_registry *registry, struct sl_error *err);
/* As the class' next, with values in the type of the model's rows, and with what no model
 * takes told by row and column: a value that is missing where none may be, or infinite.
 * SL_ERR_IO. */
enum sl_status sl_reader_next(struct sl_reader *reader, size_t most, double *x,
                              size_t *got, struct sl_error *err);
/* Also after a failed open. */
void sl_reader_close(struct sl_reader *reader);

#endif
