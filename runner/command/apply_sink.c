/* SPDX-License-Identifier: MIT */
#include "runner/command/apply_sink.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/command/output.h"
#include "runner/store/lines.h"
#include "runner/store/h5.h"

#define FIXED 4 /* columns before the contributions */
static const char *const fixed_names[FIXED] = {"row", "score", "p", "flagged"};

static bool
is_among(size_t n, const char *const *names, const char *name)
{
    size_t i = 0;

    while (i < n && strcmp(names[i], name) != 0)
        i++;
    return i < n;
}

/* What contribution j is called: as its column, but for one that is called as a column
 * before the contributions, which gets a prefix, or several, that no other name has. */
static void
name_part(size_t parts, const char *const *names, size_t j, struct sl_text *name)
{
    bool taken = is_among(FIXED, fixed_names, names[j]);

    sl_text_append(name, names[j]);
    for (size_t prefixes = 1; taken; prefixes++) {
        sl_text_clear(name);
        for (size_t i = 0; i < prefixes; i++)
            sl_text_append(name, "contribution_");
        sl_text_append(name, names[j]);
        taken = is_among(parts, names, name->bytes);
    }
}

enum sl_status
sl_sink_format_of(const char *path, enum sl_sink_format *format, struct sl_error *err)
{
    static const char *const ends[] = {".csv", ".npy", ".h5"};
    size_t n = strlen(path);

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t k = strlen(ends[i]);
        *format = (enum sl_sink_format)i;
        if (n > k && strcmp(path + n - k, ends[i]) == 0)
            return SL_OK;
    }
    return sl_fail(err, SL_ERR_CONFIG, "'%s' ends in none of .csv, .npy and .h5", path);
}

/* ---- CSV ---------------------------------------------------------------------------- */

static void
append_number(struct sl_text *out, double value)
{
    if (isinf(value))
        sl_text_append(out, value > 0 ? "inf" : "-inf");
    else if (!isnan(value))
        sl_text_double(out, value);
}

void
sl_sink_line(const struct sl_sink_rows *rows, size_t parts, size_t i, size_t row,
             struct sl_text *out)
{
    sl_text_whole(out, row);
    sl_text_append_bytes(out, ",", 1);
    append_number(out, rows->scores[i]);
    sl_text_append_bytes(out, ",", 1);
    append_number(out, rows->p[i]);
    sl_text_append(out, rows->flagged[i] ? ",1" : ",0");
    for (size_t j = 0; j < parts; j++) {
        sl_text_append(out, ",");
        append_number(out, rows->parts[i * parts + j]);
    }
}

void
sl_sink_heading(size_t parts, const char *const *names, struct sl_text *out)
{
    struct sl_text name = {0};

    for (size_t i = 0; i < FIXED; i++)
        sl_text_format(out, "%s%s", i ? "," : "", fixed_names[i]);
    for (size_t j = 0; j < parts; j++) {
        sl_text_clear(&name);
        name_part(parts, names, j, &name);
        sl_text_append(out, ",");
        sl_line_quote(out, name.bytes);
    }
    sl_text_release(&name);
}

/* ---- NumPy -------------------------------------------------------------------------- */

/* The header of version 1.0, padded so that it is as long whatever the
 * number of rows, and the numbers behind it are aligned. */
static void
append_header(const struct sl_sink *sink, struct sl_text *out)
{
    static const char *const types[FIXED] = {"<i8", "<f8", "<f8", "|b1"};
    struct sl_text dict = {0};
    char shape[40];

    sl_text_append(&dict, "{'descr': [");
    for (size_t i = 0; i < FIXED; i++)
        sl_text_format(&dict, "('%s', '%s'), ", fixed_names[i], types[i]);
    if (sink->parts)
        sl_text_format(&dict, "('contributions', '<f8', (%zu,)), ", sink->parts);
    snprintf(shape, sizeof shape, "(%zu,), }", sink->n);
    sl_text_format(&dict, "], 'fortran_order': False, 'shape': %-30s", shape);
    while ((10 + dict.count + 1) % 64)
        sl_text_append(&dict, " ");
    sl_text_append(&dict, "\n");
    sl_text_append_bytes(out, "\x93NUMPY\x01\x00", 8);
    for (size_t k = 0; k < 2; k++)
        sl_text_append_bytes(out, &(char){(char)(dict.count >> 8 * k)}, 1);
    sl_text_append_bytes(out, dict.bytes, dict.count);
    sl_text_release(&dict);
}

/* Little-endian, as all machines are that this is built for. */
static void
append_record(const struct sl_sink *sink, const struct sl_sink_rows *rows, size_t i,
              struct sl_text *out)
{
    int64_t row = (int64_t)(sink->n + i);

    sl_text_append_bytes(out, &row, sizeof row);
    sl_text_append_bytes(out, &rows->scores[i], sizeof(double));
    sl_text_append_bytes(out, &rows->p[i], sizeof(double));
    sl_text_append_bytes(out, rows->flagged[i] ? "\1" : "\0", 1);
    if (sink->parts)
        sl_text_append_bytes(out, rows->parts + i * sink->parts,
                             sink->parts * sizeof(double));
}

/* ---- HDF5 --------------------------------------------------------------------------- */

static enum sl_status
collect(struct sl_sink *sink, const struct sl_sink_rows *rows, struct sl_error *err)
{
    struct sl_text *out = &sink->text;

    for (size_t i = 0; i < rows->n; i++) {
        int64_t row = (int64_t)(sink->n + i), flagged = rows->flagged[i];

        sl_text_append_bytes(out, &row, sizeof row);
        sl_text_append_bytes(out, &rows->scores[i], sizeof(double));
        sl_text_append_bytes(out, &rows->p[i], sizeof(double));
        sl_text_append_bytes(out, &flagged, sizeof flagged);
        if (sink->parts)
            sl_text_append_bytes(out, rows->parts + i * sink->parts,
                                 sink->parts * sizeof(double));
    }
    return sl_spool_write(&sink->records, out->bytes, out->count, err);
}

static struct sl_column
column_of(const struct sl_sink *sink, size_t i)
{
    struct sl_text name = {0};
    const char *copy;

    if (i == 0 || i == 3)
        return sl_column_int(fixed_names[i], NULL);
    if (i < FIXED)
        return sl_column_double(fixed_names[i], NULL, NULL);
    name_part(sink->parts, sink->names, i - FIXED, &name);
    copy = sl_arena_string(sink->arena, name.bytes);
    sl_text_release(&name);
    return sl_column_double(copy, NULL, NULL);
}

static enum sl_status
fill_h5(const struct sl_sink *sink, const void *records, struct sl_h5 *file,
        struct sl_error *err)
{
    size_t n = FIXED + sink->parts;
    struct sl_column *columns = sl_arena_alloc(sink->arena, n * sizeof *columns);
    struct sl_table table = {sink->n, n, columns};

    for (size_t i = 0; i < n; i++)
        columns[i] = column_of(sink, i);
    SL_TRY(sl_h5_set_text(file, "/", "run", sink->run, err));
    SL_TRY(sl_h5_set_text(file, "/", "key", sink->run_key, err));
    SL_TRY(sl_h5_set_text(file, "/", "score", sink->score, err));
    return sl_h5_records(file, "/rows", &table, records, err);
}

static enum sl_status
finish_h5(struct sl_sink *sink, struct sl_error *err)
{
    struct sl_h5 *file;
    enum sl_status status;
    void *records;
    char *bytes;
    size_t count;

    SL_TRY(sl_spool_end(&sink->records, sink->arena, &records, err));
    SL_TRY(sl_h5_new_in(&file, sink->arena, sink->records.count, err));
    status = fill_h5(sink, records, file, err);
    if (status == SL_OK)
        status = sl_h5_image(file, sink->arena, &bytes, &count, err);
    sl_h5_free(file);
    return status ? status : sl_publish(sink->path, bytes, count, err);
}

/* ---- the sink ----------------------------------------------------------------------- */

static enum sl_status
put(struct sl_sink *sink, struct sl_error *err)
{
    if (sink->path)
        return sl_growing_write(&sink->file, sink->text.bytes, sink->text.count, err);
    if (fwrite(sink->text.bytes, 1, sink->text.count, stdout) != sink->text.count)
        return sl_output_flush(err);
    return SL_OK;
}

enum sl_status
sl_sink_open(struct sl_sink *sink, struct sl_error *err)
{
    sl_spool_init(&sink->records, sink->arena->folder);
    if (sink->format == SL_SINK_H5)
        return SL_OK;
    if (sink->path)
        SL_TRY(sl_growing_open(&sink->file, sink->path, err));
    if (sink->format == SL_SINK_NPY) {
        append_header(sink, &sink->text);
    } else {
        sl_sink_heading(sink->parts, sink->names, &sink->text);
        sl_text_append(&sink->text, "\n");
    }
    return put(sink, err);
}

enum sl_status
sl_sink_write(struct sl_sink *sink, const struct sl_sink_rows *rows, struct sl_error *err)
{
    sl_text_clear(&sink->text);
    if (sink->format == SL_SINK_H5)
        SL_TRY(collect(sink, rows, err));
    for (size_t i = 0; i < rows->n && sink->format == SL_SINK_NPY; i++)
        append_record(sink, rows, i, &sink->text);
    for (size_t i = 0; i < rows->n && sink->format == SL_SINK_CSV; i++) {
        sl_sink_line(rows, sink->parts, i, sink->n + i, &sink->text);
        sl_text_append(&sink->text, "\n");
    }
    sink->n += rows->n;
    return sink->format == SL_SINK_H5 || !rows->n ? SL_OK : put(sink, err);
}

enum sl_status
sl_sink_finish(struct sl_sink *sink, struct sl_error *err)
{
    if (sink->format == SL_SINK_H5)
        return finish_h5(sink, err);
    if (!sink->path)
        return sl_output_flush(err);
    if (sink->format == SL_SINK_NPY) {
        sl_text_clear(&sink->text);
        append_header(sink, &sink->text);
        SL_TRY(sl_growing_rewrite(&sink->file, sink->text.bytes, sink->text.count, err));
    }
    return sl_growing_commit(&sink->file, sink->path, err);
}

void
sl_sink_release(struct sl_sink *sink)
{
    sl_growing_release(&sink->file);
    sl_text_release(&sink->text);
    if (sink->records.bytes)
        sl_spool_release(&sink->records);
}
