/* SPDX-License-Identifier: MIT */
#include "modules/learn/npy.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/learn/npy_header.h"

/* Bytes that are read at a time. */
#define PIECE ((size_t)1 << 18)

struct sl_npy_source {
    struct sl_content *content; /* one of the two */
    struct sl_member *member;
    uint64_t bound; /* the most bytes there can be; exact: that many */
    bool exact;
    uint64_t at; /* bytes read so far */
    struct sl_npy_header header;
    char piece[PIECE];
};

static enum sl_status
fail(const struct sl_npy *npy, struct sl_error *err, const char *what)
{
    return sl_fail(err, SL_ERR_IO, "'%s'%s%s: %s", npy->path, npy->member ? ": " : "",
                   npy->member ? npy->member : "", what);
}

static enum sl_status
read_bytes(struct sl_npy_source *s, void *bytes, size_t count, size_t *got,
           struct sl_error *err)
{
    if (s->member)
        SL_TRY(sl_member_read(s->member, bytes, count, got, err));
    else
        SL_TRY(sl_content_read(s->content, bytes, count, got, err));
    s->at += *got;
    return SL_OK;
}

/* ---- opening ----------------------------------------------------------------------------- */

/* The bytes of all elements; false where the product overflows. */
static bool
size_of(const struct sl_npy *npy, size_t *count, size_t *bytes)
{
    *count = 1;
    for (unsigned i = 0; i < npy->rank; i++)
        if (__builtin_mul_overflow(*count, npy->shape[i], count))
            return false;
    return !__builtin_mul_overflow(*count, npy->source->header.size, bytes);
}

static enum sl_status
check_size(struct sl_npy *npy, struct sl_error *err)
{
    const struct sl_npy_source *s = npy->source;
    size_t bytes;
    char text[200];

    if (!size_of(npy, &npy->count, &bytes) || bytes > SIZE_MAX - s->at)
        return fail(npy, err, "the dimensions of its header overflow");
    if (npy->count == 0)
        return fail(npy, err, "it has no samples: a dimension is 0");
    if (s->exact ? bytes + s->at != s->bound : bytes + s->at > s->bound) {
        snprintf(text, sizeof text,
                 "the header promises %zu bytes behind it; %s%llu are there", bytes,
                 s->exact ? "" : "at most ", (unsigned long long)(s->bound - s->at));
        return fail(npy, err, text);
    }
    return SL_OK;
}

static enum sl_status
read_header(struct sl_npy *npy, struct sl_error *err)
{
    struct sl_npy_source *s = npy->source;
    char said[200];
    size_t need, got;

    SL_TRY(read_bytes(s, s->piece, SL_NPY_PREFIX, &got, err));
    if (!sl_npy_prefix(s->piece, got, &need, said))
        return fail(npy, err, said);
    SL_TRY(read_bytes(s, s->piece + SL_NPY_PREFIX, need, &got, err));
    if (got < need)
        return fail(npy, err, "truncated: it ends within its header");
    if (!sl_npy_parse(s->piece, SL_NPY_PREFIX + need, &s->header, said))
        return fail(npy, err, said);
    npy->type = s->header.type;
    npy->fortran = s->header.fortran;
    npy->rank = s->header.rank;
    memcpy(npy->shape, s->header.shape, sizeof npy->shape);
    return check_size(npy, err);
}

static enum sl_status
open_source(struct sl_npy *npy, struct sl_archive *archive, struct sl_error *err)
{
    struct sl_npy_source *s = npy->source;

    if (archive) {
        s->exact = true;
        SL_TRY(sl_member_open(&s->member, archive, npy->member, &s->bound, err));
    } else {
        SL_TRY(sl_content_open(&s->content, npy->path, err));
        sl_content_leave_hash(s->content);
        s->bound = sl_content_bound(s->content, &s->exact);
    }
    return read_header(npy, err);
}

enum sl_status
sl_npy_open(struct sl_npy *npy, const char *path, struct sl_archive *archive,
            const char *member, struct sl_error *err)
{
    enum sl_status status;

    *npy = (struct sl_npy){.path = path, .member = archive ? member : NULL};
    npy->source = calloc(1, sizeof *npy->source);
    if (!npy->source)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", path);
    status = open_source(npy, archive, err);
    if (status)
        sl_npy_close(npy);
    return status;
}

void
sl_npy_close(struct sl_npy *npy)
{
    if (npy->source) {
        sl_content_close(npy->source->content);
        sl_member_close(npy->source->member);
    }
    free(npy->source);
    npy->source = NULL;
}

size_t
sl_npy_width(const struct sl_npy *npy)
{
    size_t width = 1;

    for (unsigned i = 1; i < npy->rank; i++)
        width *= npy->shape[i];
    return width;
}

/* ---- elements ------------------------------------------------------------------------------ */

static uint64_t
load_bits(const char *at, size_t size, bool big)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;

    switch (size) {
    case 1:
        return (unsigned char)*at;
    case 2:
        memcpy(&two, at, 2);
        return big ? be16toh(two) : le16toh(two);
    case 4:
        memcpy(&four, at, 4);
        return big ? be32toh(four) : le32toh(four);
    default:
        memcpy(&eight, at, 8);
        return big ? be64toh(eight) : le64toh(eight);
    }
}

/* IEEE 754 binary16. */
static float
half(uint64_t bits)
{
    uint32_t sign = (uint32_t)(bits >> 15) << 31, mantissa = bits & 0x3ff;
    uint32_t exponent = bits >> 10 & 0x1f, word;
    float value;

    if (exponent == 0) {
        value = (float)mantissa * 0x1p-24f;
        return sign ? -value : value;
    }
    word = sign | (exponent == 31 ? 0xffu : exponent + 112) << 23 | mantissa << 13;
    memcpy(&value, &word, sizeof value);
    return value;
}

/* Sign-extends the low size bytes. */
static int64_t
extend(uint64_t bits, size_t size)
{
    unsigned shift = 64 - 8 * (unsigned)size;

    return (int64_t)(bits << shift) >> shift;
}

/* One element at its place; false if it is beyond int64. */
static bool
store(const struct sl_npy_header *h, const char *from, void *out, size_t place)
{
    uint64_t bits = load_bits(from, h->size, h->big);
    int64_t whole = h->kind == 'i' ? extend(bits, h->size) : (int64_t)bits;
    float single;

    switch (h->type) {
    case SL_U8:
        ((uint8_t *)out)[place] = (uint8_t)bits;
        return true;
    case SL_I32:
        ((int32_t *)out)[place] = (int32_t)whole;
        return true;
    case SL_U32:
        ((uint32_t *)out)[place] = (uint32_t)bits;
        return true;
    case SL_I64:
        ((int64_t *)out)[place] = whole;
        return h->kind == 'i' || bits <= INT64_MAX;
    case SL_F32:
        single = half(bits);
        if (h->size == 4)
            memcpy(&single, &(uint32_t){(uint32_t)bits}, 4);
        ((float *)out)[place] = single;
        return true;
    case SL_F64:
        memcpy((double *)out + place, &bits, 8);
        return true;
    }
    return true;
}

/* Where elements go: element t of the file is row and column of the array. */
struct target {
    size_t n, width, d;
    const size_t *columns; /* of a Fortran array: t / n -> column in C order */
    const size_t *places;
    bool fortran;
};

/* The place in out, or SIZE_MAX. */
static size_t
place_of(const struct target *target, size_t t)
{
    size_t row = target->fortran ? t % target->n : t / target->width;
    size_t column = target->fortran ? target->columns[t / target->n] : t % target->width;
    size_t place = target->places ? target->places[column] : column;

    return place == SIZE_MAX ? SIZE_MAX : row * target->d + place;
}

/* The columns of the array in the order in which Fortran has them. */
static size_t *
fortran_columns(const struct sl_npy *npy, size_t width)
{
    size_t *columns = malloc(width * sizeof *columns);

    for (size_t i = 0; columns && i < width; i++) {
        size_t rest = i, column = 0, stride = width;

        for (unsigned k = 1; k < npy->rank; k++) {
            stride /= npy->shape[k];
            column += rest % npy->shape[k] * stride;
            rest /= npy->shape[k];
        }
        columns[i] = column;
    }
    return columns;
}

static enum sl_status
read_elements(struct sl_npy *npy, const struct target *target, void *out,
              struct sl_error *err)
{
    struct sl_npy_source *s = npy->source;
    size_t size = s->header.size, got;

    for (size_t t = 0; t < npy->count;) {
        size_t most = PIECE / size, n = npy->count - t < most ? npy->count - t : most;

        SL_TRY(read_bytes(s, s->piece, n * size, &got, err));
        if (got < n * size)
            return fail(npy, err, "truncated: it ends within its elements");
        for (size_t i = 0; i < n; i++, t++) {
            size_t place = place_of(target, t);

            if (place != SIZE_MAX && !store(&s->header, s->piece + i * size, out, place))
                return fail(npy, err, "it holds whole numbers beyond 2^63 - 1");
        }
    }
    SL_TRY(read_bytes(s, s->piece, 1, &got, err));
    return got ? fail(npy, err, "bytes follow behind its elements") : SL_OK;
}

enum sl_status
sl_npy_read(struct sl_npy *npy, const size_t *places, size_t d, void *out,
            struct sl_error *err)
{
    size_t width = sl_npy_width(npy);
    struct target target = {npy->shape[0], width,  d,
                            NULL,          places, npy->fortran && npy->rank > 1};
    size_t *columns = NULL;
    enum sl_status status;

    if (target.fortran && !(target.columns = columns = fortran_columns(npy, width)))
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", npy->path);
    status = read_elements(npy, &target, out, err);
    free(columns);
    return status;
}
