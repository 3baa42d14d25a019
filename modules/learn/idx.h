/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_IDX_H
#define SL_LEARN_IDX_H

#include <stddef.h>

#include "runner/store/content.h"
#include "runner/tensor/tensor.h"

/*
 * IDX, the format of MNIST: two zeros, a type code, the number of dimensions, each
 * dimension as 4 bytes, then the elements; all big-endian. Read plain or gzipped.
 *
 * Types: uint8 (0x08), int32 (0x0C), float32 (0x0D), float64 (0x0E).
 *
 * The header is checked against the size of the file when it is opened, so what a file
 * promises can be allocated: it is never more than 1032 times what lies on disk. Errors
 * are SL_ERR_IO and name the file and the byte.
 */
struct sl_idx {
    const char *path; /* the caller's */
    struct sl_content *content;
    enum sl_dtype type;
    unsigned rank;
    size_t shape[SL_MAX_RANK];
    size_t count, bytes; /* of all elements */
    size_t given;        /* bytes that sl_idx_next gave */
};

/* rank: how many dimensions are expected, 0: any. */
enum sl_status sl_idx_open(struct sl_idx *idx, const char *path, unsigned rank,
                           struct sl_error *err);
/* Does nothing on {0}. */
void sl_idx_close(struct sl_idx *idx);

/* The next elements, as many as count and no more than are left, in the machine's byte order;
 * checks that the file has them, and that it ends behind the last. */
enum sl_status sl_idx_next(struct sl_idx *idx, size_t count, void *elements,
                           struct sl_error *err);

/* All elements and, unless it is NULL, checks the SHA-256 (hex) of the whole uncompressed
 * file. Once, in place of sl_idx_next. */
enum sl_status sl_idx_read(struct sl_idx *idx, const char *sha256, void *elements,
                           struct sl_error *err);

/* A whole file as a tensor in the arena; rank and sha256 as above. */
struct sl_idx_file {
    const char *path, *sha256;
    unsigned rank;
};
enum sl_status sl_idx_load(const struct sl_idx_file *file, struct sl_arena *arena,
                           struct sl_tensor *tensor, struct sl_error *err);

#endif
