/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/reader.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "runner/pipeline/row_fields.h"
#include "runner/store/content.h"

/* Columns by their numbers: false if one is no number, or beyond the array. *first: they are
 * 0, 1, and so on. */
static bool
place_numbers(const struct sl_row_shape *shape, size_t width, size_t *places, bool *first)
{
    *first = true;
    for (size_t i = 0; i < width; i++)
        places[i] = SIZE_MAX;
    for (size_t j = 0; j < shape->n; j++) {
        const char *name = shape->columns[j].name;
        char *end;
        size_t column = strtoul(name, &end, 10);

        if (*end || end == name || shape->columns[j].n || column >= width)
            return false;
        places[column] = j;
        *first &= column == j;
    }
    return shape->n == shape->d;
}

/* Names in a text are no numbers of an array's columns, even if they are numbers. */
static bool
places_known(const struct sl_row_shape *shape, size_t width, size_t *places)
{
    bool first;

    if (shape->texts.missing_words || !place_numbers(shape, width, places, &first))
        return false;
    return shape->array_width ? width == shape->array_width : !first;
}

enum sl_status
sl_reader_places(const struct sl_reader *reader, size_t width, size_t **places,
                 struct sl_error *err)
{
    const struct sl_row_shape *shape = reader->shape;

    *places = NULL;
    if (width == shape->d)
        return SL_OK;
    *places = sl_arena_alloc(reader->arena, width * sizeof **places);
    if (places_known(shape, width, *places))
        return SL_OK;
    if (shape->array_width)
        return sl_fail(err, SL_ERR_SHAPE,
                       "rows of '%s' have %zu columns, the model takes %zu of %zu",
                       reader->path, width, shape->d, shape->array_width);
    return sl_fail(err, SL_ERR_SHAPE,
                   "rows of '%s' have %zu columns, the model takes %zu", reader->path,
                   width, shape->d);
}

const char *
sl_row_shape_name(const struct sl_row_shape *shape, size_t j, struct sl_arena *arena)
{
    size_t place = 0;

    for (size_t i = 0; i < shape->n; i++) {
        const struct sl_feature *c = &shape->columns[i];
        if (c->n == 0 && place == j)
            return c->name;
        if (j < place + c->n)
            return sl_arena_format(arena, "%s=%s", c->name, c->words[j - place]);
        place += c->n ? c->n : 1;
    }
    return sl_arena_format(arena, "column %zu", j + 1);
}

static enum sl_status
read_head(const char *path, unsigned char *head, size_t *count, struct sl_error *err)
{
    struct sl_content *content;
    enum sl_status status;

    SL_TRY(sl_content_open(&content, path, err));
    status = sl_content_read(content, head, SL_READER_HEAD, count, err);
    sl_content_close(content);
    return status;
}

static const struct sl_reader_class *
find_folder_class(const struct sl_registry *registry)
{
    for (size_t i = 0; i < registry->n; i++) {
        const struct sl_reader_class *class =
            (const struct sl_reader_class *)registry->rows[i].as[0];
        if (registry->rows[i].table == SL_READER && class->folders)
            return class;
    }
    return NULL;
}

static bool
is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static const struct sl_reader_class *
find_class(const struct sl_registry *registry, const unsigned char *head, size_t count)
{
    const struct sl_reader_class *rest = NULL;

    for (size_t i = 0; i < registry->n; i++) {
        const struct sl_reader_class *class =
            (const struct sl_reader_class *)registry->rows[i].as[0];
        if (registry->rows[i].table != SL_READER)
            continue;
        if (!class->knows)
            rest = class;
        else if (class->knows(head, count))
            return class;
    }
    return rest;
}

enum sl_status
sl_reader_open(struct sl_reader *reader, const struct sl_registry *registry,
               struct sl_error *err)
{
    unsigned char head[SL_READER_HEAD];
    const struct sl_reader_class *class;
    size_t count = 0;

    reader->state = NULL;
    reader->class = NULL;
    reader->is_folder = is_folder(reader->path);
    if (reader->is_folder) {
        class = find_folder_class(registry);
    } else {
        SL_TRY(read_head(reader->path, head, &count, err));
        class = find_class(registry, head, count);
    }
    if (!class)
        return sl_fail(err, SL_ERR_IO, "'%s' is of no format that can be read",
                       reader->path);
    reader->class = class;
    reader->given = 0;
    return class->open(reader, err);
}

enum sl_status
sl_reader_next(struct sl_reader *reader, size_t most, double *x, size_t *got,
               struct sl_error *err)
{
    SL_TRY(reader->class->next(reader, most, x, got, err));
    for (size_t i = 0; i < *got; i++)
        if (sl_row_check(reader->shape, x + i * reader->shape->d, err))
            return sl_error_context(err, "%s: row %zu (counted from 0)", reader->path,
                                    reader->given + i);
    sl_row_round(reader->shape, *got, x);
    reader->given += *got;
    return SL_OK;
}

void
sl_reader_close(struct sl_reader *reader)
{
    if (reader->class && reader->state)
        reader->class->close(reader);
    reader->state = NULL;
}
