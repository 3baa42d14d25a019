/* SPDX-License-Identifier: MIT */
/* New rows out of CSV and TSV; also what takes a file that no other reader knows. */
#include "runner/pipeline/row_fields.h"
#include "runner/store/lines.h"

struct state {
    struct sl_lines *csv;
    struct sl_row_fields fields;
    struct sl_line record;
    bool held; /* record is a row that was read and not given yet */
};

static enum sl_status
open(struct sl_reader *reader, struct sl_error *err)
{
    struct state *s = SL_NEW(reader->arena, struct state);
    bool found, header;

    SL_TRY(sl_lines_open(&s->csv, reader->path, reader->path, err));
    reader->state = s;
    SL_TRY(sl_lines_next(s->csv, &s->record, &found, err));
    if (!found)
        return sl_fail(err, SL_ERR_IO, "'%s' has no rows", reader->path);
    if (sl_row_fields_start(&s->fields, reader->shape, s->record.n, s->record.fields,
                            &header, reader->arena, err))
        return sl_error_context(err, "%s:%zu", reader->path, s->record.line);
    s->held = !header;
    if (s->fields.ignored)
        reader->note = sl_arena_format(reader->arena, "columns that are not used: %s",
                                       s->fields.ignored);
    return SL_OK;
}

static enum sl_status
next(struct sl_reader *reader, size_t most, double *x, size_t *got, struct sl_error *err)
{
    struct state *s = reader->state;
    bool found = true;

    for (*got = 0; *got < most; ++*got) {
        if (!s->held)
            SL_TRY(sl_lines_next(s->csv, &s->record, &found, err));
        s->held = false;
        if (!found)
            break;
        if (sl_row_fields_read(&s->fields, s->record.n, s->record.fields,
                               x + *got * reader->shape->d, err))
            return sl_error_context(err, "%s:%zu", reader->path, s->record.line);
    }
    return SL_OK;
}

static void
close(struct sl_reader *reader)
{
    struct state *s = reader->state;

    sl_lines_close(s->csv);
}

const struct sl_reader_class read_csv = {
    .entry = {.name = "csv", .summary = "separated values, with a header or without"},
    .open = open,
    .next = next,
    .close = close,
};
