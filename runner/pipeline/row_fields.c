/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/row_fields.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "runner/base/decimal.h"
#include "runner/base/text.h"

size_t
sl_row_shape_count(const struct sl_row_shape *shape)
{
    return shape->n ? shape->n : shape->d;
}

size_t
sl_row_shape_place(const struct sl_row_shape *shape, size_t column)
{
    size_t place = 0;

    if (!shape->n)
        return column;
    for (size_t i = 0; i < column; i++)
        place += shape->columns[i].n ? shape->columns[i].n : 1;
    return place;
}

/* ---- values ------------------------------------------------------------------------- */

static bool
is_missing(const struct sl_row_shape *shape, const char *text)
{
    static const char *const usual[] = {"NA",   "N/A",  "NaN",  "nan",
                                        "NULL", "null", "None", "?"};
    const struct sl_table_texts *texts = &shape->texts;
    const char *const *words = texts->missing_words ? texts->missing_words : usual;
    size_t n = texts->missing_words ? texts->n : sizeof usual / sizeof *usual;

    for (size_t i = 0; text && i < n; i++)
        if (*text == *words[i] && strcmp(text, words[i]) == 0)
            return true;
    return !text || !*text;
}

static bool
parse_infinite(const char *text, size_t length, double *value)
{
    bool negative = length > 0 && *text == '-', sign = length > 0 && strchr("+-", *text);

    text += sign;
    length -= sign;
    *value = negative ? -(double)INFINITY : (double)INFINITY;
    return (length == 3 && strncasecmp(text, "inf", 3) == 0) ||
           (length == 8 && strncasecmp(text, "infinity", 8) == 0);
}

/* The whole text as a decimal number, perhaps one beyond all; spaces around it don't matter. */
static bool
parse_any(const struct sl_row_shape *shape, const char *text, double *value)
{
    size_t length = strlen(text);

    return (shape->texts.decimal_comma ? sl_decimal_parse_comma(text, length, value)
                                       : sl_decimal_parse(text, length, value)) ||
           parse_infinite(text, length, value);
}

static bool
parse_number(const struct sl_row_shape *shape, const char *text, double *value)
{
    return parse_any(shape, text, value) && isfinite(*value);
}

/* What a message calls a column; number: room for one. */
static const char *
name_of(const struct sl_row_shape *shape, size_t column, char number[32])
{
    if (shape->n)
        return shape->columns[column].name;
    snprintf(number, 32, "%zu", column + 1);
    return number;
}

static bool
is_finite(const struct sl_row_shape *shape, double value)
{
    return isfinite(shape->float32 ? (double)(float)value : value);
}

/* Whatever file the value is from. */
static enum sl_status
check_value(const struct sl_row_shape *shape, size_t column, double value,
            struct sl_error *err)
{
    char number[32];
    const char *name;

    if (is_finite(shape, value) || (isnan(value) && shape->missing))
        return SL_OK;
    name = name_of(shape, column, number);
    if (isfinite(value))
        return sl_fail(err, SL_ERR_IO,
                       "column '%s' is %g, too large for float32, which the model's rows "
                       "are of",
                       name, value);
    return isnan(value)
               ? sl_fail(err, SL_ERR_IO, "column '%s' is missing its value", name)
               : sl_fail(err, SL_ERR_IO, "column '%s' is %g; values have to be finite",
                         name, value);
}

static enum sl_status
refuse_number(const struct sl_row_shape *shape, size_t column, const char *text,
              struct sl_error *err)
{
    char number[32];
    bool digits = strspn(text, "+-0123456789.,") == strlen(text);
    const char *hint = "";

    if (digits && shape->texts.decimal_comma && strchr(text, '.'))
        hint = "; the model's rows had decimal commas";
    else if (digits && strchr(text, ','))
        hint = "; decimal comma?";
    return sl_fail(err, SL_ERR_IO, "column '%s' is '%.80s', not a number%s",
                   name_of(shape, column, number), text, hint);
}

static enum sl_status
read_word(const struct sl_feature *c, const char *text, double *x, struct sl_error *err)
{
    bool known = false;

    for (size_t i = 0; i < c->n; i++) {
        x[i] = strcmp(c->words[i], text) == 0;
        known |= x[i] != 0;
    }
    if (!known)
        return sl_fail(err, SL_ERR_IO,
                       "column '%s' is '%.80s', which is none of its %zu values, such as "
                       "'%s'",
                       c->name, text, c->n, c->words[0]);
    return SL_OK;
}

enum sl_status
sl_row_value(const struct sl_row_shape *shape, size_t column, const char *text, double *x,
             struct sl_error *err)
{
    const struct sl_feature *c = shape->n ? &shape->columns[column] : NULL;

    if (is_missing(shape, text)) {
        SL_TRY(check_value(shape, column, (double)NAN, err));
        for (size_t i = 0; i < (c && c->n ? c->n : 1); i++)
            x[i] = (double)NAN;
        return SL_OK;
    }
    if (c && c->n)
        return read_word(c, text, x, err);
    if (!parse_any(shape, text, x))
        return refuse_number(shape, column, text, err);
    return check_value(shape, column, *x, err);
}

enum sl_status
sl_row_check(const struct sl_row_shape *shape, const double *x, struct sl_error *err)
{
    size_t column = 0;

    for (size_t j = 0; j < shape->d; j++) {
        if (is_finite(shape, x[j]) || (isnan(x[j]) && shape->missing))
            continue;
        while (sl_row_shape_place(shape, column + 1) <= j)
            column++;
        return check_value(shape, column, x[j], err);
    }
    return SL_OK;
}

void
sl_row_round(const struct sl_row_shape *shape, size_t n, double *x)
{
    for (size_t i = 0; shape->float32 && i < n * shape->d; i++)
        x[i] = (double)(float)x[i];
}

/* ---- the header --------------------------------------------------------------------- */

static size_t
find_field(size_t n, const char *const *texts, const char *name)
{
    size_t i = 0;

    while (i < n && strcmp(texts[i], name) != 0)
        i++;
    return i;
}

/* A column that the file has no name for is called by its number, as when it was loaded. */
static size_t
find_column(size_t n, const char *const *texts, const char *name)
{
    size_t i = find_field(n, texts, name), number;
    char *end;

    if (i < n)
        return i;
    number = strtoul(name, &end, 10);
    return *end == '\0' && number >= 1 && number <= n && !*texts[number - 1] ? number - 1
                                                                             : n;
}

static enum sl_status
refuse_missing(const struct sl_row_shape *shape, size_t n, const char *const *texts,
               struct sl_error *err)
{
    struct sl_text names = {0};
    size_t missing = 0;

    for (size_t i = 0; i < shape->n; i++)
        if (find_column(n, texts, shape->columns[i].name) == n && missing++ < 8)
            sl_text_format(&names, "%s'%s'", names.count ? ", " : "",
                           shape->columns[i].name);
    sl_fail(err, SL_ERR_SHAPE,
            "%zu of the %zu columns that the model was trained on %s "
            "not there: %s%s",
            missing, shape->n, missing == 1 ? "is" : "are", names.bytes,
            missing > 8 ? ", ..." : "");
    sl_text_release(&names);
    return SL_ERR_SHAPE;
}

static enum sl_status
by_name(struct sl_row_fields *f, size_t n, const char *const *texts,
        struct sl_arena *arena, struct sl_error *err)
{
    struct sl_text ignored = {0};
    size_t twin;
    bool *used = sl_arena_alloc(arena, n * sizeof *used);

    for (size_t i = 0; i < f->shape->n; i++) {
        f->places[i] = find_column(n, texts, f->shape->columns[i].name);
        if (f->places[i] == n)
            return refuse_missing(f->shape, n, texts, err);
        used[f->places[i]] = true;
        twin = find_field(n - f->places[i] - 1, texts + f->places[i] + 1,
                          f->shape->columns[i].name);
        if (twin < n - f->places[i] - 1)
            return sl_fail(
                err, SL_ERR_SHAPE, "columns %zu and %zu have the same name '%s'",
                f->places[i] + 1, f->places[i] + twin + 2, f->shape->columns[i].name);
    }
    for (size_t i = 0; i < n; i++)
        if (!used[i] && *texts[i])
            sl_text_format(&ignored, "%s'%s'", ignored.count ? ", " : "", texts[i]);
        else if (!used[i])
            sl_text_format(&ignored, "%s%zu (it has no name)", ignored.count ? ", " : "",
                           i + 1);
    f->ignored = ignored.count ? sl_arena_string(arena, ignored.bytes) : NULL;
    sl_text_release(&ignored);
    return SL_OK;
}

/* Not even one that is spelled in another way, as 1,5 and 12% are. */
static bool
is_name(const struct sl_row_shape *shape, const char *text)
{
    double ignored;

    return !is_missing(shape, text) && !strchr("+-.,0123456789 \t", *text) &&
           !parse_any(shape, text, &ignored);
}

/* Whether names are all that a record can be: a row of a model with columns of numbers has a
 * number, or a gap. */
static bool
is_all_names(const struct sl_row_shape *shape, size_t n, const char *const *texts)
{
    bool named = false, numbers = false;
    double ignored;
    size_t i = 0;

    for (size_t j = 0; j < shape->n; j++) {
        named |= !parse_number(shape, shape->columns[j].name, &ignored);
        numbers |= shape->columns[j].n == 0;
    }
    while (i < n && is_name(shape, texts[i]))
        i++;
    return named && numbers && i == n;
}

/* Whether a record says names: of columns without names anything that is no number; else
 * all of them, or one that is no number: arrays name their columns "0", "1", and so on; or
 * nothing but what is no number. */
static bool
is_header(const struct sl_row_shape *shape, size_t n, const char *const *texts)
{
    double ignored;
    size_t found = 0;

    for (size_t i = 0; i < n && !shape->n; i++)
        if (!is_missing(shape, texts[i]) && !parse_number(shape, texts[i], &ignored))
            return true;
    for (size_t j = 0; j < shape->n; j++) {
        const char *name = shape->columns[j].name;
        bool there = find_field(n, texts, name) < n;
        if (there && !parse_number(shape, name, &ignored))
            return true;
        found += there;
    }
    return shape->n && (found == shape->n || is_all_names(shape, n, texts));
}

enum sl_status
sl_row_fields_start(struct sl_row_fields *f, const struct sl_row_shape *shape, size_t n,
                    const char *const *texts, bool *header, struct sl_arena *arena,
                    struct sl_error *err)
{
    size_t count = sl_row_shape_count(shape);

    *f = (struct sl_row_fields){.shape = shape, .n = n};
    f->places = sl_arena_alloc(arena, count * sizeof *f->places);
    *header = is_header(shape, n, texts);
    if (*header && shape->n)
        return by_name(f, n, texts, arena, err);
    if (n != count)
        return sl_fail(err, SL_ERR_SHAPE, "rows have %zu columns, the model takes %zu", n,
                       count);
    for (size_t i = 0; i < count; i++)
        f->places[i] = i;
    return SL_OK;
}

enum sl_status
sl_row_fields_read(const struct sl_row_fields *f, size_t n, const char *const *texts,
                   double *x, struct sl_error *err)
{
    size_t count = sl_row_shape_count(f->shape), place = 0;

    if (n != f->n)
        return sl_fail(err, SL_ERR_IO, "%zu field%s, expected %zu", n, n == 1 ? "" : "s",
                       f->n);
    for (size_t i = 0; i < count; i++) {
        SL_TRY(sl_row_value(f->shape, i, texts[f->places[i]], x + place, err));
        place += f->shape->n && f->shape->columns[i].n ? f->shape->columns[i].n : 1;
    }
    return SL_OK;
}
