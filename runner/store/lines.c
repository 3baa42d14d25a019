/* SPDX-License-Identifier: MIT */
#include "runner/store/lines.h"

#include <csv.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/arena.h"
#include "runner/base/text.h"
#include "runner/store/content.h"
#include "runner/store/csv_record.h"

#define BLOCK ((size_t)1 << 16)
#define RECORD_MAX ((size_t)1 << 20)

/*
 * bytes[at..end) have been read and not parsed; letters is of all that were read. Of a record
 * with a quote, which libcsv parses, values holds the fields, one behind the other with a NUL
 * each, and places where they begin. Any other is cut where it stands.
 */
struct sl_lines {
    struct csv_parser parser;
    int at_rest; /* the parser's state between records */
    const char *name;
    struct sl_content *content; /* NULL: standard input */
    bool ended, begun, whole, is_cut;
    char *bytes;
    size_t room, at, end, line, first_line;
    struct sl_csv_letters letters;
    struct sl_text values;
    size_t n, capacity, *places;
    struct sl_csv_field *cut;
    const char **fields;
};

/* ---- bytes -------------------------------------------------------------------------- */

/* What there is of a stream, so that its rows are answered as they come. */
static enum sl_status
read_input(const struct sl_lines *lines, char *bytes, size_t *got, struct sl_error *err)
{
    ssize_t n;

    do
        n = read(STDIN_FILENO, bytes, BLOCK);
    while (n < 0 && errno == EINTR);
    *got = n < 0 ? 0 : (size_t)n;
    return n < 0 ? sl_fail_errno(err, "can't read '%s'", lines->name) : SL_OK;
}

/* Moves what is left to the front, with room for a block behind it. */
static void
make_way(struct sl_lines *lines)
{
    if (lines->at > 0)
        memmove(lines->bytes, lines->bytes + lines->at, lines->end - lines->at);
    lines->end -= lines->at;
    lines->at = 0;
    if (lines->room - lines->end >= BLOCK)
        return;
    lines->room = 2 * (lines->end + BLOCK);
    lines->bytes = realloc(lines->bytes, lines->room + SL_CSV_SLACK);
    if (!lines->bytes)
        sl_memory_exhausted();
}

static enum sl_status
read_more(struct sl_lines *lines, struct sl_error *err)
{
    char *bytes;
    size_t got;

    make_way(lines);
    bytes = lines->bytes + lines->end;
    SL_TRY(lines->content ? sl_content_read(lines->content, bytes, BLOCK, &got, err)
                          : read_input(lines, bytes, &got, err));
    sl_csv_letters_mark(&lines->letters, bytes, got);
    lines->end += got;
    lines->ended = got == 0;
    return SL_OK;
}

/* Makes sure that there are bytes to parse; false at the end. */
static enum sl_status
fill(struct sl_lines *lines, bool *more, struct sl_error *err)
{
    if (lines->at == lines->end && !lines->ended)
        SL_TRY(read_more(lines, err));
    *more = lines->at < lines->end;
    return SL_OK;
}

static enum sl_status
skip_mark(struct sl_lines *lines, struct sl_error *err)
{
    const char *head = lines->bytes + lines->at;
    size_t n = lines->end - lines->at;

    if (n >= 2 && (memcmp(head, "\xff\xfe", 2) == 0 || memcmp(head, "\xfe\xff", 2) == 0))
        return sl_fail(err, SL_ERR_IO, "'%s' is UTF-16; save it as UTF-8", lines->name);
    if (n >= 3 && memcmp(head, "\xEF\xBB\xBF", 3) == 0)
        lines->at += 3;
    return SL_OK;
}

/* Those that stand before the line which the separator is taken from. */
static void
skip_blank(struct sl_lines *lines)
{
    const char *first =
        sl_csv_skip_blank(lines->bytes + lines->at, lines->bytes + lines->end);

    for (; lines->bytes + lines->at < first; lines->at++)
        lines->line += lines->bytes[lines->at] == '\n';
}

static unsigned char
separator_of(const struct sl_lines *lines)
{
    static const char separators[] = ",;\t|";
    size_t counts[4] = {0}, best = 0;
    bool quoted = false;

    for (size_t i = lines->at; i < lines->end && (quoted || lines->bytes[i] != '\n');
         i++) {
        const char *found = lines->bytes[i] ? strchr(separators, lines->bytes[i]) : NULL;
        quoted ^= lines->bytes[i] == '"';
        if (found && !quoted)
            counts[found - separators]++;
    }
    for (size_t i = 1; i < 4; i++)
        if (counts[i] > counts[best])
            best = i;
    return (unsigned char)separators[best];
}

/* ---- what the parser calls ---------------------------------------------------------- */

/* For n fields. */
static void
make_room(struct sl_lines *lines, size_t n)
{
    if (n <= lines->capacity)
        return;
    lines->capacity = n < 64 ? 64 : 2 * n;
    lines->places = realloc(lines->places, lines->capacity * sizeof *lines->places);
    lines->cut = realloc(lines->cut, lines->capacity * sizeof *lines->cut);
    lines->fields = realloc(lines->fields, lines->capacity * sizeof *lines->fields);
    if (!lines->places || !lines->cut || !lines->fields)
        sl_memory_exhausted();
}

static void
take_field(void *bytes, size_t count, void *context)
{
    struct sl_lines *lines = context;

    make_room(lines, lines->n + 1);
    lines->places[lines->n++] = lines->values.count;
    if (bytes)
        sl_text_append_bytes(&lines->values, bytes, count);
    sl_text_append_bytes(&lines->values, "", 1);
}

static void
take_record(int end, void *context)
{
    struct sl_lines *lines = context;

    (void)end;
    lines->whole = true;
}

/* Fields grow by blocks; libcsv's own are of 128 bytes, which a long field copies itself by. */
static void
start_parser(struct sl_lines *lines)
{
    csv_init(&lines->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_EMPTY_IS_NULL);
    csv_set_blk_size(&lines->parser, BLOCK);
    lines->at_rest = lines->parser.pstate;
}

/* ---- opening ------------------------------------------------------------------------ */

enum sl_status
sl_lines_open(struct sl_lines **out, const char *path, const char *name,
              struct sl_error *err)
{
    struct sl_lines *lines = calloc(1, sizeof *lines);
    enum sl_status status = SL_OK;

    *out = lines;
    if (!lines)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", name);
    lines->name = name;
    lines->line = 1;
    start_parser(lines);
    if (strcmp(path, "-") != 0)
        status = sl_content_open(&lines->content, path, err);
    if (lines->content)
        sl_content_leave_hash(lines->content);
    if (status == SL_OK)
        return SL_OK;
    sl_lines_close(lines);
    *out = NULL;
    return status;
}

void
sl_lines_close(struct sl_lines *lines)
{
    if (!lines)
        return;
    csv_free(&lines->parser);
    if (lines->content)
        sl_content_close(lines->content);
    sl_text_release(&lines->values);
    free(lines->bytes);
    free(lines->places);
    free(lines->cut);
    free(lines->fields);
    free(lines);
}

/* ---- records ------------------------------------------------------------------------ */

static enum sl_status
begin(struct sl_lines *lines, struct sl_error *err)
{
    bool more;

    if (lines->begun)
        return SL_OK;
    SL_TRY(fill(lines, &more, err));
    lines->begun = true;
    SL_TRY(skip_mark(lines, err));
    for (skip_blank(lines); more && lines->at == lines->end; skip_blank(lines))
        SL_TRY(fill(lines, &more, err));
    csv_set_delim(&lines->parser, separator_of(lines));
    return SL_OK;
}

static const char too_long[] =
    "the record is longer than 1 MiB; is a quote never closed?";

/* What is wrong with the record under way; the parser begins anew behind it. */
static enum sl_status
refuse(struct sl_lines *lines, const char *what, struct sl_error *err)
{
    unsigned char separator = csv_get_delim(&lines->parser);

    csv_free(&lines->parser);
    start_parser(lines);
    csv_set_delim(&lines->parser, separator);
    return sl_fail(err, SL_ERR_IO, "%s:%zu: %s", lines->name, lines->first_line, what);
}

/* The bytes of the next line with its LF, which the last one may lack; 0 at the end. */
static enum sl_status
find_line(struct sl_lines *lines, size_t *count, struct sl_error *err)
{
    const char *newline = NULL;
    size_t seen = 0, left = lines->end - lines->at;

    while (!newline && (left > seen || !lines->ended) && seen <= RECORD_MAX) {
        if (left == seen)
            SL_TRY(read_more(lines, err));
        left = lines->end - lines->at;
        if (left > seen)
            newline = memchr(lines->bytes + lines->at + seen, '\n', left - seen);
        seen = left;
    }
    *count = newline ? (size_t)(newline - lines->bytes) - lines->at + 1 : left;
    if (*count - (newline != NULL) <= RECORD_MAX)
        return SL_OK;
    lines->at += *count;
    lines->line += newline != NULL;
    return refuse(lines, too_long, err);
}

/* What find_line found. */
static char *
take_line(struct sl_lines *lines, size_t count, size_t *length)
{
    char *start = lines->bytes + lines->at;
    bool newline = start[count - 1] == '\n';

    *length = count - newline;
    lines->at += count;
    lines->line += newline;
    return start;
}

static enum sl_status
parse(struct sl_lines *lines, const char *start, size_t count, struct sl_error *err)
{
    size_t parsed =
        csv_parse(&lines->parser, start, count, take_field, take_record, lines);

    if (parsed != count)
        return refuse(lines,
                      "a quote stands where none can; quotes inside a field are doubled",
                      err);
    if (lines->values.count + lines->parser.entry_pos > RECORD_MAX)
        return refuse(lines, too_long, err);
    return SL_OK;
}

/* Whether a line is a record of its own, without a quote. */
static bool
is_plain(const struct sl_lines *lines, const char *start, size_t length)
{
    return lines->n == 0 && lines->parser.pstate == lines->at_rest &&
           !(lines->letters.quotes && memchr(start, '"', length));
}

/* Where it stands: its bytes, and one behind them. A blank one is no record. */
static void
cut_line(struct sl_lines *lines, char *start, size_t length)
{
    struct sl_csv_fields fields = {.capacity = lines->capacity, .at = lines->cut};

    sl_csv_cut_line(start, length, (char)csv_get_delim(&lines->parser), &fields);
    if (fields.n > fields.capacity) {
        make_room(lines, fields.n);
        cut_line(lines, start, length);
        return;
    }
    lines->whole = lines->is_cut = fields.n > 1 || fields.at[0].length > 0;
    lines->n = lines->whole ? fields.n : 0;
    for (size_t i = 0; i < lines->n; i++) {
        start[fields.at[i].at - start + (ptrdiff_t)fields.at[i].length] = '\0';
        lines->fields[i] = fields.at[i].at;
    }
}

/* A line at a time, so that nothing is parsed beyond a record. */
static enum sl_status
parse_line(struct sl_lines *lines, size_t count, struct sl_error *err)
{
    size_t length;
    char *start = take_line(lines, count, &length);
    const char *wrong = sl_csv_refused(&lines->letters, start, length,
                                       lines->parser.pstate != lines->at_rest);

    if (wrong)
        return refuse(lines, wrong, err);
    if (!is_plain(lines, start, length))
        return parse(lines, start, count, err);
    cut_line(lines, start, length);
    return SL_OK;
}

enum sl_status
sl_lines_next(struct sl_lines *lines, struct sl_line *record, bool *found,
              struct sl_error *err)
{
    size_t count = 1;

    SL_TRY(begin(lines, err));
    sl_text_clear(&lines->values);
    lines->n = 0;
    lines->whole = lines->is_cut = false;
    lines->first_line = lines->line;
    while (!lines->whole && count > 0) {
        SL_TRY(find_line(lines, &count, err));
        if (count > 0)
            SL_TRY(parse_line(lines, count, err));
        else if (csv_fini(&lines->parser, take_field, take_record, lines))
            return refuse(lines, "the quote that is opened here is never closed", err);
        if (!lines->whole && lines->n == 0 && lines->parser.entry_pos == 0)
            lines->first_line = lines->line; /* blank lines */
    }
    for (size_t i = 0; !lines->is_cut && i < lines->n; i++)
        lines->fields[i] = lines->values.bytes + lines->places[i];
    *found = lines->whole;
    *record = (struct sl_line){lines->n, lines->fields, lines->first_line};
    return SL_OK;
}

int
sl_lines_peek(struct sl_lines *lines)
{
    struct sl_error ignored;
    bool more;

    if (begin(lines, &ignored) || fill(lines, &more, &ignored) || !more)
        return -1;
    for (size_t i = lines->at; i < lines->end; i++)
        if (!strchr(" \t\r\n", lines->bytes[i]))
            return (unsigned char)lines->bytes[i];
    return ' ';
}

enum sl_status
sl_lines_raw(struct sl_lines *lines, const char **text, size_t *line,
             struct sl_error *err)
{
    size_t count, length;
    char *start;

    SL_TRY(begin(lines, err));
    lines->first_line = *line = lines->line;
    *text = NULL;
    SL_TRY(find_line(lines, &count, err));
    if (count == 0)
        return SL_OK;
    start = take_line(lines, count, &length);
    if (lines->letters.nuls && memchr(start, '\0', length))
        return refuse(lines, "a NUL byte: it is no text", err);
    start[length] = '\0';
    *text = start;
    return SL_OK;
}

void
sl_line_quote(struct sl_text *out, const char *field)
{
    if (!strpbrk(field, ",\"\r\n")) {
        sl_text_append(out, field);
        return;
    }
    sl_text_append(out, "\"");
    for (; *field; field++) {
        sl_text_append(out, *field == '"' ? "\"" : "");
        sl_text_append_bytes(out, field, 1);
    }
    sl_text_append(out, "\"");
}
