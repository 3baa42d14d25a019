/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/config/field_type.h"

/*
 * The types whose values are one scalar: each one's bind and print, side by side. A value
 * is what YAML's core schema makes of it, narrowed by the field's own rule.
 */

static const char *
unquote_hint(const struct sl_node *node)
{
    return node->quoted ? "; write it without quotes" : "";
}

/* "expected an integer in 1..10, got '11'". */
static bool
refuse_number(const struct sl_binder *binder, const struct sl_field *field,
              const struct sl_node *node, const char *what, const char *remedy)
{
    struct sl_text range = {0}, all = {0};

    sl_field_range(field, &range);
    sl_text_append(&all, what);
    if (range.count > 0)
        sl_text_format(&all, " %s%s", strstr(range.bytes, "..") ? "in " : "",
                       range.bytes);
    sl_field_refuse(binder, node, all.bytes, remedy);
    sl_text_release(&range);
    sl_text_release(&all);
    return false;
}

static bool
in_range(const struct sl_field *field, double number)
{
    if ((field->flags & SL_POSITIVE) && number <= field->low)
        return false;
    if (field->low == 0 && field->high == 0)
        return true;
    return number >= field->low && number <= field->high;
}

/* ---- bool --------------------------------------------------------------------------- */

static const char *
bool_hint(const struct sl_node *node)
{
    static const char *const yes[] = {"yes", "on", "y", "1", "t", "true"};
    static const char *const no[] = {"no", "off", "n", "0", "f", "false"};

    if (node->kind != SL_NODE_SCALAR)
        return "";
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (strcasecmp(node->text, yes[i]) == 0)
            return "; write true";
        if (strcasecmp(node->text, no[i]) == 0)
            return "; write false";
    }
    return "";
}

static bool
bool_bind(const struct sl_binder *binder, const struct sl_field *field,
          const struct sl_node *node, void *value)
{
    (void)field;
    return sl_node_bool(node, value) ||
           sl_field_refuse(binder, node, "true or false", bool_hint(node));
}

static void
bool_token(const struct sl_printer *printer, const struct sl_field *field,
           const void *value)
{
    (void)field;
    sl_text_append(printer->out, *(const bool *)value ? "true" : "false");
}

/* ---- integers ----------------------------------------------------------------------- */

/* [-+]?[0-9]+ without leading zeros, which are octal to some. */
static bool
is_decimal_integer(const struct sl_node *node)
{
    const char *text = node->text;

    if (node->kind != SL_NODE_SCALAR || node->quoted)
        return false;
    text += *text == '-' || *text == '+';
    if (*text == '\0' || text[strspn(text, "0123456789")])
        return false;
    return *text != '0' || text[1] == '\0';
}

/* Whether it means an integer but is written in another way: 010, 0x1F, 1_000, 12:30. */
static bool
is_other_integer(const char *text)
{
    text += *text == '-' || *text == '+';
    return *text >= '0' && *text <= '9' &&
           !text[strspn(text, "0123456789abcdefABCDEFxo_:")] &&
           (*text == '0' || strpbrk(text, "_:"));
}

static bool
refuse_integer(const struct sl_binder *binder, const struct sl_field *field,
               const struct sl_node *node)
{
    const char *remedy = unquote_hint(node);

    if (node->kind == SL_NODE_SCALAR && !node->quoted && !is_decimal_integer(node) &&
        is_other_integer(node->text))
        remedy = "; integers are decimal, without leading zeros";
    return refuse_number(binder, field, node, "an integer", remedy);
}

static bool
int_bind(const struct sl_binder *binder, const struct sl_field *field,
         const struct sl_node *node, void *value)
{
    bool fits = is_decimal_integer(node);
    long long number = 0;

    if (fits) {
        errno = 0;
        number = strtoll(node->text, NULL, 10);
        fits = errno == 0 && in_range(field, (double)number);
    }
    if (!fits)
        return refuse_integer(binder, field, node);
    *(int64_t *)value = number;
    return true;
}

static void
int_token(const struct sl_printer *printer, const struct sl_field *field,
          const void *value)
{
    (void)field;
    sl_text_format(printer->out, "%" PRId64, *(const int64_t *)value);
}

static bool
seed_bind(const struct sl_binder *binder, const struct sl_field *field,
          const struct sl_node *node, void *value)
{
    bool fits = is_decimal_integer(node) && node->text[0] != '-';
    unsigned long long number = 0;

    if (fits) {
        errno = 0;
        number = strtoull(node->text, NULL, 10);
        fits = errno == 0;
    }
    if (!fits)
        return refuse_integer(binder, field, node);
    *(uint64_t *)value = number;
    return true;
}

static void
seed_token(const struct sl_printer *printer, const struct sl_field *field,
           const void *value)
{
    (void)field;
    sl_text_format(printer->out, "%" PRIu64, *(const uint64_t *)value);
}

/* ---- double ------------------------------------------------------------------------- */

/* "; write 1.5" would have to guess: 1,500 is 1500 to others. */
static const char *
double_hint(const struct sl_node *node)
{
    if (node->kind != SL_NODE_SCALAR)
        return "";
    if (strchr(node->text, ',') && !node->text[strspn(node->text, "+-0123456789,.")])
        return "; the decimal mark is a point";
    return unquote_hint(node);
}

static bool
double_bind(const struct sl_binder *binder, const struct sl_field *field,
            const struct sl_node *node, void *value)
{
    double number;

    if (!sl_node_double(node, &number) || !isfinite(number) || strpbrk(node->text, "xo"))
        return sl_field_refuse(binder, node, "a finite decimal number",
                               double_hint(node));
    if (!in_range(field, number))
        return refuse_number(binder, field, node, "a number", "");
    *(double *)value = number;
    return true;
}

static void
double_token(const struct sl_printer *printer, const struct sl_field *field,
             const void *value)
{
    (void)field;
    sl_text_double(printer->out, *(const double *)value);
}

/* ---- text --------------------------------------------------------------------------- */

/* Any scalar that is something: a title may be 2026. */
static bool
is_text(const struct sl_node *node)
{
    return node->kind == SL_NODE_SCALAR && !sl_node_is_null(node);
}

static bool
string_bind(const struct sl_binder *binder, const struct sl_field *field,
            const struct sl_node *node, void *value)
{
    (void)field;
    if (!is_text(node))
        return sl_field_refuse(binder, node, "a string", "");
    *(const char **)value = node->text;
    return true;
}

static bool
string_is_set(const void *value)
{
    return *(const char *const *)value != NULL;
}

static void
string_token(const struct sl_printer *printer, const struct sl_field *field,
             const void *value)
{
    struct sl_text escaped = {0};
    const char *at = *(const char *const *)value, *next;

    (void)field;
    /* What is read back is interpolated. */
    for (; (next = strstr(at, "${")) != NULL; at = next + 2) {
        sl_text_append_bytes(&escaped, at, (size_t)(next - at));
        sl_text_append(&escaped, "$${");
    }
    sl_text_append(&escaped, at);
    sl_node_print_string(escaped.bytes, printer->out);
    sl_text_release(&escaped);
}

static bool
word_bind(const struct sl_binder *binder, const struct sl_field *field,
          const struct sl_node *node, void *value)
{
    struct sl_text what = {0}, remedy = {0};
    const char *near;
    int n = 0;

    for (; field->words[n]; n++)
        if (is_text(node) && strcmp(node->text, field->words[n]) == 0) {
            *(int *)value = n;
            return true;
        }
    near = is_text(node) ? sl_nearest(node->text, field->words, (size_t)n) : NULL;
    sl_text_append(&what, n > 1 ? "one of " : "");
    sl_field_words(field->words, (size_t)n, ", ", &what);
    if (near)
        sl_text_format(&remedy, "; did you mean '%s'?", near);
    sl_field_refuse(binder, node, what.bytes, near ? remedy.bytes : "");
    sl_text_release(&what);
    sl_text_release(&remedy);
    return false;
}

static void
word_token(const struct sl_printer *printer, const struct sl_field *field,
           const void *value)
{
    sl_node_print_string(field->words[*(const int *)value], printer->out);
}

const char *
sl_file_find(const struct sl_node *node, struct sl_arena *arena)
{
    const char *slash = node->mark.file ? strrchr(node->mark.file, '/') : NULL;
    const char *beside;

    if (node->text[0] != '/' && slash) {
        beside = sl_arena_format(arena, "%.*s/%s", (int)(slash - node->mark.file),
                                 node->mark.file, node->text);
        if (access(beside, F_OK) == 0)
            return beside;
    }
    return access(node->text, F_OK) == 0 ? node->text : NULL;
}

static const char *
find_data(const struct sl_node *node, struct sl_arena *arena)
{
    const char *folder = getenv("SLUICE_DATA_DIR"), *path;

    if (!folder || !*folder || node->text[0] == '/')
        return NULL;
    path = sl_arena_format(arena, "%s/%s", folder, node->text);
    return access(path, F_OK) == 0 ? path : NULL;
}

static bool
file_bind(const struct sl_binder *binder, const struct sl_field *field,
          const struct sl_node *node, void *value)
{
    struct sl_file *file = value;

    if (!is_text(node) || node->text[0] == '\0')
        return sl_field_refuse(binder, node, "a file name", "");
    *file = (struct sl_file){node->text, NULL, node->mark};
    if (field->flags & SL_DATA)
        file->found = find_data(node, binder->arena);
    if (!file->found)
        file->found = sl_file_find(node, binder->arena);
    return true;
}

static bool
file_is_set(const void *value)
{
    return ((const struct sl_file *)value)->path != NULL;
}

/* Keys hold the content of files, which the caller adds: not where they lie. */
static void
file_token(const struct sl_printer *printer, const struct sl_field *field,
           const void *value)
{
    (void)field;
    if (printer->what == SL_PRINT_ALL)
        sl_node_print_string(((const struct sl_file *)value)->path, printer->out);
    else
        sl_text_append(printer->out, "file");
}

const struct sl_field_class sl_scalar_classes[SL_TYPE_FILE + 1] = {
    [SL_TYPE_BOOL] = {.name = "true or false",
                      .size = sizeof(bool),
                      .bind = bool_bind,
                      .token = bool_token},
    [SL_TYPE_INT] = {.name = "an integer",
                     .size = sizeof(int64_t),
                     .bind = int_bind,
                     .token = int_token},
    [SL_TYPE_SEED] = {.name = "an integer",
                      .size = sizeof(uint64_t),
                      .bind = seed_bind,
                      .token = seed_token},
    [SL_TYPE_DOUBLE] = {.name = "a number",
                        .size = sizeof(double),
                        .bind = double_bind,
                        .token = double_token},
    [SL_TYPE_STRING] = {.name = "a string",
                        .size = sizeof(const char *),
                        .bind = string_bind,
                        .is_set = string_is_set,
                        .token = string_token},
    [SL_TYPE_WORD] = {.name = "a word",
                      .size = sizeof(int),
                      .bind = word_bind,
                      .token = word_token},
    [SL_TYPE_FILE] = {.name = "a file name",
                      .size = sizeof(struct sl_file),
                      .bind = file_bind,
                      .is_set = file_is_set,
                      .token = file_token},
};
