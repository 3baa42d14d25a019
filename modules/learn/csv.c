/* SPDX-License-Identifier: MIT */
#include "modules/learn/csv.h"

#include <stdlib.h>
#include <string.h>

#include "modules/learn/csv_text.h"

/* Bytes of a piece, and how far it is read beyond, for the end of its last record. */
#define PIECE ((size_t)1 << 20)
#define BEYOND ((size_t)1 << 14)

/* What counting finds in a piece, for both cases: that it begins outside of quotes (0), or
 * inside (1). */
struct found {
    size_t ends[2]; /* line ends outside of quotes that end a record */
    size_t
        first[2]; /* behind the first such end, from the piece's start; SIZE_MAX: none */
    bool full[2]; /* whether that end ends a record, not a blank line */
    size_t quotes;
};

struct piece {
    uint64_t begin; /* of its first record, in the file */
    size_t row;     /* of that record, of the data's from 0 */
};

struct sl_csv {
    const char *path;
    struct sl_csv_text text;
    char separator;
    uint64_t data; /* where the data's records begin */
    size_t first_row;
    size_t n, piece_count;
    struct piece *pieces;
};

static enum sl_status
fail_row(const struct sl_csv *csv, size_t row, struct sl_error *err, const char *what)
{
    return sl_fail(err, SL_ERR_IO, "%s:%zu: %s", csv->path, row, what);
}

/* ---- opening ---------------------------------------------------------------------------- */

static char
guess_separator(const char *at, const char *end)
{
    static const char candidates[] = ",;\t|";
    size_t counts[sizeof candidates] = {0}, best = 0;
    bool quoted = false;

    for (; at < end; at++) {
        const char *found = memchr(candidates, *at, sizeof candidates - 1);

        quoted ^= *at == '"';
        if (found && !quoted)
            counts[found - candidates]++;
    }
    for (size_t i = 1; i < sizeof candidates - 1; i++)
        best = counts[i] > counts[best] ? i : best;
    return candidates[best];
}

enum sl_status
sl_csv_open(struct sl_csv **csv, const char *path, char separator, struct sl_error *err)
{
    struct sl_csv *c = calloc(1, sizeof *c);
    char head[3] = {0};
    enum sl_status status;
    size_t got = 0;

    *csv = NULL;
    if (!c)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", path);
    c->path = path;
    c->separator = separator;
    c->first_row = 1;
    status = sl_csv_text_open(&c->text, path, err);
    if (status == SL_OK)
        status = sl_csv_text_read(&c->text, 0, 3, head, &got, err);
    if (status == SL_OK && got >= 2 &&
        (memcmp(head, "\xff\xfe", 2) == 0 || memcmp(head, "\xfe\xff", 2) == 0))
        status = sl_fail(err, SL_ERR_IO, "'%s' is UTF-16; save it as UTF-8", path);
    if (status == SL_OK && got == 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0)
        c->data = 3;
    if (status)
        sl_csv_close(c);
    else
        *csv = c;
    return status;
}

void
sl_csv_close(struct sl_csv *csv)
{
    if (!csv)
        return;
    sl_csv_text_close(&csv->text);
    free(csv->pieces);
    free(csv);
}

char
sl_csv_separator(const struct sl_csv *csv)
{
    return csv->separator;
}

size_t
sl_csv_first_row(const struct sl_csv *csv)
{
    return csv->first_row;
}

size_t
sl_csv_pieces(const struct sl_csv *csv)
{
    return csv->piece_count;
}

static enum sl_status
copy_fields(struct sl_csv *csv, const char *at, size_t length, struct sl_arena *arena,
            const char ***texts, size_t *n, struct sl_error *err)
{
    size_t most = length + 1;
    struct sl_csv_fields fields = {.capacity = most,
                                   .at = sl_arena_array(arena, most, sizeof *fields.at),
                                   .bytes = sl_arena_array(arena, most, 1)};
    struct sl_csv_cutter cutter;
    const char *wrong;

    if (!fields.at || !fields.bytes)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the first row of '%s'",
                       csv->path);
    sl_csv_cutter_init(&cutter, at, length, csv->separator);
    sl_csv_cutter_find(&cutter, at, &fields);
    wrong = sl_csv_cutter_cut(&cutter, at, length, &fields);
    if (wrong)
        return fail_row(csv, 1, err, wrong);
    *n = fields.n;
    *texts = sl_arena_alloc(arena, fields.n * sizeof **texts);
    for (size_t j = 0; j < fields.n; j++)
        (*texts)[j] = sl_arena_copy(arena, fields.at[j].at, fields.at[j].length);
    return SL_OK;
}

/* In buffer, of SL_CSV_RECORD_MAX + 1 bytes and the slack. */
static enum sl_status
read_first(struct sl_csv *csv, bool header, char *buffer, struct sl_arena *arena,
           const char ***fields, size_t *n, struct sl_error *err)
{
    size_t got;
    const char *at, *end, *stop;

    SL_TRY(sl_csv_text_read(&csv->text, csv->data, SL_CSV_RECORD_MAX + 1, buffer, &got,
                            err));
    end = buffer + got;
    at = sl_csv_skip_blank(buffer, end);
    stop = sl_csv_record_end(at, end);
    if (got == 0)
        return sl_fail(err, SL_ERR_IO, "'%s' is empty", csv->path);
    if ((size_t)(stop - buffer) > SL_CSV_RECORD_MAX)
        return fail_row(csv, 1, err,
                        "the row is longer than 1 MiB, or a quote in it is never closed");
    if (memchr(buffer, '\0', got))
        return sl_fail(err, SL_ERR_IO, "'%s' holds NUL bytes: it is no text", csv->path);
    if (!csv->separator)
        csv->separator = guess_separator(at, stop);
    SL_TRY(copy_fields(csv, at, (size_t)(stop - at), arena, fields, n, err));
    if (header) {
        csv->data += (uint64_t)(stop - buffer) + (stop < end);
        csv->first_row = 2;
    }
    return SL_OK;
}

enum sl_status
sl_csv_first(struct sl_csv *csv, bool header, struct sl_arena *arena,
             const char ***fields, size_t *n, struct sl_error *err)
{
    char *buffer = malloc(SL_CSV_RECORD_MAX + 1 + SL_CSV_SLACK);
    enum sl_status status;

    if (!buffer)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", csv->path);
    status = read_first(csv, header, buffer, arena, fields, n, err);
    free(buffer);
    return status;
}

/* ---- counting --------------------------------------------------------------------------- */

struct counting {
    struct sl_csv *csv;
    struct found *found;
    struct sl_error *errors;
};

/* Up to the blanks that a text ends with. */
static size_t
without_blanks(const char *bytes, size_t n, char separator)
{
    while (n > 0 && (bytes[n - 1] == ' ' || bytes[n - 1] == '\t') &&
           bytes[n - 1] != separator)
        n--;
    return n;
}

/* A line, but for its LF, that is no record. */
static bool
is_blank(const char *line, size_t length, char separator)
{
    length -= length > 0 && line[length - 1] == '\r';
    return without_blanks(line, length, separator) == 0;
}

/* Whether the line that `at` is in is blank up to there; ends: it ends there. */
static enum sl_status
look_back(const struct sl_csv *csv, uint64_t at, bool ends, bool *blank,
          struct sl_error *err)
{
    char bytes[256];
    size_t n = 0;

    while (n == 0 && at > csv->data) {
        n = at - csv->data < sizeof bytes ? (size_t)(at - csv->data) : sizeof bytes;
        at -= n;
        SL_TRY(sl_csv_text_read(&csv->text, at, n, bytes, &n, err));
        n -= ends && n > 0 && bytes[n - 1] == '\r';
        n = without_blanks(bytes, n, csv->separator);
        ends = false;
    }
    *blank = n == 0 || bytes[n - 1] == '\n';
    return SL_OK;
}

/* blank: whether its first line is, as far as that stands before it. */
struct counted {
    const char *bytes;
    size_t n;
    char separator;
    bool blank;
};

/* A blank line's end ends no record. */
static bool
ends_record(const struct counted *c, const char *line)
{
    size_t n = (size_t)(line - c->bytes);

    n -= n > 0 && c->bytes[n - 1] == '\r';
    n = without_blanks(c->bytes, n, c->separator);
    return n == 0 ? !c->blank : c->bytes[n - 1] != '\n';
}

static void
count_piece(const struct counted *c, struct found *f)
{
    const char *end = c->bytes + c->n, *at = c->bytes, *quote, *line;
    unsigned inside = 0;

    *f = (struct found){.first = {SIZE_MAX, SIZE_MAX}};
    for (;;) {
        quote = memchr(at, '"', (size_t)(end - at));
        /* From one quote to the next, line ends are outside in one of the two cases. */
        while ((line = memchr(at, '\n', (size_t)((quote ? quote : end) - at)))) {
            bool full = ends_record(c, line);

            f->ends[inside] += full;
            if (f->first[inside] == SIZE_MAX) {
                f->first[inside] = (size_t)(line + 1 - c->bytes);
                f->full[inside] = full;
            }
            at = line + 1;
        }
        if (!quote)
            return;
        f->quotes++;
        inside ^= 1;
        at = quote + 1;
    }
}

static void
count_tile(void *context, size_t tile)
{
    const struct counting *c = context;
    struct sl_csv *csv = c->csv;
    struct sl_error *err = &c->errors[tile];
    uint64_t begin = csv->data + tile * PIECE;
    char *buffer = malloc(PIECE);
    struct counted counted = {.bytes = buffer, .separator = csv->separator};

    if (!buffer) {
        sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", csv->path);
        return;
    }
    if (sl_csv_text_read(&csv->text, begin, PIECE, buffer, &counted.n, err) == SL_OK &&
        look_back(csv, begin, counted.n > 0 && *buffer == '\n', &counted.blank, err) ==
            SL_OK)
        count_piece(&counted, &c->found[tile]);
    free(buffer);
}

/* Where pieces and their records begin, once it is known which begin inside quotes: behind
 * the first line end in them, but for the first. So a record that begins where the next
 * piece does belongs to this one. A quote that is never closed shows when the last record
 * is read, which is counted therefore. */
static enum sl_status
place_pieces(struct sl_csv *csv, const struct found *found, struct sl_error *err)
{
    unsigned inside = 0;
    bool blank;

    csv->n = 0;
    for (size_t t = 0; t < csv->piece_count; t++) {
        const struct found *f = &found[t];
        struct piece *piece = &csv->pieces[t];
        size_t first = t ? f->first[inside] : 0;

        piece->begin = first == SIZE_MAX ? UINT64_MAX : csv->data + t * PIECE + first;
        piece->row = csv->n + (t > 0 && f->full[inside]);
        csv->n += f->ends[inside];
        inside ^= f->quotes & 1;
    }
    SL_TRY(look_back(csv, csv->text.size, true, &blank, err));
    csv->n += inside || !blank;
    return SL_OK;
}

static enum sl_status
count_records(struct sl_csv *csv, struct sl_pool *pool, struct counting *c,
              struct sl_error *err)
{
    size_t pieces = csv->piece_count;

    c->found = calloc(pieces, sizeof *c->found);
    c->errors = calloc(pieces, sizeof *c->errors);
    csv->pieces = calloc(pieces, sizeof *csv->pieces);
    if (!c->found || !c->errors || !csv->pieces)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", csv->path);
    sl_pool_tiles(pool, pieces, count_tile, c);
    for (size_t t = 0; t < pieces; t++)
        if (c->errors[t].status) {
            *err = c->errors[t];
            return err->status;
        }
    return place_pieces(csv, c->found, err);
}

enum sl_status
sl_csv_count(struct sl_csv *csv, struct sl_pool *pool, size_t *n, struct sl_error *err)
{
    struct counting c = {.csv = csv};
    enum sl_status status;

    csv->piece_count = (size_t)((csv->text.size - csv->data + PIECE - 1) / PIECE);
    csv->piece_count = csv->piece_count ? csv->piece_count : 1;
    status = count_records(csv, pool, &c, err);
    free(c.found);
    free(c.errors);
    *n = csv->n;
    return status;
}

/* ---- records ------------------------------------------------------------------------------ */

struct walk {
    struct sl_csv *csv;
    size_t n;
    sl_csv_use *use;
    void *context;
    struct sl_error *errors;
};

static bool
use_record(const struct walk *walk, size_t tile, size_t row, const char *wrong,
           const struct sl_csv_fields *fields)
{
    const struct sl_csv *csv = walk->csv;
    struct sl_error *err = &walk->errors[tile];

    if (wrong) {
        fail_row(csv, row + csv->first_row, err, wrong);
        return false;
    }
    if (fields->n != walk->n) {
        sl_fail(err, SL_ERR_IO, "%s:%zu: %zu field%s, expected %zu", csv->path,
                row + csv->first_row, fields->n, fields->n == 1 ? "" : "s", walk->n);
        return false;
    }
    return walk->use(walk->context, tile, row, fields->at, err);
}

/* Bytes of the file from begin on, where a record of that row begins. */
struct stretch {
    const char *bytes;
    size_t got, row;
    uint64_t begin;
    bool last; /* what they end with is the end of a record, or one that is too long */
};

/* The records of a stretch that begin in the piece. False if that is all; else it goes on
 * with one that ends beyond, where stretch begins then. */
static bool
walk_stretch(const struct walk *walk, size_t tile, struct stretch *s,
             struct sl_csv_fields *fields)
{
    const struct sl_csv *csv = walk->csv;
    uint64_t limit = csv->data + (tile + 1) * PIECE;
    const char *end = s->bytes + s->got, *stop, *wrong;
    struct sl_csv_cutter cutter;

    sl_csv_cutter_init(&cutter, s->bytes, s->got, csv->separator);
    for (const char *at = s->bytes; at < end && s->begin <= limit; at = stop + 1) {
        size_t length;

        stop = sl_csv_cutter_find(&cutter, at, fields);
        length = (size_t)(stop - at);
        if (stop == end && !s->last)
            return true;
        if (length > SL_CSV_RECORD_MAX) {
            fail_row(csv, s->row + csv->first_row, &walk->errors[tile],
                     "the row is longer than 1 MiB, or a quote in it is never closed");
            return false;
        }
        s->begin += length + 1;
        if (is_blank(at, length, csv->separator))
            continue;
        wrong = sl_csv_cutter_cut(&cutter, at, length, fields);
        if (!use_record(walk, tile, s->row++, wrong, fields))
            return false;
    }
    return s->begin <= limit && !s->last;
}

/* In buffer: most of the piece at once, then perhaps its last record. */
static void
walk_piece(const struct walk *walk, size_t tile, char *buffer,
           struct sl_csv_fields *fields)
{
    const struct sl_csv *csv = walk->csv;
    const struct piece *piece = &csv->pieces[tile];
    struct stretch s = {.bytes = buffer, .row = piece->row, .begin = piece->begin};
    size_t most = PIECE + BEYOND - (size_t)(s.begin - csv->data - tile * PIECE);

    do {
        if (sl_csv_text_read(&csv->text, s.begin, most, buffer, &s.got,
                             &walk->errors[tile]))
            return;
        s.last = most > SL_CSV_RECORD_MAX + BEYOND || s.got < most;
        most = SL_CSV_RECORD_MAX + BEYOND + 1;
    } while (walk_stretch(walk, tile, &s, fields));
}

static void
walk_tile(void *context, size_t tile)
{
    const struct walk *walk = context;
    struct sl_csv *csv = walk->csv;
    size_t most = SL_CSV_RECORD_MAX + BEYOND + 1;
    struct sl_csv_fields fields = {.capacity = walk->n};
    char *buffer;

    if (csv->pieces[tile].begin == UINT64_MAX)
        return;
    buffer =
        malloc(most + SL_CSV_SLACK + SL_CSV_RECORD_MAX + 1 + walk->n * sizeof *fields.at);
    if (!buffer) {
        sl_fail(&walk->errors[tile], SL_ERR_MEMORY, "no memory to read '%s'", csv->path);
        return;
    }
    fields.at = (struct sl_csv_field *)(void *)buffer;
    fields.bytes = buffer + walk->n * sizeof *fields.at;
    walk_piece(walk, tile, fields.bytes + SL_CSV_RECORD_MAX + 1, &fields);
    free(buffer);
}

enum sl_status
sl_csv_each(struct sl_csv *csv, struct sl_pool *pool, size_t n, sl_csv_use *use,
            void *context, struct sl_error *err)
{
    struct walk walk = {csv, n, use, context,
                        calloc(csv->piece_count, sizeof *walk.errors)};
    enum sl_status status = SL_OK;

    if (!walk.errors)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", csv->path);
    sl_pool_tiles(pool, csv->piece_count, walk_tile, &walk);
    for (size_t t = 0; t < csv->piece_count && status == SL_OK; t++)
        if (walk.errors[t].status) {
            *err = walk.errors[t];
            status = err->status;
        }
    if (status == SL_OK)
        status = sl_csv_text_check(&csv->text, err);
    free(walk.errors);
    return status;
}
