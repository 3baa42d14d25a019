/* SPDX-License-Identifier: MIT */
#include "runner/config/node.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/text.h"
#include "runner/config/character.h"

struct sl_node *
sl_node_new(struct sl_arena *arena, enum sl_node_kind kind, struct sl_mark mark)
{
    struct sl_node *node = SL_NEW(arena, struct sl_node);

    node->kind = kind;
    node->mark = mark;
    node->text = "";
    return node;
}

void
sl_node_append(struct sl_node *parent, struct sl_node *child)
{
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

struct sl_node *
sl_node_get(const struct sl_node *node, const char *key)
{
    if (!node || node->kind != SL_NODE_MAP)
        return NULL;
    for (struct sl_node *child = node->first; child; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

struct sl_node *
sl_node_copy(struct sl_arena *arena, const struct sl_node *node)
{
    struct sl_node *copy = SL_NEW(arena, struct sl_node);

    *copy = *node;
    copy->first = copy->last = copy->next = NULL;
    copy->count = 0;
    for (const struct sl_node *child = node->first; child; child = child->next)
        sl_node_append(copy, sl_node_copy(arena, child));
    return copy;
}

void
sl_node_remove(struct sl_node *node, const char *key)
{
    struct sl_node *child = sl_node_get(node, key), *before = NULL;

    if (!child)
        return;
    for (struct sl_node *at = node->first; at != child; at = at->next)
        before = at;
    if (before)
        before->next = child->next;
    else
        node->first = child->next;
    if (node->last == child)
        node->last = before;
    child->next = NULL;
    node->count--;
}

/* The points of a sweep share histories, so what is there is copied. */
void
sl_node_replaces(struct sl_arena *arena, struct sl_node *node, const struct sl_node *old)
{
    struct sl_node *at = node, *copy;

    for (; at->was; at = copy) {
        copy = SL_NEW(arena, struct sl_node);
        *copy = *at->was;
        at->was = copy;
    }
    at->was = old;
}

/* ---- the core schema ---------------------------------------------------------------- */

static bool
is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const trues[] = {"true", "True", "TRUE", NULL};
static const char *const falses[] = {"false", "False", "FALSE", NULL};

static bool
is_plain(const struct sl_node *node)
{
    return node->kind == SL_NODE_SCALAR && !node->quoted;
}

bool
sl_node_is_null(const struct sl_node *node)
{
    return is_plain(node) && is_one_of(node->text, nulls);
}

bool
sl_node_bool(const struct sl_node *node, bool *value)
{
    bool yes = is_plain(node) && is_one_of(node->text, trues);
    bool no = is_plain(node) && is_one_of(node->text, falses);

    if (yes || no)
        *value = yes;
    return yes || no;
}

static size_t
digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool
is_decimal(const char *text)
{
    size_t whole, fraction = 0;

    text += *text == '-' || *text == '+';
    whole = digits(text);
    text += whole;
    if (*text == '.') {
        fraction = digits(++text);
        text += fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '-' || *text == '+';
        if (digits(text) == 0)
            return false;
        text += digits(text);
    }
    return *text == '\0';
}

/* 0x1F and 0o17. */
static bool
is_radix(const char *text)
{
    if (strncmp(text, "0x", 2) == 0)
        return text[2] && !text[2 + strspn(text + 2, "0123456789abcdefABCDEF")];
    return strncmp(text, "0o", 2) == 0 && text[2] &&
           !text[2 + strspn(text + 2, "01234567")];
}

/* The program never calls setlocale, so strtod reads as in the C locale. */
static bool
text_double(const char *text, double *value)
{
    static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    bool minus = *text == '-';

    if (is_decimal(text))
        *value = strtod(text, NULL);
    else if (is_radix(text))
        *value = (double)strtoull(text + 2, NULL, text[1] == 'x' ? 16 : 8);
    else if (is_one_of(text + (minus || *text == '+'), infinities))
        *value = strtod(minus ? "-inf" : "inf", NULL);
    else if (is_one_of(text, nans))
        *value = strtod("nan", NULL);
    else
        return false;
    return true;
}

bool
sl_node_double(const struct sl_node *node, double *value)
{
    return is_plain(node) && text_double(node->text, value);
}

/* ---- words for messages ------------------------------------------------------------- */

const char *
sl_node_say(const struct sl_node *node, char *text, size_t size)
{
    enum { LONGEST = 60 };
    size_t n = strlen(node->text), shown = n;

    if (node->kind != SL_NODE_SCALAR) {
        snprintf(text, size, "%s", node->kind == SL_NODE_LIST ? "a list" : "a mapping");
        return text;
    }
    if (n == 0 && !node->quoted) {
        snprintf(text, size, "nothing");
        return text;
    }
    if (n > LONGEST)
        for (shown = LONGEST; shown > 0 && (node->text[shown] & 0xc0) == 0x80;)
            shown--;
    snprintf(text, size, "'%.*s%s'", (int)shown, node->text, shown < n ? "..." : "");
    return text;
}

const char *
sl_node_hint(const struct sl_node *node)
{
    const char *colon = is_plain(node) ? strchr(node->text, ':') : NULL;

    return colon && colon > node->text ? "; is a space missing after ':'?" : "";
}

/* ---- printing ----------------------------------------------------------------------- */

/* Words that readers of YAML 1.1 take for something else than text. */
static const char *const odd_words[] = {"yes", "Yes", "YES", "no",  "No",  "NO", "on",
                                        "On",  "ON",  "off", "Off", "OFF", NULL};

/* Whether every reader of YAML takes the text for a string when it stands bare. */
static bool
may_stand_bare(const char *text)
{
    static const char inside[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789_-+./()^ ";
    double number;
    size_t n = strlen(text);

    if (n == 0 || text[strspn(text, inside)] || text[n - 1] == ' ')
        return false;
    if (!isalnum((unsigned char)text[0]) && !strchr("_/", text[0]) &&
        strncmp(text, "./", 2) != 0 && strncmp(text, "../", 3) != 0)
        return false;
    return !is_one_of(text, nulls) && !is_one_of(text, trues) &&
           !is_one_of(text, falses) && !is_one_of(text, odd_words) &&
           !text_double(text, &number) && !(digits(text) && strchr(text, '_'));
}

void
sl_node_print_string(const char *text, struct sl_text *out)
{
    if (may_stand_bare(text)) {
        sl_text_append(out, text);
        return;
    }
    sl_text_append(out, "\"");
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            sl_text_format(out, "\\%c", c);
        else if (c == '\n')
            sl_text_append(out, "\\n");
        else if (c < 0x20 || c == 0x7f)
            sl_text_format(out, "\\x%02x", (unsigned)c);
        else
            sl_text_append_bytes(out, text, 1);
    }
    sl_text_append(out, "\"");
}

static void
print_scalar(const struct sl_node *node, struct sl_text *out)
{
    double number;
    bool flag;

    if (sl_node_is_null(node))
        sl_text_append(out, "null");
    else if (sl_node_bool(node, &flag) || sl_node_double(node, &number))
        sl_text_append(out, node->text);
    else
        sl_node_print_string(node->text, out);
}

/* The lines of a map's or a list's children. */
static void
print_lines(const struct sl_node *node, unsigned indent, struct sl_text *out)
{
    for (const struct sl_node *child = node->first; child; child = child->next) {
        size_t start = out->count;

        if (node->kind == SL_NODE_LIST && child->first) {
            print_lines(child, indent + 2, out);
            out->bytes[start + indent] = '-';
            continue;
        }
        sl_text_format(out, "%*s", (int)indent, "");
        if (node->kind == SL_NODE_MAP)
            sl_node_print_string(child->key, out);
        sl_text_append(out, node->kind == SL_NODE_MAP ? ":" : "-");
        sl_node_print(child, indent + 2, out);
    }
}

void
sl_node_print(const struct sl_node *node, unsigned indent, struct sl_text *out)
{
    bool document = out->count == 0;

    if (node->first) {
        sl_text_append(out, document ? "" : "\n");
        print_lines(node, indent, out);
        return;
    }
    sl_text_append(out, document ? "" : " ");
    if (node->kind == SL_NODE_SCALAR)
        print_scalar(node, out);
    else
        sl_text_append(out, node->kind == SL_NODE_LIST ? "[]" : "{}");
    sl_text_append(out, "\n");
}
