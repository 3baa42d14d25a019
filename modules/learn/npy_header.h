/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_NPY_HEADER_H
#define SL_LEARN_NPY_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/tensor/tensor.h"

/* The header of a NumPy array, apart from where its bytes come from (npy.h). */
struct sl_npy_header {
    char kind;   /* b, i, u or f */
    size_t size; /* bytes of an element */
    bool big;    /* big-endian */
    bool fortran;
    enum sl_dtype type; /* that it is read as */
    unsigned rank;
    size_t shape[SL_MAX_RANK];
};

/* Bytes that say how long the header is: magic, version and the low bytes of the length. */
#define SL_NPY_PREFIX 10
#define SL_NPY_HEADER_MAX 65536

/* *need: bytes of the header behind the prefix. False, and what is wrong in said (200
 * bytes), if it is none that is read. */
bool sl_npy_prefix(const char *bytes, size_t count, size_t *need, char said[200]);
/* bytes: the prefix and what it needs. */
bool sl_npy_parse(const char *bytes, size_t count, struct sl_npy_header *header,
                  char said[200]);

#endif
