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

#include "modules/learn/csv_cells.h"
#include "modules/learn/word_set.h"
#include "runner/base/decimal.h"

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

/* pandas reads an index that it wrote without a name as "Unnamed: 0". */
static bool
is_unnamed(const char *name)
{
    return !*name || strncmp(name, "Unnamed: ", 9) == 0;
}

/* Columns without a name are named by their number. */
static enum sl_status
name_columns(struct sl_frame *frame, const struct sl_frame_part *part, const char **names,
             size_t n, struct sl_error *err)
{
    const struct config *c = frame->reader_config;
    bool *unnamed = sl_arena_alloc(frame->arena, n * sizeof *unnamed);

    for (size_t j = 0; j < n; j++) {
        unnamed[j] = c->header && is_unnamed(names[j]);
        if (!c->header || !*names[j])
            names[j] = sl_arena_format(frame->arena, "%zu", j + 1);
    }
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
    for (size_t j = 0; j < n; j++) {
        frame->columns[j].name = names[j];
        frame->columns[j].unnamed = unnamed[j];
    }
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
learn_words(void *context, size_t tile, size_t row, const struct sl_csv_field *found,
            struct sl_error *err)
{
    const struct learning_words *l = context;
    uint32_t number;

    (void)tile;
    (void)row;
    for (size_t j = 0; j < l->frame->count; j++) {
        if (!l->one_hot[j] || sl_csv_is_missing(&l->config->missing_words, &found[j]))
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
    frame->texts = (struct sl_table_texts){c->missing_words.n, c->missing_words.at,
                                           c->decimal == DECIMAL_COMMA};
    frame->labelled = c->label != NULL;
    frame->normal_in = c->normal.n ? c->label : NULL;
    if (c->label)
        SL_TRY(sl_frame_find(frame, c->label, &label, err));
    one_hot = sl_arena_alloc(frame->arena, frame->count * sizeof *one_hot);
    SL_TRY(mark_one_hot(frame, one_hot, err));
    if (c->one_hot.n && !frame->looking)
        SL_TRY(find_words(frame, one_hot, err));
    SL_TRY(sl_frame_select(frame, &c->label, 1, err));
    return sl_frame_check_unnamed(frame, one_hot, err);
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

struct reading {
    struct sl_csv_cells cells;
    int *kinds; /* of each column */
};

static bool
any_number(const struct sl_string_list *words)
{
    for (size_t i = 0; i < words->n; i++)
        if (is_number(words->at[i]))
            return true;
    return false;
}

static bool
read_row(void *context, size_t tile, size_t row, const struct sl_csv_field *found,
         struct sl_error *err)
{
    const struct reading *r = context;

    (void)tile;
    for (size_t j = 0; j < r->cells.frame->count; j++) {
        bool right = true;

        if (r->kinds[j] == NUMBER)
            right = sl_csv_read_number(&r->cells, row, j, &found[j], err);
        else if (r->kinds[j] == WORD)
            right = sl_csv_read_word(&r->cells, row, j, &found[j], err);
        else if (r->kinds[j] == LABEL)
            right = sl_csv_read_label(&r->cells, row, j, &found[j], err);
        if (!right)
            return false;
    }
    return true;
}

static struct sl_csv_cells
cells_of(const struct sl_frame *frame)
{
    const struct config *c = frame->reader_config;

    return (struct sl_csv_cells){
        .frame = frame,
        .missing = c->missing_words,
        .normal = c->normal,
        .numbers_missing = any_number(&c->missing_words),
        .comma = c->decimal == DECIMAL_COMMA,
    };
}

static enum sl_status
read(struct sl_frame *frame, void *x, int32_t *labels, struct sl_error *err)
{
    const struct config *c = frame->reader_config;
    struct reading r = {.cells = cells_of(frame)};

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
        const struct sl_frame_part *part = &frame->parts[p];

        r.cells.part = part;
        r.cells.x = (char *)x + part->first * frame->d * sl_dtype_size(frame->type);
        r.cells.labels = labels ? labels + part->first : NULL;
        SL_TRY(sl_csv_each(part->source, frame->pool, frame->count, read_row, &r, err));
    }
    return SL_OK;
}

/* ---- columns that choose rows --------------------------------------------------------------- */

struct keys {
    struct sl_csv_cells cells;
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
    return sl_csv_refuse(&k->cells, row, k->column, field, "neither a number nor a date",
                         err);
}

static enum sl_status
numbers(struct sl_frame *frame, const char *column, double *at, struct sl_error *err)
{
    struct keys keys = {.cells = cells_of(frame)};

    SL_TRY(sl_frame_find(frame, column, &keys.column, err));
    for (size_t p = 0; p < frame->part_count; p++) {
        keys.cells.part = &frame->parts[p];
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
    struct keys keys = {.cells = cells_of(frame), .words = {.arena = frame->arena}};
    enum sl_status status = SL_OK;
    const char **words;

    SL_TRY(sl_frame_find(frame, column, &keys.column, err));
    codes->at = sl_arena_rows(frame->arena, frame->n, sizeof *codes->at);
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

    sl_frame_check(config, check);
    sl_frame_check_labels(&c->frame, check, "'label' names their column");
    if (c->normal.n && !c->label)
        sl_report_add(check->report, SL_ERROR, check->mark,
                      "'normal' is about labels; say which column has them with 'label'");
}

SL_FRAME_FILES(reader)
SL_FRAME_RUN(reader)

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
    .schema = sl_frame_schema,
    .files = files,
    .run = run,
};
