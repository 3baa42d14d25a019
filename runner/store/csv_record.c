/* SPDX-License-Identifier: MIT */
#include "runner/store/csv_record.h"

#include <csv.h>
#include <string.h>

/* ---- fields ------------------------------------------------------------------------------ */

static bool
is_blank(char letter)
{
    return letter == ' ' || letter == '\t';
}

static struct sl_csv_field
trimmed(const char *at, size_t length)
{
    while (length > 0 && is_blank(*at)) {
        at++;
        length--;
    }
    while (length > 0 && is_blank(at[length - 1]))
        length--;
    return (struct sl_csv_field){at, length};
}

static void
add_field(struct sl_csv_fields *fields, struct sl_csv_field field)
{
    if (fields->n < fields->capacity)
        fields->at[fields->n] = field;
    fields->n++;
}

/* ---- without quotes -------------------------------------------------------------------- */

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint64_t words2 __attribute__((vector_size(16)));

/* A bit for each byte that is 255 and not 0, the first one lowest. */
static uint64_t
bits_of(bytes16 bytes)
{
    const bytes16 weights = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    words2 words = (words2)(bytes & weights);
    const uint64_t ones = UINT64_MAX / 255;

    return words[0] * ones >> 56 | words[1] * ones >> 56 << 8;
}

/* Separators and line ends among 64 bytes. */
static uint64_t
marks_of(const char *block, char separator)
{
    const bytes16 zeros = {0};
    const bytes16 separators = zeros + (uint8_t)separator, ends = zeros + '\n';
    uint64_t marks = 0;

    for (unsigned i = 0; i < 4; i++) {
        bytes16 at;

        memcpy(&at, block + 16 * i, sizeof at);
        marks |= bits_of((bytes16)(at == separators) | (bytes16)(at == ends)) << 16 * i;
    }
    return marks;
}

static void
mark_block(struct sl_csv_cutter *c, const char *block)
{
    size_t left = (size_t)(c->end - block);

    c->block = block;
    c->marks = marks_of(block, c->separator);
    if (left < 64)
        c->marks &= ((uint64_t)1 << left) - 1;
}

/* The next separator or line end, or the end. */
static const char *
next_mark(struct sl_csv_cutter *c)
{
    const char *mark;

    while (c->marks == 0) {
        if (c->end - c->block <= 64)
            return c->end;
        mark_block(c, c->block + 64);
    }
    mark = c->block + __builtin_ctzll(c->marks);
    c->marks &= c->marks - 1;
    return mark;
}

static const char *
cut_plain(struct sl_csv_cutter *c, const char *at, struct sl_csv_fields *fields)
{
    fields->n = 0;
    for (;;) {
        const char *stop = next_mark(c);
        bool last = stop == c->end || *stop == '\n';

        add_field(fields, trimmed(at, (size_t)(stop - at) -
                                          (last && stop > at && stop[-1] == '\r')));
        if (last)
            return stop;
        at = stop + 1;
    }
}

void
sl_csv_cut_line(const char *line, size_t length, char separator,
                struct sl_csv_fields *fields)
{
    struct sl_csv_cutter cutter = {.end = line + length, .separator = separator};

    mark_block(&cutter, line);
    cut_plain(&cutter, line, fields);
}

/* ---- with quotes -------------------------------------------------------------------------- */

static void
take_quoted(void *text, size_t length, void *context)
{
    struct sl_csv_fields *fields = context;
    char *copy = fields->bytes + fields->used;

    memcpy(copy, text, length);
    fields->used += length;
    add_field(fields, (struct sl_csv_field){copy, length});
}

static void
end_quoted(int end, void *context)
{
    (void)end;
    (void)context;
}

/* NULL, or what is wrong. A parser for each record keeps no state that an error could
 * leave behind. */
static const char *
unquote(const char *at, size_t length, char separator, struct sl_csv_fields *fields)
{
    struct csv_parser parser;
    const char *wrong = NULL;

    fields->n = fields->used = 0;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI))
        return "no memory to undo its quotes";
    csv_set_delim(&parser, (unsigned char)separator);
    csv_set_blk_size(&parser,
                     length + 1); /* else a long field is moved every 128 bytes */
    if (csv_parse(&parser, at, length, take_quoted, end_quoted, fields) != length)
        wrong = "a quote within a field that does not begin with one, or text behind a "
                "closing quote; quotes in quotes are doubled";
    else if (csv_fini(&parser, take_quoted, end_quoted, fields))
        wrong = "a quote is never closed";
    csv_free(&parser);
    return wrong;
}

const char *
sl_csv_skip_blank(const char *at, const char *end)
{
    for (const char *next = at;
         next < end && (*next == ' ' || *next == '\r' || *next == '\n'); next++)
        if (*next == '\n')
            at = next + 1;
    return at;
}

const char *
sl_csv_record_end(const char *at, const char *end)
{
    const char *line = memchr(at, '\n', (size_t)(end - at));
    const char *stop = line ? line : end;
    bool quoted = false;

    if (!memchr(at, '"', (size_t)(stop - at)))
        return stop;
    for (; at < end; at++) {
        quoted ^= *at == '"';
        if (*at == '\n' && !quoted)
            return at;
    }
    return end;
}

/* ---- letters -------------------------------------------------------------------------------- */

void
sl_csv_letters_mark(struct sl_csv_letters *letters, const char *text, size_t length)
{
    letters->quotes |= length > 0 && memchr(text, '"', length);
    letters->nuls |= length > 0 && memchr(text, '\0', length);
    letters->returns |= length > 0 && memchr(text, '\r', length);
}

/* libcsv would take it for the end of a record. */
static bool
has_stray_return(const char *line, size_t length, bool quoted)
{
    const char *end = line + length;

    if (length < 2 || !memchr(line, '\r', length - 1))
        return false;
    for (; line < end - 1; line++) {
        quoted ^= *line == '"';
        if (*line == '\r' && !quoted)
            return true;
    }
    return false;
}

const char *
sl_csv_refused(const struct sl_csv_letters *letters, const char *line, size_t length,
               bool quoted)
{
    if (letters->nuls && memchr(line, '\0', length))
        return "a NUL byte: it is no text";
    if (letters->returns && has_stray_return(line, length, quoted))
        return "a carriage return within the line; lines end in LF or CRLF";
    return NULL;
}

/* ---- the cutter ----------------------------------------------------------------------------- */

void
sl_csv_cutter_init(struct sl_csv_cutter *cutter, const char *text, size_t length,
                   char separator)
{
    *cutter = (struct sl_csv_cutter){
        .end = text + length,
        .separator = separator,
    };
    sl_csv_letters_mark(&cutter->letters, text, length);
    mark_block(cutter, text);
}

const char *
sl_csv_cutter_find(struct sl_csv_cutter *cutter, const char *at,
                   struct sl_csv_fields *fields)
{
    return cutter->letters.quotes ? sl_csv_record_end(at, cutter->end)
                                  : cut_plain(cutter, at, fields);
}

const char *
sl_csv_cutter_cut(const struct sl_csv_cutter *cutter, const char *at, size_t length,
                  struct sl_csv_fields *fields)
{
    const char *wrong = sl_csv_refused(&cutter->letters, at, length, false);

    if (wrong || !cutter->letters.quotes)
        return wrong;
    if (memchr(at, '"', length))
        return unquote(at, length - (at[length - 1] == '\r'), cutter->separator, fields);
    sl_csv_cut_line(at, length, cutter->separator, fields);
    return NULL;
}
