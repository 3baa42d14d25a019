/* SPDX-License-Identifier: MIT */
#include "modules/learn/npy_header.h"

#include <stdio.h>
#include <string.h>

static bool
say(char said[200], const char *what)
{
    snprintf(said, 200, "%s", what);
    return false;
}

bool
sl_npy_prefix(const char *bytes, size_t count, size_t *need, char said[200])
{
    const unsigned char *b = (const unsigned char *)bytes;

    if (count < SL_NPY_PREFIX || memcmp(bytes, "\x93NUMPY", 6) != 0)
        return say(said, count < SL_NPY_PREFIX ? "truncated: not even a NumPy header"
                                               : "no NumPy array: its magic is wrong");
    if (b[6] < 1 || b[6] > 3 || b[7] != 0) {
        snprintf(said, 200, "version %u.%u of the format is not read; 1.0 to 3.0 are",
                 b[6], b[7]);
        return false;
    }
    /* From version 2 on the length has four bytes, the last two behind the prefix. Nobody
     * writes such headers but for records of many names, which are not read. */
    *need = b[8] + 256u * b[9] + (b[6] > 1 ? 2 : 0);
    return true;
}

/* ---- the dictionary -------------------------------------------------------------------- */

struct cursor {
    const char *at, *end;
};

static void
skip_space(struct cursor *c)
{
    while (c->at < c->end && strchr(" \t\n", *c->at) && *c->at)
        c->at++;
}

static bool
take(struct cursor *c, char letter)
{
    skip_space(c);
    if (c->at == c->end || *c->at != letter)
        return false;
    c->at++;
    return true;
}

static bool
take_word(struct cursor *c, const char *word)
{
    size_t n = strlen(word);

    skip_space(c);
    if ((size_t)(c->end - c->at) < n || strncmp(c->at, word, n) != 0)
        return false;
    c->at += n;
    return true;
}

/* 'text' without escapes, of at most 31 letters. */
static bool
take_text(struct cursor *c, char text[32])
{
    size_t n = 0;
    char quote;

    skip_space(c);
    if (c->at == c->end || (*c->at != '\'' && *c->at != '"'))
        return false;
    quote = *c->at++;
    while (c->at < c->end && *c->at != quote && *c->at != '\\' && n < 31)
        text[n++] = *c->at++;
    text[n] = '\0';
    return take(c, quote);
}

static bool
take_size(struct cursor *c, size_t *value)
{
    const char *start;

    skip_space(c);
    start = c->at;
    *value = 0;
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
        if (__builtin_mul_overflow(*value, (size_t)10, value) ||
            __builtin_add_overflow(*value, (size_t)(*c->at - '0'), value))
            return false;
        c->at++;
    }
    return c->at > start;
}

static bool
parse_shape(struct cursor *c, struct sl_npy_header *h, char said[200])
{
    if (!take(c, '('))
        return say(said, "its shape is no list of sizes");
    while (!take(c, ')')) {
        if (h->rank == SL_MAX_RANK)
            return say(said, "it has more dimensions than are read (5)");
        if (!take_size(c, &h->shape[h->rank]))
            return say(said, "a size in its shape is no whole number from 0 on");
        h->rank++;
        if (!take(c, ',')) {
            if (!take(c, ')'))
                return say(said, "its shape is no list of sizes");
            break;
        }
    }
    return h->rank > 0 || say(said, "it is a single number, no array of rows");
}

static const struct {
    char kind;
    const char *name;
} refused[] = {
    {'O', "Python objects; only numbers are read, and never a pickle"},
    {'U', "texts"},
    {'S', "texts"},
    {'a', "texts"},
    {'V', "records"},
    {'c', "complex numbers"},
    {'M', "dates"},
    {'m', "spans of time"},
};

static const struct {
    const char *code;
    enum sl_dtype type;
} types[] = {
    {"b1", SL_U8},  {"u1", SL_U8},  {"i1", SL_I32}, {"i2", SL_I32},
    {"u2", SL_I32}, {"i4", SL_I32}, {"u4", SL_U32}, {"i8", SL_I64},
    {"u8", SL_I64}, {"f2", SL_F32}, {"f4", SL_F32}, {"f8", SL_F64},
};

/* '<f8': byte order, kind, bytes. */
static bool
parse_descr(struct cursor *c, struct sl_npy_header *h, char said[200])
{
    char text[32];
    const char *code = text;

    if (!take_text(c, text))
        return say(said, "it holds records; only arrays of numbers are read");
    h->big = text[0] == '>';
    if (text[0] && strchr("<>|=", text[0]))
        code++;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (code[0] == refused[i].kind)
            return !snprintf(said, 200, "it holds %s", refused[i].name);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(code, types[i].code) != 0)
            continue;
        h->kind = code[0];
        h->size = (size_t)(code[1] - '0');
        h->type = types[i].type;
        return true;
    }
    return !snprintf(said, 200, "type '%s' is not read", text);
}

static bool
parse_entry(struct cursor *c, struct sl_npy_header *h, char said[200])
{
    char key[32];

    if (!take_text(c, key) || !take(c, ':'))
        return say(said, "its header is damaged");
    if (strcmp(key, "descr") == 0 && h->size == 0)
        return parse_descr(c, h, said);
    if (strcmp(key, "shape") == 0 && h->rank == 0)
        return parse_shape(c, h, said);
    if (strcmp(key, "fortran_order") != 0)
        return !snprintf(said, 200, "its header has an unexpected '%s'", key);
    h->fortran = take_word(c, "True");
    return h->fortran || take_word(c, "False") ||
           say(said, "'fortran_order' is neither True nor False");
}

bool
sl_npy_parse(const char *bytes, size_t count, struct sl_npy_header *header,
             char said[200])
{
    const unsigned char *b = (const unsigned char *)bytes;
    struct cursor c = {bytes + SL_NPY_PREFIX, bytes + count};

    *header = (struct sl_npy_header){.rank = 0};
    if (b[6] > 1) {
        if (count < SL_NPY_PREFIX + 2 || b[10] || b[11])
            return say(said, "its header is longer than 64 KiB");
        c.at += 2;
    }
    if (!take(&c, '{'))
        return say(said, "its header is damaged");
    while (!take(&c, '}')) {
        if (!parse_entry(&c, header, said))
            return false;
        if (!take(&c, ',')) {
            if (!take(&c, '}'))
                return say(said, "its header is damaged");
            break;
        }
    }
    skip_space(&c);
    return (header->size && header->rank && c.at == c.end) ||
           say(said, "its header is damaged");
}
