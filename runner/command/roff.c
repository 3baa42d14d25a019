/* SPDX-License-Identifier: MIT */
#include "runner/command/roff.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void
escape(struct sl_text *out, const char *text, size_t n)
{
    if (n > 0 && (*text == '.' || *text == '\''))
        sl_text_append(out, "\\&");
    for (size_t i = 0; i < n; i++)
        if (text[i] == '\\')
            sl_text_append(out, "\\e");
        else if (text[i] == '-')
            sl_text_append(out, "\\-");
        else if (text[i] == '\'')
            sl_text_append(out, "\\(aq");
        else if (text[i] == '^')
            sl_text_append(out, "\\(ha");
        else if (text[i] == '~')
            sl_text_append(out, "\\(ti");
        else if (text[i] == '`')
            sl_text_append(out, "\\(ga");
        else if (text[i] == '"')
            sl_text_append(out, "\\(dq");
        else
            sl_text_append_bytes(out, text + i, 1);
}

void
sl_roff_head(struct sl_text *out, const char *page, int section)
{
    sl_text_append(out, ".TH \"");
    escape(out, page, strlen(page));
    /* No date: the same program gives the same page. */
    sl_text_format(out, "\" %d \"\" \"sluice " SL_VERSION "\" \"sluice\"\n", section);
}

static void
title(struct sl_text *out, const char *macro, const char *text)
{
    sl_text_format(out, "%s \"", macro);
    escape(out, text, strlen(text));
    sl_text_append(out, "\"\n");
}

void
sl_roff_section(struct sl_text *out, const char *text)
{
    title(out, ".SH", text);
}

void
sl_roff_part(struct sl_text *out, const char *text)
{
    title(out, ".SS", text);
}

/* Lines of the source are no longer than that, where words allow it. */
#define WIDTH 72

/* The words of a line, behind those that stand there already: at *column, 0 at the
 * beginning of a line. */
static void
fill(struct sl_text *out, const char *text, size_t n, size_t *column)
{
    for (size_t i = 0, length; i < n; i += length) {
        size_t start = out->count;
        length = strspn(text + i, " ");
        if (length > 0)
            continue;
        length = strcspn(text + i, " \n");
        if (*column > 0)
            sl_text_append(out, *column + length > WIDTH ? "\n" : " ");
        *column = *column + length > WIDTH ? 0 : *column;
        escape(out, text + i, length);
        *column += out->count - start;
    }
}

/* A line as it is. before: what has to stand before the first of several. */
static void
stand(struct sl_text *out, const char *text, size_t n, const char *before)
{
    sl_text_append(out, before);
    escape(out, text, n);
    sl_text_append(out, "\n");
}

/* What the next line needs: behind filled text, an end to its line. */
static void
end_line(struct sl_text *out, size_t *column)
{
    if (*column > 0)
        sl_text_append(out, "\n");
    *column = 0;
}

void
sl_roff_text(struct sl_text *out, const char *text)
{
    bool literal = false, parted = false;
    size_t column = 0;

    for (const char *end; *text; text = *end ? end + 1 : end) {
        bool blank = *text == ' ';
        end = text + strcspn(text, "\n");
        if (blank || end == text)
            end_line(out, &column);
        if (literal && !blank)
            sl_text_append(out, end > text ? ".fi\n.PP\n" : ".fi\n");
        if (end == text)
            sl_text_append(out, ".PP\n");
        else if (blank)
            stand(out, text, (size_t)(end - text),
                  literal  ? ""
                  : parted ? ".nf\n"
                           : ".PP\n.nf\n");
        else
            fill(out, text, (size_t)(end - text), &column);
        literal = blank;
        parted = end == text;
    }
    end_line(out, &column);
    sl_text_append(out, literal ? ".fi\n" : "");
}

void
sl_roff_entry(struct sl_text *out, const char *tag, const char *value)
{
    sl_text_append(out, ".TP\n\\fB");
    escape(out, tag, strlen(tag));
    sl_text_append(out, "\\fR");
    if (value) {
        sl_text_append(out, " \\fI");
        escape(out, value, strlen(value));
        sl_text_append(out, "\\fR");
    }
    sl_text_append(out, "\n");
}

void
sl_roff_usage(struct sl_text *out, const char *program, const char *arguments)
{
    sl_text_append(out, "\\fB");
    escape(out, program, strlen(program));
    sl_text_append(out, "\\fR");
    if (*arguments)
        sl_text_append(out, " ");
    while (*arguments) {
        size_t n = strspn(arguments, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (n > 0) {
            sl_text_append(out, "\\fI");
            escape(out, arguments, n);
            sl_text_append(out, "\\fR");
        } else {
            n = strcspn(arguments, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
            escape(out, arguments, n);
        }
        arguments += n;
    }
    sl_text_append(out, "\n");
}

void
sl_roff_indent(struct sl_text *out)
{
    sl_text_append(out, ".RS\n");
}

void
sl_roff_outdent(struct sl_text *out)
{
    sl_text_append(out, ".RE\n");
}
