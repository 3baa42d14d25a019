/* SPDX-License-Identifier: MIT */
#include "runner/command/sheet.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "runner/base/arena.h"

void
sl_sheet_release(struct sl_sheet *sheet)
{
    free(sheet->starts);
    sl_text_release(&sheet->bytes);
}

static void
note_start(struct sl_sheet *sheet)
{
    if (sheet->n == sheet->capacity) {
        sheet->capacity = sheet->capacity ? 2 * sheet->capacity : 256;
        sheet->starts = realloc(sheet->starts, sheet->capacity * sizeof *sheet->starts);
        if (!sheet->starts)
            sl_memory_exhausted();
    }
    sheet->starts[sheet->n++] = sheet->bytes.count;
}

void
sl_sheet_cell(struct sl_sheet *sheet, const char *format, ...)
{
    char text[200];
    va_list args, again;
    int length;

    note_start(sheet);
    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(text, sizeof text, format, args);
    if (length >= 0 && (size_t)length < sizeof text)
        sl_text_append_bytes(&sheet->bytes, text, (size_t)length);
    else
        sl_text_vformat(&sheet->bytes, format, again);
    va_end(again);
    va_end(args);
    for (size_t i = sheet->starts[sheet->n - 1]; i < sheet->bytes.count; i++)
        if ((unsigned char)sheet->bytes.bytes[i] < ' ' || sheet->bytes.bytes[i] == 0x7F)
            sheet->bytes.bytes[i] = ' ';
    sl_text_append_bytes(&sheet->bytes, "", 1);
}

static const char *
cell(const struct sl_sheet *sheet, size_t i)
{
    return sheet->bytes.bytes + sheet->starts[i];
}

/* In characters, not in bytes. */
static size_t
length_of(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += (*text & 0xC0) != 0x80;
    return n;
}

struct layout {
    size_t width;
    bool right;
};

static struct layout
lay_out(const struct sl_sheet *sheet, size_t column)
{
    struct layout layout = {length_of(cell(sheet, column)), false};
    size_t numbers = 0, texts = 0;

    for (size_t i = sheet->columns + column; i < sheet->n; i += sheet->columns) {
        const char *text = cell(sheet, i);
        size_t length = length_of(text), start = strspn(text, "-+.");
        if (length > layout.width)
            layout.width = length;
        if (text[start] >= '0' && text[start] <= '9')
            numbers++;
        else if (strcmp(text, "-") != 0 && strcmp(text, "undefined") != 0)
            texts += *text != '\0';
    }
    layout.right = numbers > texts;
    return layout;
}

/* How many columns fit; at least one does. */
static size_t
fitting(const struct sl_sheet *sheet, const struct layout *layouts, size_t width)
{
    size_t used = 0;

    for (size_t i = 0; i < sheet->columns; i++) {
        used += 2 + layouts[i].width;
        if (width && used > width && i > 0)
            return i;
    }
    return sheet->columns;
}

/* Blanks go out with the cell behind them, so that no line ends in one. */
static void
print_row(const struct sl_sheet *sheet, const struct layout *layouts, size_t first,
          size_t shown, FILE *out)
{
    size_t blanks = 0;

    for (size_t i = 0; i < shown && first + i < sheet->n; i++) {
        const char *text = cell(sheet, first + i);
        size_t rest = layouts[i].width - length_of(text);
        blanks += 2 + (layouts[i].right ? rest : 0);
        if (*text) {
            fprintf(out, "%*s%s", (int)blanks, "", text);
            blanks = 0;
        } else {
            rest = layouts[i].right ? 0 : layouts[i].width;
        }
        blanks += layouts[i].right ? 0 : rest;
    }
    fputc('\n', out);
}

size_t
sl_sheet_print(const struct sl_sheet *sheet, FILE *out, size_t width)
{
    struct layout *layouts;
    struct sl_arena arena;
    size_t shown;

    sl_arena_init(&arena);
    layouts = sl_arena_alloc(&arena, sheet->columns * sizeof *layouts);
    for (size_t i = 0; i < sheet->columns; i++)
        layouts[i] = lay_out(sheet, i);
    shown = fitting(sheet, layouts, width);
    for (size_t i = 0; i < sheet->n; i += sheet->columns)
        print_row(sheet, layouts, i, shown, out);
    sl_arena_release(&arena);
    return sheet->columns - shown;
}

size_t
sl_sheet_width(FILE *out)
{
    struct winsize size;

    if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}
