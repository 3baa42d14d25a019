/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/reader.h"

#include "runner/store/content.h"

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
    SL_TRY(read_head(reader->path, head, &count, err));
    class = find_class(registry, head, count);
    if (!class)
        return sl_fail(err, SL_ERR_IO, "'%s' is of no format that can be read",
                       reader->path);
    reader->class = class;
    return class->open(reader, err);
}

void
sl_reader_close(struct sl_reader *reader)
{
    if (reader->class && reader->state)
        reader->class->close(reader);
    reader->state = NULL;
}
