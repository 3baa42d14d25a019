/* SPDX-License-Identifier: MIT */
/*
 * Tables in text files: fields between commas, semicolons, tabs or bars, quoted or not,
 * with a header or without. A column holds numbers, or is among `one_hot` and becomes a
 * column for each of its words.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "modules/learn/csv.h"
#include "modules/learn/decimal.h"
#include "modules/learn/frame.h"
#include "modules/learn/word_set.h"

enum { AUTO, COMMA, SEMICOLON, TAB, BAR };
static const char *const separators[] = {"auto", "comma", "semicolon",
                                         "tab",  "bar",   NULL};
enum { POINT, DECIMAL_COMMA };
static const char *const marks[] = {"point", "comma", NULL};
enum { FLOAT64, FLOAT32 };
static const char *const types[] = {"float64", "float32", NULL};

struct config {
    struct sl_frame_config frame;
    int separator, decimal, type;
    bool header;
    const char *label;
    struct sl_string_list normal, one_hot, missing_words;
};

static const struct sl_field fields[] = {
    SL_WORD(struct config, separator, AUTO, separators,
            "between fields; auto: the one that the first row has most of"),
    SL_BOOL(struct config, header, true,
            "the first row names the columns; else they are named 1, 2, ..."),
    SL_FIELD(struct config, label, const char *, SL_TYPE_STRING,
             .help = "the column of labels: whole numbers, or see `normal`"),
    SL_FIELD(struct config, normal, struct sl_string_list, SL_TYPE_STRING_LIST,
             .help = "labels of normal rows; they become 0, all others 1"),
    SL_FIELD(struct config, one_hot, struct sl_string_list, SL_TYPE_STRING_LIST,
             .help = "columns of words: names, patterns or ranges; each word becomes a "
                     "column of 0 and 1"),
    SL_FIELD(struct config, missing_words, struct sl_string_list, SL_TYPE_STRING_LIST,
             .text = "[NA, N/A, NaN, nan, 'null', 'NULL', None, '?']",
             .help = "what stands for a missing value, besides an empty field"),
    SL_WORD(struct config, decimal, POINT, marks, "what stands before the fraction"),
    SL_WORD(struct config, type, FLOAT64, types, "that values are stored in"),
    SL_INCLUDE(struct config, frame, struct sl_frame_config, sl_frame_fields),
    SL_FIELD_END,
};

static const struct sl_port outputs[] = {
    {"data", SL_PORT_DATASET, "n d", .help = "the rows and their splits"},
    SL_PORT_END,
};

static const struct sl_result results[] = {SL_FRAME_RESULTS, SL_RESULT_END};

/* Words of a column that is one-hot: more are no categories. */
#define WORDS_MAX 1000

/* ---- the first row ------------------------------------------------------------------------ */

static bool
is_number(const char *text)
{
    double value;

    return sl_decimal_parse(text, strlen(text), &value);
}

static enum sl_status
check_header(const struct sl_frame_part *part, const char **names, size_t n,
             struct sl_error *err)
{
    size_t numbers = 0;

    for (size_t j = 0; j < n; j++)
        numbers += is_number(names[j]);
    if (numbers == n)
        return sl_fail(err, SL_ERR_IO,
                       "%s:1: the first row holds numbers alone, no names of columns; if "
                       "it is data, say 'header: false'",
                       part->path);
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < j; k++)
            if (strcmp(names[j], names[k]) == 0)
                return sl_fail(err, SL_ERR_IO,
                               "%s:1: columns %zu and %zu have the same name '%s'",
                               part->path, k + 1, j + 1, names[j]);
    return SL_OK;
}

/* Columns without a name are named by their number. */
static enum sl_status
name_columns(struct sl_frame *frame, const struct sl_frame_part *part, const char **names,
             size_t n, struct sl_error *err)
{
    const struct config *c = frame->reader_config;

    for (size_t j = 0; j < n; j++)
        if (!c->header || !*names[j])
            names[j] = sl_arena_format(frame->arena, "%zu", j + 1);
    if (c->header)
        SL_TRY(check_header(part, names, n, err));
    if (frame->columns) {
        for (size_t j = 0; j < n || j < frame->count; j++)
            if (j >= n || j >= frame->count ||
                strcmp(names[j], frame->columns[j].name) != 0)
                return sl_fail(err, SL_ERR_SHAPE,
                               "column %zu of '%s' is '%s', of '%s' it is '%s'", j + 1,
                               frame->parts[0].path,
                               j < frame->count ? frame->columns[j].name : "not there",
                               part->path, j < n ? names[j] : "not there");
        return SL_OK;
    }
    frame->count = n;
    frame->columns = sl_arena_alloc(frame->arena, n * sizeof *frame->columns);
    for (size_t j = 0; j < n; j++)
        frame->columns[j].name = names[j];
    return SL_OK;
}

static enum sl_status
open_part(struct sl_frame *frame, struct sl_frame_part *part, struct sl_error *err)
{
    static const char letters[] = {0, ',', ';', '\t', '|'};
    const struct config *c = frame->reader_config;
    struct sl_csv *csv;
    const char **names;
    size_t n;

    SL_TRY(sl_csv_open(&csv, part->path, letters[c->separator], err));
    part->source = csv;
    SL_TRY(sl_csv_first(csv, c->header, frame->arena, &names, &n, err));
    SL_TRY(name_columns(frame, part, names, n, err));
    if (frame->looking)
        return SL_OK;
    return sl_csv_count(csv, frame->pool, &part->n, err);
}

/* ---- words -------------------------------------------------------------------------------- */

/* Which columns are one-hot. */
static enum sl_status
mark_one_hot(const struct sl_frame *frame, bool *one_hot, struct sl_error *err)
{
    const struct config *c = frame->reader_config;

    for (size_t i = 0; i < c->one_hot.n; i++)
        SL_TRY(sl_frame_mark(frame, c->one_hot.at[i], true, one_hot, err));
    return SL_OK;
}

struct learning_words {
    const struct sl_frame *frame;
    const struct config *config;
    const bool *one_hot;
    struct sl_word_set *sets; /* by column */
};

static bool
is_missing(const struct config *c, const struct sl_csv_field *field)
{
    for (size_t i = 0; i < c->missing_words.n; i++)
        if (strncmp(c->missing_words.at[i], field->at, field->length) == 0 &&
            c->missing_words.at[i][field->length] == '\0')
            return true;
    return field->length == 0;
}

static bool
learn_words(void *context, size_t tile, size_t row, const struct sl_csv_field *found,
            struct sl_error *err)
{
    const struct learning_words *l = context;
    uint32_t number;

    (void)tile;
    (void)row;
    for (size_t j = 0; j < l->frame->count; j++) {
        if (!l->one_hot[j] || is_missing(l->config, &found[j]))
            continue;
        if (sl_word_set_add(&l->sets[j], found[j].at, found[j].length, &number, err))
            return false;
        if (l->sets[j].n > WORDS_MAX) {
            sl_fail(err, SL_ERR_IO,
                    "column '%s' has more than %d different words, too many for one-hot",
                    l->frame->columns[j].name, WORDS_MAX);
            return false;
        }
    }
    return true;
}

static int
by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of their bytes, so that it does not depend on that of the rows. */
static enum sl_status
keep_words(struct sl_frame *frame, size_t j, const struct sl_word_set *set,
           struct sl_error *err)
{
    const char **words = sl_arena_alloc(frame->arena, (set->n + 1) * sizeof *words);

    if (set->n == 0)
        return sl_fail(err, SL_ERR_IO, "column '%s' has no word in any row",
                       frame->columns[j].name);
    memcpy(words, set->words, set->n * sizeof *words);
    qsort(words, set->n, sizeof *words, by_bytes);
    frame->columns[j].words = words;
    frame->columns[j].width = set->n;
    return SL_OK;
}

static enum sl_status
find_words(struct sl_frame *frame, const bool *one_hot, struct sl_error *err)
{
    const struct config *c = frame->reader_config;
    struct learning_words l = {
        frame, c, one_hot, sl_arena_alloc(frame->arena, frame->count * sizeof *l.sets)};
    enum sl_status status = SL_OK;

    for (size_t j = 0; j < frame->count; j++)
        l.sets[j].arena = frame->arena;
    for (size_t p = 0; p < frame->part_count && status == SL_OK; p++)
        status =
            sl_csv_each(frame->parts[p].source, NULL, frame->count, learn_words, &l, err);
    for (size_t j = 0; j < frame->count && status == SL_OK; j++)
        if (one_hot[j])
            status = keep_words(frame, j, &l.sets[j], err);
    for (size_t j = 0; j < frame->count; j++)
        sl_word_set_release(&l.sets[j]);
    return status;
}

static enum sl_status
open(struct sl_frame *frame, struct sl_error *err)
{
    const struct config *c = frame->reader_config;
    bool *one_hot;
    size_t label;

    for (size_t p = 0; p < frame->part_count; p++)
        SL_TRY(open_part(frame, &frame->parts[p], err));
    frame->type = c->type == FLOAT32 ? SL_F32 : SL_F64;
    frame->first_row = sl_csv_first_row(frame->parts[0].source);
    frame->first_column = 1;
    frame->labelled = c->label != NULL;
    if (c->label)
        SL_TRY(sl_frame_find(frame, c->label, &label, err));
    one_hot = sl_arena_alloc(frame->arena, frame->count * sizeof *one_hot);
    SL_TRY(mark_one_hot(frame, one_hot, err));
    if (c->one_hot.n && !frame->looking)
        SL_TRY(find_words(frame, one_hot, err));
    return sl_frame_select(frame, &c->label, 1, err);
}

static void
close(struct sl_frame *frame)
{
    for (size_t p = 0; p < frame->part_count; p++) {
        sl_csv_close(frame->parts[p].source);
        frame->parts[p].source = NULL;
    }
}

/* ---- rows --------------------------------------------------------------------------------- */

enum { SKIP, NUMBER, WORD, LABEL };

/* What is wrong with cells of a piece: the first, and how many. */
struct wrong {
    size_t cells;
};

struct reading {
    const struct sl_frame *frame;
    const struct config *config;
    const struct sl_frame_part *part;
    int *kinds;           /* of each column */
    bool numbers_missing; /* numbers are among the words for a missing value: -999 */
    void *x;              /* of the part */
    int32_t *labels;
};

/* The remedy, by what the text looks like. */
static const char *
hint(const char *text)
{
    size_t n = strlen(text), letters = strspn(text, "+-0123456789.,' ");

    if (n && letters == n && strchr(text, ','))
        return strchr(text, '.') ? "; separators of thousands are not read"
                                 : "; a decimal comma? 'decimal: comma' reads it";
    if (n > 1 && text[n - 1] == '%')
        return "; a percentage? write the number alone";
    if (strncmp(text, "0x", 2) == 0)
        return "; hexadecimal numbers are not read";
    if (strcasecmp(text, "inf") == 0 || strcasecmp(text, "-inf") == 0 ||
        strcasecmp(text, "infinity") == 0)
        return "; values have to be finite";
    return "; 'one_hot' takes columns of words, 'exclude' leaves one out, "
           "'missing_words' says what stands for a missing value";
}

static bool
refuse(const struct reading *r, size_t row, size_t j, const struct sl_csv_field *field,
       const char *what, struct sl_error *err)
{
    size_t length = field->length < 40 ? field->length : 40;
    char text[41];

    memcpy(text, field->at, length);
    text[length] = '\0';
    for (size_t i = 0; i < length; i++)
        text[i] = (unsigned char)text[i] < ' ' ? '?' : text[i];
    sl_fail(err, SL_ERR_IO, "%s:%zu:%zu: '%s': %s: '%s'%s", r->part->path,
            row + r->frame->first_row, j + 1, r->frame->columns[j].name, what, text,
            strcmp(what, "not a number") == 0 ? hint(text) : "");
    return false;
}

static bool
parse_number(const struct config *c, const struct sl_csv_field *field, double *value)
{
    char copy[64];

    if (c->decimal == POINT)
        return sl_decimal_parse(field->at, field->length, value);
    if (field->length >= sizeof copy || memchr(field->at, '.', field->length))
        return false;
    for (size_t i = 0; i < field->length; i++)
        copy[i] = field->at[i] == ',' ? '.' : field->at[i];
    return sl_decimal_parse(copy, field->length, value);
}

static void
store(const struct sl_frame *frame, void *x, size_t at, double value)
{
    if (frame->type == SL_F32)
        ((float *)x)[at] = (float)value;
    else
        ((double *)x)[at] = value;
}

static bool
any_number(const struct sl_string_list *words)
{
    for (size_t i = 0; i < words->n; i++)
        if (is_number(words->at[i]))
            return true;
    return false;
}

static bool
read_number(const struct reading *r, size_t row, size_t j,
            const struct sl_csv_field *field, struct sl_error *err)
{
    const struct sl_frame *frame = r->frame;
    double value = (double)NAN;
    bool parsed = parse_number(r->config, field, &value);

    if ((!parsed || r->numbers_missing) && is_missing(r->config, field))
        value = (double)NAN;
    else if (!parsed)
        return refuse(r, row, j, field, "not a number", err);
    else if (isinf(value) || (frame->type == SL_F32 && isinf((float)value)))
        return refuse(r, row, j, field, "too large", err);
    store(frame, r->x, row * frame->d + frame->columns[j].place, value);
    return true;
}

static bool
read_word(const struct reading *r, size_t row, size_t j, const struct sl_csv_field *field,
          struct sl_error *err)
{
    const struct sl_frame_column *column = &r->frame->columns[j];
    size_t first = row * r->frame->d + column->place, k = 0;
    bool missing = is_missing(r->config, field);

    while (!missing && k < column->width &&
           (strncmp(column->words[k], field->at, field->length) != 0 ||
            column->words[k][field->length] != '\0'))
        k++;
    if (!missing && k == column->width)
        return refuse(r, row, j, field, "a word that was not there before", err);
    for (size_t i = 0; i < column->width; i++)
        store(r->frame, r->x, first + i, missing ? (double)NAN : i == k);
    return true;
}

static bool
is_normal(const struct config *c, const struct sl_csv_field *field)
{
    for (size_t i = 0; i < c->normal.n; i++)
        if (strncmp(c->normal.at[i], field->at, field->length) == 0 &&
            c->normal.at[i][field->length] == '\0')
            return true;
    return false;
}

static bool
read_label(const struct reading *r, size_t row, size_t j,
           const struct sl_csv_field *field, struct sl_error *err)
{
    double value;

    if (field->length == 0)
        return refuse(r, row, j, field, "a row without a label", err);
    if (r->config->normal.n) {
        r->labels[row] = !is_normal(r->config, field);
        return true;
    }
    if (!sl_decimal_parse(field->at, field->length, &value) || value != floor(value) ||
        fabs(value) > INT32_MAX)
        return refuse(
            r, row, j, field,
            "a label is a whole number, or 'normal' says which labels are normal", err);
    r->labels[row] = (int32_t)value;
    return true;
}

static bool
read_row(void *context, size_t tile, size_t row, const struct sl_csv_field *found,
         struct sl_error *err)
{
    const struct reading *r = context;

    (void)tile;
    for (size_t j = 0; j < r->frame->count; j++) {
        bool right = true;

        if (r->kinds[j] == NUMBER)
            right = read_number(r, row, j, &found[j], err);
        else if (r->kinds[j] == WORD)
            right = read_word(r, row, j, &found[j], err);
        else if (r->kinds[j] == LABEL)
            right = read_label(r, row, j, &found[j], err);
        if (!right)
            return false;
    }
    return true;
}

static enum sl_status
read(struct sl_frame *frame, void *x, int32_t *labels, struct sl_error *err)
{
    const struct config *c = frame->reader_config;
    struct reading r = {
        .frame = frame, .config = c, .numbers_missing = any_number(&c->missing_words)};

    r.kinds = sl_arena_alloc(frame->arena, frame->count * sizeof *r.kinds);
    for (size_t j = 0; j < frame->count; j++) {
        const struct sl_frame_column *column = &frame->columns[j];

        r.kinds[j] = column->words && column->width ? WORD
                     : column->width                ? NUMBER
                                                    : SKIP;
        if (c->label && strcmp(column->name, c->label) == 0)
            r.kinds[j] = LABEL;
    }
    for (size_t p = 0; p < frame->part_count; p++) {
        r.part = &frame->parts[p];
        r.x = (char *)x + r.part->first * frame->d * sl_dtype_size(frame->type);
        r.labels = labels ? labels + r.part->first : NULL;
        SL_TRY(sl_csv_each(r.part->source, frame->pool, frame->count, read_row, &r, err));
    }
    return SL_OK;
}

/* ---- columns that choose rows --------------------------------------------------------------- */

struct keys {
    struct reading reading;
    size_t column;
    double *numbers; /* of the part; one of the two */
    uint32_t *codes;
    struct sl_word_set words;
};

static bool
read_key(void *context, size_t tile, size_t row, const struct sl_csv_field *found,
         struct sl_error *err)
{
    struct keys *k = context;
    const struct sl_csv_field *field = &found[k->column];

    (void)tile;
    if (k->codes)
        return sl_word_set_add(&k->words, field->at, field->length, &k->codes[row],
                               err) == SL_OK;
    if (sl_decimal_parse(field->at, field->length, &k->numbers[row]) ||
        sl_date_parse(field->at, field->length, &k->numbers[row]))
        return true;
    return refuse(&k->reading, row, k->column, field, "neither a number nor a date", err);
}

static enum sl_status
numbers(struct sl_frame *frame, const char *column, double *at, struct sl_error *err)
{
    struct keys keys = {.reading = {.frame = frame, .config = frame->reader_config}};

    SL_TRY(sl_frame_find(frame, column, &keys.column, err));
    for (size_t p = 0; p < frame->part_count; p++) {
        keys.reading.part = &frame->parts[p];
        keys.numbers = at + frame->parts[p].first;
        SL_TRY(sl_csv_each(frame->parts[p].source, frame->pool, frame->count, read_key,
                           &keys, err));
    }
    return SL_OK;
}

/* One piece after the other, so that words are numbered in the order of the file. */
static enum sl_status
codes(struct sl_frame *frame, const char *column, struct sl_frame_codes *codes,
      struct sl_error *err)
{
    struct keys keys = {.reading = {.frame = frame, .config = frame->reader_config},
                        .words = {.arena = frame->arena}};
    enum sl_status status = SL_OK;
    const char **words;

    SL_TRY(sl_frame_find(frame, column, &keys.column, err));
    codes->at = sl_arena_array(frame->arena, frame->n, sizeof *codes->at);
    if (!codes->at)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for '%s'", column);
    for (size_t p = 0; p < frame->part_count && status == SL_OK; p++) {
        keys.codes = codes->at + frame->parts[p].first;
        status =
            sl_csv_each(frame->parts[p].source, NULL, frame->count, read_key, &keys, err);
    }
    codes->count = keys.words.n;
    words = sl_arena_alloc(frame->arena, (keys.words.n + 1) * sizeof *words);
    if (keys.words.n)
        memcpy(words, keys.words.words, keys.words.n * sizeof *words);
    codes->words = words;
    sl_word_set_release(&keys.words);
    return status;
}

static const struct sl_frame_reader reader = {open, read, codes, numbers, close};

/* ---- the module --------------------------------------------------------------------------- */

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;

    sl_frame_check(&c->frame, check);
    if (c->normal.n && !c->label)
        sl_report_add(check->report, SL_ERROR, check->mark,
                      "'normal' is about labels; say which column has them with 'label'");
}

static void
schema(const void *config, struct sl_arena *arena, struct sl_schema *schema)
{
    sl_frame_schema(&((const struct config *)config)->frame, arena, schema);
}

static enum sl_status
files(const void *config, struct sl_arena *arena,
      void (*visit)(void *context, const char *path, const char *sha256), void *context,
      struct sl_error *err)
{
    const struct config *c = config;

    (void)visit; /* the engine hashes the files that fields name */
    (void)context;
    return sl_frame_look(&c->frame, c, &reader, arena, err);
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;

    return sl_frame_load(step, &c->frame, c, &reader, err);
}

const struct sl_module load_csv = {
    .entry = {.name = "csv",
              .summary = "tables in text files: CSV, TSV and their kin",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .outputs = outputs,
    .results = results,
    .fixed_rows = true,
    .draws = SL_DRAWS_SPLITS,
    .check = check,
    .schema = schema,
    .files = files,
    .run = run,
};
