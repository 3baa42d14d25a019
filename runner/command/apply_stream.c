/* SPDX-License-Identifier: MIT */
#include "runner/command/apply_stream.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/command/apply_sink.h"
#include "runner/command/output.h"
#include "runner/pipeline/row_fields.h"
#include "runner/store/lines.h"

#define NAME "standard input"

struct stream {
    struct sl_apply *apply;
    const char *const *names; /* NULL: no contributions */
    const char **quoted;      /* the same, as JSON has them */
    struct sl_lines *csv;
    bool json, ended;
    struct sl_row_fields fields;
    size_t row, bad, columns;
    double *x, *parts;
};

/* ---- out ---------------------------------------------------------------------------- */

/* A name in quotes; one that is no UTF-8 is none of JSON's. */
static const char *
quote(const char *name, size_t j, struct sl_arena *arena)
{
    json_t *string = json_string(name);
    char *text = json_dumps(string, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *quoted = text ? sl_arena_string(arena, text)
                              : sl_arena_format(arena, "\"column %zu\"", j + 1);

    free(text);
    json_decref(string);
    return quoted;
}

/* In the digits that CSV has. */
static void
append_number(struct sl_text *line, double value)
{
    if (isfinite(value))
        sl_text_double(line, value);
    else
        sl_text_append(line, "null");
}

static void
print_json(const struct stream *s, const struct sl_sink_rows *rows)
{
    struct sl_text line = {0};

    sl_text_format(&line, "{\"row\":%zu,\"score\":", s->row);
    append_number(&line, rows->scores[0]);
    sl_text_append(&line, ",\"p\":");
    append_number(&line, rows->p[0]);
    sl_text_format(&line, ",\"flagged\":%s", rows->flagged[0] ? "true" : "false");
    for (size_t j = 0; s->names && j < s->columns; j++) {
        sl_text_append(&line, j ? "," : ",\"contributions\":{");
        sl_text_append(&line, s->quoted[j]);
        sl_text_append(&line, ":");
        append_number(&line, s->parts[j]);
    }
    sl_text_append(&line, s->names ? "}}" : "}");
    puts(line.bytes);
    sl_text_release(&line);
}

static void
print_csv(const struct stream *s, const struct sl_sink_rows *rows)
{
    struct sl_text line = {0};

    sl_sink_line(rows, s->names ? s->columns : 0, 0, s->row, &line);
    puts(line.bytes);
    sl_text_release(&line);
}

static void
print_heading(const struct stream *s)
{
    struct sl_text line = {0};

    sl_sink_heading(s->names ? s->columns : 0, s->names, &line);
    puts(line.bytes);
    sl_text_release(&line);
    fflush(stdout);
}

static void
print_bad(struct stream *s, const struct sl_error *why)
{
    json_t *line;

    s->bad++;
    sl_report_line(stderr, "sluice: row %zu: %s", s->row, why->text);
    if (s->json) {
        line = json_pack("{s:I, s:s}", "row", (json_int_t)s->row, "error", why->text);
        json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(line);
        return;
    }
    printf("%zu,,,", s->row);
    for (size_t j = 0; s->names && j < s->columns; j++)
        putchar(',');
    putchar('\n');
}

static enum sl_status
decide(struct stream *s, struct sl_error *err)
{
    double score, p;
    bool flagged;
    struct sl_decisions decisions = {1, &score, &p, &flagged};
    struct sl_sink_rows rows = {1, &score, &p, &flagged, s->parts};

    sl_row_round(&s->apply->shape, 1, s->x);
    SL_TRY(sl_apply_score(s->apply, s->row, 1, s->x, &score, err));
    SL_TRY(sl_apply_decide(s->apply, &decisions, err));
    if (s->names)
        SL_TRY(sl_apply_explain(s->apply, 1, s->x, &score, s->parts, err));
    if (s->json)
        print_json(s, &rows);
    else
        print_csv(s, &rows);
    return SL_OK;
}

/* ---- in: JSON ----------------------------------------------------------------------- */

/* A value as the text that a file would have it as; NULL: missing. true is a word. */
static const char *
text_of(const json_t *value, char *number, size_t size)
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value))
        snprintf(number, size, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(number, size, "%.17g", json_real_value(value));
    else if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    else if (json_is_array(value) || json_is_object(value))
        return json_is_array(value) ? "[...]" : "{...}";
    else
        return NULL;
    return number;
}

static enum sl_status
take_json(struct stream *s, const json_t *row, struct sl_error *err)
{
    struct sl_row_shape shape = s->apply->shape;
    char number[40];

    shape.texts.decimal_comma = false; /* JSON has points */
    if (!json_is_array(row) && !(json_is_object(row) && shape.n))
        return sl_fail(err, SL_ERR_IO,
                       shape.n ? "it is neither an object nor an array"
                               : "it is no array; the model's columns have no names");
    if (json_is_array(row) && json_array_size(row) != s->columns)
        return sl_fail(err, SL_ERR_IO, "%zu values, the model takes %zu",
                       json_array_size(row), s->columns);
    for (size_t j = 0; j < s->columns; j++) {
        const json_t *value = json_is_array(row)
                                  ? json_array_get(row, j)
                                  : json_object_get(row, shape.columns[j].name);
        if (!value && !shape.missing)
            return sl_fail(err, SL_ERR_IO, "column '%s' is not there",
                           shape.columns[j].name);
        SL_TRY(sl_row_value(&shape, j, text_of(value, number, sizeof number),
                            s->x + sl_row_shape_place(&shape, j), err));
    }
    return SL_OK;
}

/* *skip: a blank line. */
static enum sl_status
next_json(struct stream *s, bool *skip, struct sl_error *err)
{
    const char *text;
    size_t line;
    json_error_t fault;
    json_t *row;
    enum sl_status status;

    SL_TRY(sl_lines_raw(s->csv, &text, &line, err));
    s->ended = !text;
    *skip = !text || text[strspn(text, " \t\r")] == '\0';
    if (*skip)
        return SL_OK;
    row = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (!row)
        return sl_fail(err, SL_ERR_IO, "line %zu is no JSON: %s", line, fault.text);
    status = take_json(s, row, err);
    json_decref(row);
    return status;
}

/* ---- in: separated values ------------------------------------------------------------- */

static enum sl_status
next_csv(struct stream *s, bool *skip, struct sl_error *err)
{
    struct sl_line record;
    bool found, header = false;

    *skip = true;
    SL_TRY(sl_lines_next(s->csv, &record, &found, err));
    s->ended = !found;
    if (!found)
        return SL_OK;
    if (!s->fields.n &&
        sl_row_fields_start(&s->fields, &s->apply->shape, record.n, record.fields,
                            &header, s->apply->call->arena, err)) {
        s->ended = true; /* no row of it would fit */
        return sl_error_context(err, NAME ":%zu", record.line);
    }
    *skip = header;
    if (header)
        return SL_OK;
    if (sl_row_fields_read(&s->fields, record.n, record.fields, s->x, err))
        return sl_error_context(err, NAME ":%zu", record.line);
    return SL_OK;
}

/* ---- the stream ----------------------------------------------------------------------- */

static bool
is_stopped(const struct stream *s)
{
    return s->ended || atomic_load(s->apply->call->stop) != 0;
}

static enum sl_status
flow(struct stream *s, struct sl_error *err)
{
    while (!is_stopped(s)) {
        struct sl_error why;
        bool skip = false;
        enum sl_status status =
            s->json ? next_json(s, &skip, &why) : next_csv(s, &skip, &why);

        if (status && s->ended) {
            *err = why;
            return status;
        }
        if (is_stopped(s) || (skip && status == SL_OK))
            continue;
        if (status == SL_OK)
            status = decide(s, &why);
        if (status)
            print_bad(s, &why);
        s->row++;
        SL_TRY(sl_output_flush(err));
    }
    return SL_OK;
}

enum sl_status
sl_apply_stream(struct sl_apply *apply, const char *const *names, size_t *rows,
                size_t *bad, struct sl_error *err)
{
    struct sl_arena *arena = apply->call->arena;
    struct stream s = {
        .apply = apply,
        .names = names,
        .columns = sl_row_shape_count(&apply->shape),
        .x = sl_arena_alloc(arena, apply->shape.d * sizeof(double)),
    };
    enum sl_status status;
    int first;

    s.parts = sl_arena_alloc(arena, s.columns * sizeof *s.parts);
    SL_TRY(sl_lines_open(&s.csv, "-", NAME, err));
    first = sl_lines_peek(s.csv);
    s.json = first == '{' || first == '[';
    s.quoted = sl_arena_alloc(arena, s.columns * sizeof *s.quoted);
    for (size_t j = 0; s.json && names && j < s.columns; j++)
        s.quoted[j] = quote(names[j], j, arena);
    if (!s.json)
        print_heading(&s);
    status = flow(&s, err);
    sl_lines_close(s.csv);
    *rows = s.row;
    *bad = s.bad;
    return status;
}
