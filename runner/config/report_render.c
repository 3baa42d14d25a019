/* SPDX-License-Identifier: MIT */
#include "runner/config/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/config/character.h"

/* What a terminal shows of a source line: more is cut off on both sides of the caret. */
#define SHOWN 100

struct colours {
    const char *bold, *end, *caret, *severity[SL_ERROR + 1];
};

static const char *const severities[] = {"note", "warning", "error"};

/* ---- text for a terminal ------------------------------------------------------------ */

/* One character of a line as it is shown; invalid bytes and characters that a terminal
 * would obey or hide are spelled out. Returns the bytes it takes in the line. */
static size_t
show(const char *bytes, size_t count, char out[16], unsigned *width)
{
    uint32_t c;
    size_t n = sl_utf8_decode(bytes, count, &c);

    *width = 1;
    if (n == 0) {
        *width = (unsigned)snprintf(out, 16, "<%02X>", (unsigned)(uint8_t)bytes[0]);
        return 1;
    }
    if (c == '\t') {
        snprintf(out, 16, " ");
    } else if (c == '\n' || c == '\r' || sl_character_fault(c)) {
        *width = (unsigned)snprintf(out, 16, "<U+%04X>", (unsigned)c);
    } else {
        memcpy(out, bytes, n);
        out[n] = '\0';
        *width = sl_character_width(c);
    }
    return n;
}

static void
append_shown(struct sl_text *out, const char *bytes, size_t count)
{
    char shown[16];
    unsigned width;

    for (size_t i = 0; i < count;) {
        i += show(bytes + i, count - i, shown, &width);
        sl_text_append(out, shown);
    }
}

/* ---- the source line ---------------------------------------------------------------- */

struct line {
    const char *bytes;
    size_t count;
};

/* The end of the line that a byte of the source stands in, breaks left out. */
static size_t
line_end(const struct sl_source *source, size_t at)
{
    const char *bytes = source->bytes + at;
    size_t left = source->count - at;
    const char *feed = left ? memchr(bytes, '\n', left) : NULL, *stop;

    left = feed ? (size_t)(feed - bytes) : left;
    stop = left ? memchr(bytes, '\r', left) : NULL;
    return at + (stop ? (size_t)(stop - bytes) : left);
}

/* Behind the break that a line ends with; the end of the source if there is none. */
static size_t
next_line(const struct sl_source *source, size_t end)
{
    const char *at = source->bytes + end;

    if (end + 1 < source->count && at[0] == '\r' && at[1] == '\n')
        return end + 2;
    return end < source->count ? end + 1 : end;
}

/* Problems come in the order of their places, and a text may be one long line. */
size_t
sl_cursor_seek(struct sl_cursor *cursor, const struct sl_source *source,
               struct sl_mark mark)
{
    char shown[16];
    unsigned width;

    if (cursor->source != source || mark.line < cursor->line ||
        (mark.line == cursor->line && mark.column < cursor->column))
        *cursor = (struct sl_cursor){source, 1, 1, 0, line_end(source, 0), 0};
    while (cursor->line < mark.line) {
        size_t next = next_line(source, cursor->end);

        if (next == source->count)
            return next;
        cursor->start = cursor->at = next;
        cursor->end = line_end(source, next);
        cursor->column = 1;
        cursor->line++;
    }
    for (; cursor->column < mark.column && cursor->at < cursor->end; cursor->column++)
        cursor->at +=
            show(source->bytes + cursor->at, cursor->end - cursor->at, shown, &width);
    return cursor->at;
}

/* Columns of a terminal that so many bytes take. */
static size_t
columns_of(const char *bytes, size_t count)
{
    size_t columns = 0;
    char shown[16];
    unsigned width;

    for (size_t i = 0; i < count; columns += width)
        i += show(bytes + i, count - i, shown, &width);
    return columns;
}

/* Where the word at a byte of the line ends, before byte `end`. */
static size_t
word_end(const struct line *line, size_t at, size_t end)
{
    const char *close = memchr(line->bytes + at, '}', end - at);

    if (close && strncmp(line->bytes + at, "${", 2) == 0)
        return (size_t)(close + 1 - line->bytes);
    while (at < end && !strchr(" \t,[]{}:=\"'#", line->bytes[at]))
        at++;
    return at;
}

/* The first byte to be shown, so that a caret at byte `caret` has text on both sides. */
static size_t
window_start(const struct line *line, size_t caret)
{
    size_t start = caret > SHOWN / 2 ? caret - SHOWN / 2 : 0;

    if (line->count <= SHOWN || caret <= SHOWN * 3 / 4)
        return 0;
    if (start + SHOWN > line->count)
        start = line->count - SHOWN;
    while (start > 0 && (line->bytes[start] & 0xc0) == 0x80)
        start--;
    return start;
}

/* The word at a place: its line, and its bytes in that. */
static bool
find_word(struct sl_cursor *cursor, const struct sl_source *source, struct sl_mark mark,
          struct line *line, size_t *at)
{
    size_t byte = sl_cursor_seek(cursor, source, mark);

    if (cursor->line < mark.line)
        return false;
    line->bytes = source->bytes + cursor->start;
    line->count = cursor->end - cursor->start;
    *at = byte - cursor->start;
    return true;
}

size_t
sl_report_word(struct sl_cursor *cursor, const struct sl_source *source,
               struct sl_mark mark)
{
    size_t at, stop, n = 0;
    struct line line;
    char shown[16];
    unsigned width;

    if (!source || !find_word(cursor, source, mark, &line, &at))
        return 1;
    for (stop = word_end(&line, at, line.count); at < stop; n++)
        at += show(line.bytes + at, stop - at, shown, &width);
    return n > 0 ? n : 1;
}

static void
quote_line(struct sl_cursor *cursor, const struct sl_source *source, struct sl_mark mark,
           const struct colours *colours, struct sl_text *out)
{
    struct line line;
    size_t caret, start, end, before, word;

    if (!find_word(cursor, source, mark, &line, &caret) || line.count == 0)
        return;
    start = window_start(&line, caret);
    end = line.count - start > SHOWN ? start + SHOWN : line.count;
    end = end < caret ? caret : end;
    while (end < line.count && (line.bytes[end] & 0xc0) == 0x80)
        end++;
    before = columns_of(line.bytes + start, caret - start) + (start ? 3 : 0);

    sl_text_format(out, "%5u | %s", (unsigned)mark.line, start ? "..." : "");
    append_shown(out, line.bytes + start, end - start);
    sl_text_format(out, "%s\n      | %*s%s^", end < line.count ? "..." : "", (int)before,
                   "", colours->caret);
    word = columns_of(line.bytes + caret, word_end(&line, caret, end) - caret);
    for (; word > 1; word--)
        sl_text_append(out, "~");
    sl_text_format(out, "%s\n", colours->end);
}

/* ---- problems in order -------------------------------------------------------------- */

static const struct sl_source *
find_source(const struct sl_report *report, const char *name, size_t *rank)
{
    const struct sl_source *source = report->sources;

    *rank = 0;
    for (; source; source = source->next, ++*rank)
        if (name && strcmp(source->name, name) == 0)
            break;
    return source;
}

const struct sl_source *
sl_report_find(const struct sl_report *report, const char *name)
{
    size_t rank;

    return find_source(report, name, &rank);
}

/* A problem's place in the order: notes take that of the problem before them. */
struct place {
    size_t rank, order;
    struct sl_mark mark;
    const struct sl_problem *problem;
};

static int
compare(const void *a, const void *b)
{
    const struct place *p = a, *q = b;

    if (p->rank != q->rank)
        return p->rank < q->rank ? -1 : 1;
    if (p->mark.line != q->mark.line)
        return p->mark.line < q->mark.line ? -1 : 1;
    if (p->mark.column != q->mark.column)
        return p->mark.column < q->mark.column ? -1 : 1;
    return p->order < q->order ? -1 : 1;
}

const struct sl_problem **
sl_report_sorted(const struct sl_report *report)
{
    struct place *places = sl_arena_alloc(report->arena, report->n * sizeof *places);
    const struct sl_problem **problems =
        sl_arena_alloc(report->arena, report->n * sizeof *problems);

    for (size_t i = 0; i < report->n; i++) {
        const struct sl_problem *problem = &report->problems[i];

        if (i > 0)
            places[i] = places[i - 1];
        if (problem->severity != SL_NOTE || i == 0) {
            places[i].mark = problem->mark;
            find_source(report, problem->mark.file, &places[i].rank);
        }
        places[i].order = i;
        places[i].problem = problem;
    }
    qsort(places, report->n, sizeof *places, compare);
    for (size_t i = 0; i < report->n; i++)
        problems[i] = places[i].problem;
    return problems;
}

void
sl_report_show(const char *text, struct sl_text *out)
{
    append_shown(out, text, strlen(text));
}

void
sl_report_clean(struct sl_error *err)
{
    struct sl_text shown = {0};

    sl_report_show(err->text, &shown);
    snprintf(err->text, sizeof err->text, "%s", shown.bytes ? shown.bytes : "");
    sl_text_release(&shown);
}

void
sl_report_line(FILE *out, const char *format, ...)
{
    struct sl_text raw = {0}, shown = {0};
    va_list args;

    va_start(args, format);
    sl_text_vformat(&raw, format, args);
    va_end(args);
    sl_report_show(raw.bytes, &shown);
    fprintf(out, "%s\n", shown.bytes ? shown.bytes : "");
    sl_text_release(&raw);
    sl_text_release(&shown);
}

static void
render_one(const struct sl_report *report, const struct sl_problem *problem,
           struct sl_cursor *cursor, const struct colours *colours, struct sl_text *out)
{
    struct sl_mark mark = problem->mark;
    const char *name = mark.file ? mark.file : "sluice";
    const struct sl_source *source;
    size_t rank;

    sl_text_append(out, colours->bold);
    append_shown(out, name, strlen(name));
    if (mark.line > 0)
        sl_text_format(out, ":%u:%u", (unsigned)mark.line, (unsigned)mark.column);
    sl_text_format(out, ":%s %s%s:%s ", colours->end,
                   colours->severity[problem->severity], severities[problem->severity],
                   colours->end);
    append_shown(out, problem->text, strlen(problem->text));
    sl_text_append(out, "\n");
    source = find_source(report, mark.file, &rank);
    if (source && mark.line > 0 && mark.column > 0)
        quote_line(cursor, source, mark, colours, out);
}

void
sl_report_render(struct sl_report *report, bool colour, struct sl_text *out)
{
    static const struct colours none = {"", "", "", {"", "", ""}};
    static const struct colours some = {
        "\x1b[1m", "\x1b[m", "\x1b[1;32m", {"\x1b[1;36m", "\x1b[1;35m", "\x1b[1;31m"}};
    const struct sl_problem **problems = sl_report_sorted(report);
    struct sl_cursor cursor = {0};
    size_t shown = 0;

    for (size_t i = 0; i < report->n; i++) {
        shown += problems[i]->severity != SL_NOTE;
        render_one(report, problems[i], &cursor, colour ? &some : &none, out);
    }
    if (report->errors + report->warnings > shown) /* how many, the caller says last */
        sl_text_format(out, "sluice: the first %zu problems are shown\n", shown);
}
