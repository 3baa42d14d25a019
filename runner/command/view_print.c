/* SPDX-License-Identifier: MIT */
#include "runner/command/view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/text.h"
#include "runner/command/print.h"

static const char *
text_at(const struct sl_column *column, size_t row)
{
    const char *text = column->at.texts[row];

    return text ? text : "";
}

/* Digits that read back as value: 15 where they do, else 17. sl_text_double would look for
 * the fewest, which takes too long for a million numbers. */
struct digits {
    char text[32];
};

static struct digits
digits_of(double value)
{
    struct digits digits;

    snprintf(digits.text, sizeof digits.text, "%.15g", value);
    if (strtod(digits.text, NULL) != value)
        snprintf(digits.text, sizeof digits.text, "%.17g", value);
    return digits;
}

/* ---- CSV ---------------------------------------------------------------------------- */

/* RFC 4180. */
static void
add_quoted(struct sl_text *line, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        sl_text_append(line, text);
        return;
    }
    sl_text_append(line, "\"");
    for (; *text; text++) {
        sl_text_append_bytes(line, text, 1);
        if (*text == '"')
            sl_text_append(line, "\"");
    }
    sl_text_append(line, "\"");
}

static void
add_csv(struct sl_text *line, const struct sl_column *column, size_t row)
{
    switch (column->type) {
    case SL_COLUMN_DOUBLE:
        if (!isnan(column->at.doubles[row]))
            sl_text_append(line, digits_of(column->at.doubles[row]).text);
        break;
    case SL_COLUMN_INT:
        sl_text_format(line, "%lld", (long long)column->at.ints[row]);
        break;
    case SL_COLUMN_TEXT:
        add_quoted(line, text_at(column, row));
        break;
    }
}

void
sl_view_csv(const struct sl_view *view, FILE *out)
{
    const struct sl_table *table = view->table;
    struct sl_text line = {0};

    for (size_t j = 0; j < table->n; j++) {
        sl_text_append(&line, j ? "," : "");
        add_quoted(&line, table->columns[j].name);
    }
    for (size_t i = 0; i < view->n; i++) {
        fprintf(out, "%s\n", line.bytes);
        sl_text_clear(&line);
        for (size_t j = 0; j < table->n; j++) {
            sl_text_append(&line, j ? "," : "");
            add_csv(&line, &table->columns[j], view->rows[i]);
        }
    }
    fprintf(out, "%s\n", line.bytes ? line.bytes : "");
    sl_text_release(&line);
}

/* ---- JSON --------------------------------------------------------------------------- */

/* Rows are written by hand, since a tree of a million values takes jansson seconds; it
 * escapes what has to be. */
static void
print_text(const char *text, FILE *out)
{
    const unsigned char *c = (const unsigned char *)text;
    json_t *string;

    while (*c >= ' ' && *c < 0x7F && *c != '"' && *c != '\\')
        c++;
    if (!*c) {
        fprintf(out, "\"%s\"", text);
        return;
    }
    string = json_string(text);
    if (!string || json_dumpf(string, out, JSON_ENCODE_ANY) != 0)
        fputs("null", out); /* no UTF-8 */
    json_decref(string);
}

static void
print_value(const struct sl_column *column, size_t row, FILE *out)
{
    switch (column->type) {
    case SL_COLUMN_DOUBLE:
        if (isfinite(column->at.doubles[row]))
            fputs(digits_of(column->at.doubles[row]).text, out);
        else
            fputs("null", out); /* JSON has no NaN */
        break;
    case SL_COLUMN_INT:
        fprintf(out, "%lld", (long long)column->at.ints[row]);
        break;
    case SL_COLUMN_TEXT:
        print_text(text_at(column, row), out);
        break;
    }
}

static void
print_rows(const struct sl_view *view, FILE *out)
{
    for (size_t i = 0; i < view->n; i++) {
        fputs(i ? ",\n    {" : "\n    {", out);
        for (size_t j = 0; j < view->table->n; j++) {
            const struct sl_column *column = &view->table->columns[j];
            fputs(j ? ", " : "", out);
            print_text(column->name, out);
            fputs(": ", out);
            print_value(column, view->rows[i], out);
        }
        fputc('}', out);
    }
}

void
sl_view_json(json_t *head, const struct sl_view_named *views, size_t n, FILE *out)
{
    char *text = head ? json_dumps(head, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : NULL;

    if (text)
        fprintf(out, "%.*s,\n", (int)(strlen(text) - strlen("\n}")), text);
    else
        fputs("{\n", out);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "  \"%s\": [", views[i].name);
        print_rows(views[i].view, out);
        fprintf(out, "%s]%s\n", views[i].view->n ? "\n  " : "", i + 1 < n ? "," : "");
    }
    fputs("}\n", out);
    free(text);
    json_decref(head);
}

/* ---- for a terminal ----------------------------------------------------------------- */

static const struct sl_column *
part(const struct sl_table *table, const char *name, const char *suffix)
{
    char full[300];

    if (snprintf(full, sizeof full, "%s%s", name, suffix) >= (int)sizeof full)
        return NULL;
    return sl_table_column(table, full);
}

bool
sl_shown_find(const struct sl_table *table, const char *name, struct sl_shown *shown)
{
    *shown = (struct sl_shown){.title = name, .value = sl_table_column(table, name)};
    if (shown->value)
        return true;
    shown->value = part(table, name, ".mean");
    shown->low = part(table, name, ".low");
    shown->high = part(table, name, ".high");
    return shown->value != NULL;
}

static void
add_number(struct sl_sheet *sheet, const struct sl_shown *shown, size_t row)
{
    double value = shown->value->at.doubles[row], half = (double)NAN;

    if (shown->low && shown->high)
        half = (shown->high->at.doubles[row] - shown->low->at.doubles[row]) / 2;
    if (isnan(value))
        sl_sheet_cell(sheet, "undefined");
    else if (isnan(half))
        sl_sheet_cell(sheet, "%.*g", sl_metric_digits(value), value);
    else
        sl_sheet_cell(sheet, "%.*g ± %.2g", sl_metric_digits(value), value, half);
}

void
sl_shown_cell(struct sl_sheet *sheet, const struct sl_shown *shown, size_t row)
{
    switch (shown->value->type) {
    case SL_COLUMN_DOUBLE:
        add_number(sheet, shown, row);
        break;
    case SL_COLUMN_INT:
        sl_sheet_cell(sheet, "%lld", (long long)shown->value->at.ints[row]);
        break;
    case SL_COLUMN_TEXT:
        sl_sheet_cell(sheet, "%s", text_at(shown->value, row));
        break;
    }
}

void
sl_view_print(const struct sl_view *view, const struct sl_shown *columns, size_t n,
              FILE *out)
{
    struct sl_sheet sheet = {.columns = n};
    size_t hidden;

    for (size_t j = 0; j < n; j++)
        sl_sheet_cell(&sheet, "%s", columns[j].title);
    for (size_t i = 0; i < view->n; i++)
        for (size_t j = 0; j < n; j++)
            sl_shown_cell(&sheet, &columns[j], view->rows[i]);
    hidden = sl_sheet_print(&sheet, out, sl_sheet_width(out));
    if (hidden)
        fprintf(out, "  %zu more column%s; --csv and --json have all\n", hidden,
                hidden == 1 ? "" : "s");
    sl_sheet_release(&sheet);
}

enum sl_status
sl_view_list(const char *title, const struct sl_view *view, const char *const *names,
             size_t n, struct sl_call *call, struct sl_error *err)
{
    struct sl_shown *shown = sl_arena_alloc(call->arena, n * sizeof *shown);
    struct sl_view chosen = *view;
    struct sl_view_named rows = {title, &chosen};
    size_t found = 0;

    SL_TRY(sl_view_choose(&chosen, call, err));
    for (size_t i = 0; i < n; i++)
        found += sl_shown_find(view->table, names[i], &shown[found]);
    if (sl_call_option(call, "json"))
        sl_view_json(NULL, &rows, 1, stdout);
    else if (sl_call_option(call, "csv"))
        sl_view_csv(&chosen, stdout);
    else
        sl_view_print(&chosen, shown, found, stdout);
    return SL_OK;
}
