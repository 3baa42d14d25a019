/* SPDX-License-Identifier: MIT */
#include "runner/base/text.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/arena.h"
#include "runner/base/shortest.h"

void
sl_text_release(struct sl_text *text)
{
    free(text->bytes);
    *text = (struct sl_text){0};
}

void
sl_text_clear(struct sl_text *text)
{
    text->count = 0;
    if (text->bytes != NULL)
        text->bytes[0] = '\0';
}

/* Room for more bytes and the NUL behind them. */
static void
reserve(struct sl_text *text, size_t more)
{
    size_t need, capacity = text->capacity;
    char *bytes;

    if (__builtin_add_overflow(text->count, more, &need) || need > SIZE_MAX / 4)
        sl_memory_exhausted();
    if (need < capacity)
        return;
    for (capacity = capacity < 32 ? 64 : capacity; capacity <= need;)
        capacity *= 2;
    bytes = realloc(text->bytes, capacity);
    if (bytes == NULL)
        sl_memory_exhausted();
    text->bytes = bytes;
    text->capacity = capacity;
}

void
sl_text_append_bytes(struct sl_text *text, const void *bytes, size_t count)
{
    reserve(text, count);
    if (count > 0)
        memcpy(text->bytes + text->count, bytes, count);
    text->count += count;
    text->bytes[text->count] = '\0';
}

void
sl_text_append(struct sl_text *text, const char *string)
{
    sl_text_append_bytes(text, string, strlen(string));
}

void
sl_text_vformat(struct sl_text *text, const char *format, va_list args)
{
    va_list again;
    int length;

    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    if (length < 0)
        sl_memory_exhausted();
    reserve(text, (size_t)length);
    vsnprintf(text->bytes + text->count, (size_t)length + 1, format, again);
    text->count += (size_t)length;
    va_end(again);
}

void
sl_text_format(struct sl_text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    sl_text_vformat(text, format, args);
    va_end(args);
}

/* ---- numbers -------------------------------------------------------------------------- */

enum { DIGITS_MOST = 17, WHOLE_MOST = 20 }; /* any double, any whole number */

/* At the end of a text of WHOLE_MOST bytes; the first of them. */
static const char *
write_digits(uint64_t value, char *end)
{
    do
        *--end = (char)('0' + value % 10);
    while (value /= 10);
    return end;
}

void
sl_text_whole(struct sl_text *text, uint64_t value)
{
    char digits[WHOLE_MOST], *end = digits + sizeof digits;
    const char *first = write_digits(value, end);

    sl_text_append_bytes(text, first, (size_t)(end - first));
}

/* As printf's %g has it: digits n of them, the first one counts 10^exponent. */
static void
append_scientific(struct sl_text *text, const char *digits, int n, int exponent)
{
    sl_text_append_bytes(text, digits, 1);
    if (n > 1) {
        sl_text_append_bytes(text, ".", 1);
        sl_text_append_bytes(text, digits + 1, (size_t)n - 1);
    }
    sl_text_format(text, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
}

static void
append_digits(struct sl_text *text, uint64_t value, int exponent)
{
    char room[WHOLE_MOST], *end = room + sizeof room;
    const char *digits = write_digits(value, end);
    int n = (int)(end - digits), before = n + exponent;

    if (before < -3 || before > n) {
        append_scientific(text, digits, n, before - 1);
        return;
    }
    if (before <= 0)
        sl_text_append_bytes(text, "0.000", (size_t)(2 - before));
    else
        sl_text_append_bytes(text, digits, (size_t)before);
    if (before > 0 && before < n)
        sl_text_append_bytes(text, ".", 1);
    before = before > 0 ? before : 0;
    sl_text_append_bytes(text, digits + before, (size_t)(n - before));
}

/* Whole numbers up to here are written without an exponent. */
#define LARGEST_PLAIN 1e15

static bool
digits_say(double value, int precision)
{
    char digits[400]; /* what the longest precision of all would take */

    snprintf(digits, sizeof digits, "%.*g", precision, value);
    return strtod(digits, NULL) == value;
}

/* The fewest digits that say it. A number of more digits is never farther from the value, so
 * those say it, too; but of a power of two, whose neighbours are not equally far, all have to
 * be tried. Most numbers that were computed take 16 or 17. Of those of a power of two one that
 * is not the nearest may be shorter, which is not sought. */
static int
precision_of(double value)
{
    int least = 1, enough = DIGITS_MOST, exponent;

    if (fabs(frexp(value, &exponent)) == 0.5) {
        while (!digits_say(value, least))
            least++;
        return least;
    }
    for (int at = 16; least < enough;
         at = enough >= 16 ? enough - 1 : (least + enough) / 2) {
        if (digits_say(value, at))
            enough = at;
        else
            least = at + 1;
    }
    return enough;
}

void
sl_text_double(struct sl_text *text, double value)
{
    uint64_t digits;
    int exponent;

    if (isnan(value)) {
        sl_text_append(text, ".nan");
        return;
    }
    if (isinf(value)) {
        sl_text_append(text, value > 0 ? ".inf" : "-.inf");
        return;
    }
    if (signbit(value))
        sl_text_append_bytes(text, "-", 1);
    value = fabs(value);
    if (value <= LARGEST_PLAIN && value == floor(value))
        sl_text_whole(text, (uint64_t)value);
    else if (sl_shortest(value, &digits, &exponent))
        append_digits(text, digits, exponent);
    else
        sl_text_format(text, "%.*g", precision_of(value), value);
}

static size_t
min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One row of the table of Wagner and Fischer (1974): on entry row[j] is the distance of the
 * shorter prefix of a to the first j bytes of b, on return that of one byte more. Returns
 * the least of the row, under which no later row can fall. */
static size_t
next_row(size_t *row, char next, const char *b, size_t count)
{
    size_t diagonal = row[0], above, least = ++row[0], j;

    for (j = 1; j <= count; j++) {
        above = row[j];
        row[j] = min(min(above, row[j - 1]) + 1, diagonal + (next != b[j - 1]));
        diagonal = above;
        least = min(least, row[j]);
    }
    return least;
}

size_t
sl_text_distance(const char *a, const char *b, size_t limit)
{
    size_t n = strlen(a), m = strlen(b), result = 0, i, *row;

    if ((n > m ? n - m : m - n) > limit)
        return limit + 1;
    row = malloc((m + 1) * sizeof *row);
    if (row == NULL)
        sl_memory_exhausted();
    for (i = 0; i <= m; i++)
        row[i] = i;
    for (i = 0; i < n && result <= limit; i++)
        result = next_row(row, a[i], b, m);
    if (i == n)
        result = row[m];
    free(row);
    return result <= limit ? result : limit + 1;
}
