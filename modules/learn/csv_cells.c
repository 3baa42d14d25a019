/* SPDX-License-Identifier: MIT */
#include "modules/learn/csv_cells.h"

#include <math.h>
#include <string.h>

#include "runner/base/decimal.h"

static bool
is_among(const struct sl_string_list *words, const struct sl_csv_field *field)
{
    for (size_t i = 0; i < words->n; i++)
        if (strncmp(words->at[i], field->at, field->length) == 0 &&
            words->at[i][field->length] == '\0')
            return true;
    return false;
}

bool
sl_csv_is_missing(const struct sl_string_list *words, const struct sl_csv_field *field)
{
    return is_among(words, field) || field->length == 0;
}

/* The remedy, by what the text looks like. comma: it is said to stand before fractions. */
static const char *
hint(const char *text, bool comma)
{
    size_t n = strlen(text), letters = strspn(text, "+-0123456789.,' ");

    if (n && letters == n && strchr(text, ','))
        return comma || strchr(text, '.')
                   ? "; separators of thousands are not read"
                   : "; a decimal comma? 'decimal: comma' reads it";
    if (n && letters == n && comma && strchr(text, '.'))
        return "; a decimal point? 'decimal: comma' is set";
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

bool
sl_csv_refuse(const struct sl_csv_cells *r, size_t row, size_t j,
              const struct sl_csv_field *field, const char *what, struct sl_error *err)
{
    size_t length = field->length;
    char text[41];

    /* cut between characters; a NUL would end the message */
    for (length = length < 40 ? length : 40;
         length > 0 && length < field->length && (field->at[length] & 0xC0) == 0x80;)
        length--;
    for (size_t i = 0; i < length; i++)
        text[i] = field->at[i] ? field->at[i] : '?';
    text[length] = '\0';
    sl_fail(err, SL_ERR_IO, "%s:%zu:%zu: '%s': %s: '%s'%s", r->part->path,
            row + r->frame->first_row, j + 1, r->frame->columns[j].name, what, text,
            strcmp(what, "not a number") == 0 ? hint(text, r->comma) : "");
    return false;
}

static bool
parse_number(const struct sl_csv_cells *r, const struct sl_csv_field *field,
             double *value)
{
    return r->comma ? sl_decimal_parse_comma(field->at, field->length, value)
                    : sl_decimal_parse(field->at, field->length, value);
}

static void
store(const struct sl_frame *frame, void *x, size_t at, double value)
{
    if (frame->type == SL_F32)
        ((float *)x)[at] = (float)value;
    else
        ((double *)x)[at] = value;
}

/* What is no number, or a long one, or one that may stand for a missing value. */
static __attribute__((noinline)) bool
read_odd(const struct sl_csv_cells *r, size_t row, size_t j,
         const struct sl_csv_field *field, double *value, struct sl_error *err)
{
    bool parsed = parse_number(r, field, value);

    if ((!parsed || r->numbers_missing) && sl_csv_is_missing(&r->missing, field))
        *value = (double)NAN;
    else if (!parsed)
        return sl_csv_refuse(r, row, j, field, "not a number", err);
    else if (isinf(*value) || (r->frame->type == SL_F32 && isinf((float)*value)))
        return sl_csv_refuse(r, row, j, field, "too large", err);
    return true;
}

bool
sl_csv_read_number(const struct sl_csv_cells *r, size_t row, size_t j,
                   const struct sl_csv_field *field, struct sl_error *err)
{
    const struct sl_frame *frame = r->frame;
    double value;
    bool plain = !r->comma && !r->numbers_missing &&
                 sl_decimal_short(field->at, field->length, &value);

    if (!plain && !read_odd(r, row, j, field, &value, err))
        return false;
    store(frame, r->x, row * frame->d + frame->columns[j].place, value);
    return true;
}

bool
sl_csv_read_word(const struct sl_csv_cells *r, size_t row, size_t j,
                 const struct sl_csv_field *field, struct sl_error *err)
{
    const struct sl_frame_column *column = &r->frame->columns[j];
    size_t first = row * r->frame->d + column->place, k = 0;
    bool missing = sl_csv_is_missing(&r->missing, field);

    while (!missing && k < column->width &&
           (strncmp(column->words[k], field->at, field->length) != 0 ||
            column->words[k][field->length] != '\0'))
        k++;
    if (!missing && k == column->width)
        return sl_csv_refuse(r, row, j, field, "a word that was not there before", err);
    for (size_t i = 0; i < column->width; i++)
        store(r->frame, r->x, first + i, missing ? (double)NAN : i == k);
    return true;
}

static bool
is_label(const struct sl_csv_field *field, double *value)
{
    return sl_decimal_parse(field->at, field->length, value) && *value == floor(*value) &&
           fabs(*value) <= INT32_MAX;
}

bool
sl_csv_read_label(const struct sl_csv_cells *r, size_t row, size_t j,
                  const struct sl_csv_field *field, struct sl_error *err)
{
    double value;

    if (!r->normal.n && !r->numbers_missing && is_label(field, &value)) {
        r->labels[row] = (int32_t)value;
        return true;
    }
    if (r->normal.n && is_among(&r->normal, field)) {
        r->labels[row] = 0;
        return true;
    }
    if (sl_csv_is_missing(&r->missing, field))
        return sl_csv_refuse(r, row, j, field, "a row without a label", err);
    if (r->normal.n) {
        r->labels[row] = 1;
        return true;
    }
    if (!is_label(field, &value))
        return sl_csv_refuse(
            r, row, j, field,
            "a label is a whole number, or 'normal' says which labels are normal", err);
    r->labels[row] = (int32_t)value;
    return true;
}
