/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_NPY_H
#define SL_LEARN_NPY_H

#include <stdbool.h>

#include "runner/store/archive.h"
#include "runner/store/content.h"
#include "runner/tensor/tensor.h"

/*
 * An array in NumPy's format (NEP 1, versions 1.0 to 3.0): a file NAME.npy, plain or gzip,
 * or a member of an .npz, which is a zip file. Of the header a fixed grammar is read:
 * {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4)}, its keys in any order.
 *
 * Numbers of all widths in either byte order are read, as the narrowest type of ours that
 * holds them: bool and uint8 as uint8; int8, int16, uint16 and int32 as int32; uint32;
 * int64 and uint64 as int64; float16 and float32 as float32; float64. Python objects, texts,
 * dates, complex numbers and records are refused by name.
 *
 * Errors are SL_ERR_IO and name the file. What the header promises is compared with the
 * size of the file before anything is allocated.
 */
struct sl_npy {
    const char *path, *member; /* the caller's; member NULL: the file is the array */
    enum sl_dtype type;
    unsigned rank;
    size_t shape[SL_MAX_RANK];
    size_t count; /* of all elements */
    bool fortran;
    struct sl_npy_source *source;
};

/* member: of an open archive, else NULL. Both texts live as long as npy. */
enum sl_status sl_npy_open(struct sl_npy *npy, const char *path,
                           struct sl_archive *archive, const char *member,
                           struct sl_error *err);
/* Does nothing on {0}. */
void sl_npy_close(struct sl_npy *npy);

/*
 * All elements, once, as rows of width shape[1] * shape[2] * ... in C order, whatever the
 * file's. out: shape[0] x d of npy->type; places[j] is the column of out for column j of
 * the array, SIZE_MAX: left out; places NULL: all, in order.
 */
enum sl_status sl_npy_read(struct sl_npy *npy, const size_t *places, size_t d, void *out,
                           struct sl_error *err);

/* Columns of a row: the product of all dimensions but the first. */
size_t sl_npy_width(const struct sl_npy *npy);

#endif
