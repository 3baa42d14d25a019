/* SPDX-License-Identifier: MIT */
#include "modules/learn/idx.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#define HEADER_MAX (4 + 4 * SL_MAX_RANK)

static const struct {
    unsigned char code;
    enum sl_dtype type;
} types[] = {{0x08, SL_U8}, {0x0c, SL_I32}, {0x0d, SL_F32}, {0x0e, SL_F64}};

static enum sl_status
read_exactly(struct sl_idx *idx, unsigned char *bytes, size_t at, size_t count,
             size_t needed, struct sl_error *err)
{
    size_t got;

    SL_TRY(sl_content_read(idx->content, bytes + at, count, &got, err));
    if (got < count)
        return sl_fail(err, SL_ERR_IO, "'%s': truncated: need %zu bytes, have %zu",
                       idx->path, needed, at + got);
    return SL_OK;
}

static enum sl_status
check_type(struct sl_idx *idx, unsigned char code, struct sl_error *err)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].code == code) {
            idx->type = types[i].type;
            return SL_OK;
        }
    }
    return sl_fail(err, SL_ERR_IO,
                   "'%s': byte 2: type code 0x%02X is not one that is read: 0x08 "
                   "(uint8), 0x0C (int32), 0x0D (float32), 0x0E (float64)",
                   idx->path, code);
}

/* What the likeliest mix-up of files looks like. */
static const char *
mixed_up(unsigned seen, unsigned expected)
{
    if (seen == 1 && expected == 3)
        return "; is it a file of labels?";
    if (seen == 3 && expected == 1)
        return "; is it a file of images?";
    return "";
}

static enum sl_status
check_magic(struct sl_idx *idx, const unsigned char magic[4], unsigned rank,
            struct sl_error *err)
{
    if (magic[3] == 0 && magic[2] == 0 && magic[1] >= 0x08 && magic[1] <= 0x0e)
        return sl_fail(err, SL_ERR_IO,
                       "'%s': byte 0: 0x%02X where IDX has 0; the header looks "
                       "byte-swapped, IDX is big-endian",
                       idx->path, magic[0]);
    for (int i = 0; i < 2; i++) {
        if (magic[i] != 0)
            return sl_fail(err, SL_ERR_IO,
                           "'%s': byte %d: 0x%02X where IDX has 0; not an IDX file",
                           idx->path, i, magic[i]);
    }
    SL_TRY(check_type(idx, magic[2], err));
    if (rank > 0 && magic[3] != rank)
        return sl_fail(err, SL_ERR_IO,
                       "'%s': byte 3: the number of dimensions is %d, expected %u%s",
                       idx->path, magic[3], rank, mixed_up(magic[3], rank));
    if (magic[3] < 1 || magic[3] > SL_MAX_RANK)
        return sl_fail(err, SL_ERR_IO,
                       "'%s': byte 3: the number of dimensions is %d, expected 1 to %d",
                       idx->path, magic[3], SL_MAX_RANK);
    idx->rank = magic[3];
    return SL_OK;
}

static const char *
shape_text(const struct sl_idx *idx, const size_t *shape, char text[80])
{
    size_t used = 0;

    for (unsigned i = 0; i < idx->rank; i++)
        used +=
            (size_t)snprintf(text + used, 80 - used, "%s%zu", i ? " x " : "", shape[i]);
    return text;
}

/* Bytes of the whole file, or false where they overflow. */
static bool
file_bytes(const struct sl_idx *idx, const size_t *shape, size_t *bytes)
{
    size_t total = sl_dtype_size(idx->type);

    for (unsigned i = 0; i < idx->rank; i++) {
        if (__builtin_mul_overflow(total, shape[i], &total))
            return false;
    }
    return !__builtin_add_overflow(total, 4 + 4 * (size_t)idx->rank, bytes);
}

static bool
fits(const struct sl_idx *idx, const size_t *shape)
{
    bool exact;
    uint64_t bound = sl_content_bound(idx->content, &exact);
    size_t bytes;

    return file_bytes(idx, shape, &bytes) && (exact ? bytes == bound : bytes <= bound);
}

/* The header and the file do not agree: says how. */
static enum sl_status
refuse_shape(const struct sl_idx *idx, struct sl_error *err)
{
    char seen[80], other[80];
    size_t swapped[SL_MAX_RANK], bytes;
    bool exact;
    unsigned long long bound = sl_content_bound(idx->content, &exact);

    shape_text(idx, idx->shape, seen);
    for (unsigned i = 0; i < idx->rank; i++)
        swapped[i] = __builtin_bswap32((uint32_t)idx->shape[i]);
    if (fits(idx, swapped))
        return sl_fail(err, SL_ERR_IO,
                       "'%s': byte 4: the dimensions %s look byte-swapped: %s would fit; "
                       "IDX is big-endian",
                       idx->path, seen, shape_text(idx, swapped, other));
    if (!file_bytes(idx, idx->shape, &bytes))
        return sl_fail(err, SL_ERR_IO, "'%s': byte 4: the dimensions %s overflow",
                       idx->path, seen);
    return sl_fail(err, SL_ERR_IO,
                   "'%s': the header promises %s of %s, %zu bytes; the file %s %llu",
                   idx->path, seen, sl_dtype_name(idx->type), bytes,
                   exact ? "has" : "is gzip that can hold at most", bound);
}

static enum sl_status
read_dimensions(struct sl_idx *idx, unsigned char *head, struct sl_error *err)
{
    size_t size = 4 + 4 * (size_t)idx->rank;

    SL_TRY(read_exactly(idx, head, 4, size - 4, size, err));
    for (unsigned i = 0; i < idx->rank; i++) {
        uint32_t big;

        memcpy(&big, head + 4 + 4 * i, 4);
        idx->shape[i] = be32toh(big);
        if (big == 0)
            return sl_fail(err, SL_ERR_IO, "'%s': byte %u: dimension %u is 0: no %s",
                           idx->path, 4 + 4 * i, i + 1, i == 0 ? "samples" : "values");
    }
    if (!fits(idx, idx->shape))
        return refuse_shape(idx, err);
    file_bytes(idx, idx->shape, &idx->bytes);
    idx->bytes -= size;
    idx->count = idx->bytes / sl_dtype_size(idx->type);
    return SL_OK;
}

static enum sl_status
read_header(struct sl_idx *idx, unsigned rank, struct sl_error *err)
{
    unsigned char head[HEADER_MAX];

    SL_TRY(read_exactly(idx, head, 0, 4, rank ? 4 + 4 * (size_t)rank : 8, err));
    SL_TRY(check_magic(idx, head, rank, err));
    return read_dimensions(idx, head, err);
}

enum sl_status
sl_idx_open(struct sl_idx *idx, const char *path, unsigned rank, struct sl_error *err)
{
    enum sl_status status;

    *idx = (struct sl_idx){.path = path};
    SL_TRY(sl_content_open(&idx->content, path, err));
    status = read_header(idx, rank, err);
    if (status)
        sl_idx_close(idx);
    return status;
}

void
sl_idx_close(struct sl_idx *idx)
{
    sl_content_close(idx->content);
    idx->content = NULL;
}

static void
to_host_order(void *elements, size_t count, size_t size)
{
    if (size == 4) {
        uint32_t *at = elements;

        for (size_t i = 0; i < count; i++)
            at[i] = be32toh(at[i]);
    } else if (size == 8) {
        uint64_t *at = elements;

        for (size_t i = 0; i < count; i++)
            at[i] = be64toh(at[i]);
    }
}

/* got: bytes that are there, `more` of them behind what the header promises. */
static enum sl_status
refuse_length(const struct sl_idx *idx, size_t got, size_t more, struct sl_error *err)
{
    char shape[80];

    return sl_fail(err, SL_ERR_IO,
                   "'%s': the header promises %s of %s, %zu bytes behind it; there "
                   "are %s%zu",
                   idx->path, shape_text(idx, idx->shape, shape),
                   sl_dtype_name(idx->type), idx->bytes, more ? "at least " : "", got);
}

enum sl_status
sl_idx_next(struct sl_idx *idx, size_t count, void *elements, struct sl_error *err)
{
    size_t size = sl_dtype_size(idx->type), got, more = 0;
    unsigned char beyond;

    SL_TRY(sl_content_read(idx->content, elements, count * size, &got, err));
    idx->given += got;
    /* One byte more, to see that there is none: a bomb is not inflated any further. */
    if (idx->given == idx->bytes)
        SL_TRY(sl_content_read(idx->content, &beyond, 1, &more, err));
    if (got < count * size || more > 0)
        return refuse_length(idx, idx->given + more, more, err);
    to_host_order(elements, count, size);
    return SL_OK;
}

enum sl_status
sl_idx_read(struct sl_idx *idx, const char *sha256, void *elements, struct sl_error *err)
{
    SL_TRY(sl_idx_next(idx, idx->count, elements, err));
    return sha256 ? sl_content_verify(idx->content, sha256, err) : SL_OK;
}

enum sl_status
sl_idx_load(const struct sl_idx_file *file, struct sl_arena *arena,
            struct sl_tensor *tensor, struct sl_error *err)
{
    struct sl_idx idx;
    enum sl_status status;

    SL_TRY(sl_idx_open(&idx, file->path, file->rank, err));
    status = sl_tensor_new(tensor, arena, idx.type, idx.rank, idx.shape, err);
    if (!status)
        status = sl_idx_read(&idx, file->sha256, tensor->data, err);
    sl_idx_close(&idx);
    return status;
}
