/* SPDX-License-Identifier: MIT */
#include "runner/sweep/value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- what a scalar is --------------------------------------------------------------- */

enum meaning { NOTHING, FLAG, NUMBER, TEXT };

static enum meaning
meaning_of(const struct sl_node *node, double *number)
{
    bool flag;

    *number = 0;
    if (sl_node_is_null(node))
        return NOTHING;
    if (sl_node_double(node, number))
        return NUMBER;
    if (!sl_node_bool(node, &flag))
        return TEXT;
    *number = flag;
    return FLAG;
}

/* The digits of a whole number without its zeros in front, or NULL if it is written in
 * another way. */
static const char *
whole_digits(const char *text)
{
    text += *text == '+';
    if (!*text || text[strspn(text, "0123456789")])
        return NULL;
    return text + strspn(text, "0");
}

/* Beyond 2^53 two whole numbers may have one double; seeds are as large as that. */
static bool
same_number(const struct sl_node *a, double x, const struct sl_node *b, double y)
{
    const char *p = whole_digits(a->text), *q = whole_digits(b->text);

    if (isnan(x) || isnan(y))
        return isnan(x) && isnan(y);
    return x == y && (x < 0x1p53 || !p || !q || strcmp(p, q) == 0);
}

/* ---- equality ----------------------------------------------------------------------- */

static bool
equal_scalars(const struct sl_node *a, const struct sl_node *b)
{
    double x, y;
    enum meaning meaning = meaning_of(a, &x);

    if (meaning_of(b, &y) != meaning)
        return false;
    if (meaning == NUMBER)
        return same_number(a, x, b, y);
    return meaning == TEXT ? strcmp(a->text, b->text) == 0 : x == y;
}

bool
sl_value_equal(const struct sl_node *a, const struct sl_node *b)
{
    const struct sl_node *x, *y;

    if (a == b)
        return true;
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == SL_NODE_SCALAR)
        return equal_scalars(a, b);
    for (x = a->first, y = b->first; x; x = x->next, y = y->next) {
        const struct sl_node *other = a->kind == SL_NODE_MAP ? sl_node_get(b, x->key) : y;

        if (!other || !sl_value_equal(x, other))
            return false;
    }
    return true;
}

/* ---- hashes ------------------------------------------------------------------------- */

/* The finalizer of splitmix64 (Steele, Lea and Flood 2014). */
uint64_t
sl_hash_mix(uint64_t hash, uint64_t next)
{
    hash = (hash * 0x9e3779b97f4a7c15u ^ next) + 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebu;
    return hash ^ hash >> 31;
}

/* FNV-1a. */
static uint64_t
hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
    return hash;
}

static uint64_t
hash_scalar(const struct sl_node *node)
{
    double number;
    enum meaning meaning = meaning_of(node, &number);
    uint64_t bits = 0;

    if (meaning == TEXT)
        return sl_hash_mix(TEXT, hash_text(node->text));
    number = isnan(number) ? 0 : number + 0.0;
    memcpy(&bits, &number, sizeof bits);
    return sl_hash_mix(meaning, bits);
}

uint64_t
sl_value_hash(const struct sl_node *node)
{
    uint64_t hash = 0;

    if (node->kind == SL_NODE_SCALAR)
        return hash_scalar(node);
    for (const struct sl_node *child = node->first; child; child = child->next)
        if (node->kind == SL_NODE_LIST)
            hash = sl_hash_mix(hash, sl_value_hash(child));
        else
            hash += sl_hash_mix(hash_text(child->key), sl_value_hash(child));
    return sl_hash_mix(hash, 16 * node->count + node->kind);
}

/* ---- texts -------------------------------------------------------------------------- */

void
sl_value_print(const struct sl_node *node, struct sl_text *out)
{
    bool map = node->kind == SL_NODE_MAP;
    double number;

    if (node->kind == SL_NODE_SCALAR) {
        if (sl_node_is_null(node))
            sl_text_append(out, "null");
        else if (meaning_of(node, &number) == TEXT)
            sl_node_print_string(node->text, out);
        else
            sl_text_append(out, node->text);
        return;
    }
    sl_text_append(out, map ? "{" : "[");
    for (const struct sl_node *child = node->first; child; child = child->next) {
        if (map) {
            sl_node_print_string(child->key, out);
            sl_text_append(out, ": ");
        }
        sl_value_print(child, out);
        sl_text_append(out, child->next ? ", " : "");
    }
    sl_text_append(out, map ? "}" : "]");
}

const char *
sl_value_text(const struct sl_node *node, struct sl_arena *arena)
{
    struct sl_text line = {0};
    const char *text;
    double number;

    if (node->kind == SL_NODE_SCALAR && meaning_of(node, &number) == NUMBER)
        return node->text;
    sl_value_print(node, &line);
    text = sl_arena_string(arena, line.bytes);
    sl_text_release(&line);
    return text;
}

/* ---- numbers ------------------------------------------------------------------------ */

#define LARGEST_PLAIN 0x1p53

void
sl_number_init(struct sl_number *number, double value, struct sl_mark mark)
{
    bool whole = value == floor(value) && fabs(value) <= LARGEST_PLAIN;

    number->node = (struct sl_node){.kind = SL_NODE_SCALAR, .mark = mark};
    number->node.text = number->text;
    snprintf(number->text, sizeof number->text, whole ? "%.0f" : "%.12g", value + 0.0);
}

void
sl_number_exact(struct sl_number *number, double value)
{
    snprintf(number->text, sizeof number->text, "%.17g", value);
}

const struct sl_node *
sl_number_copy(struct sl_arena *arena, const struct sl_number *number)
{
    struct sl_number *copy = SL_NEW(arena, struct sl_number);

    *copy = *number;
    copy->node.text = copy->text;
    return &copy->node;
}
