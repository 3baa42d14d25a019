/* SPDX-License-Identifier: MIT */
#ifndef SL_TESTS_SAMPLE_NPY_H
#define SL_TESTS_SAMPLE_NPY_H

#include <stddef.h>

/* NumPy files for tests. */

/* The bytes of an array: a header of version 1.0 with that dictionary, padded as NumPy
 * does, then the elements. To be freed. */
char *sample_npy(const char *dictionary, const void *elements, size_t size,
                 size_t *count);
/* The same as a file. */
void sample_npy_write(const char *path, const char *dictionary, const void *elements,
                      size_t size);

/* A zip file of n arrays, deflated. */
struct sample_member {
    const char *name, *dictionary;
    const void *elements;
    size_t size;
};
void sample_npz(const char *path, const struct sample_member *members, size_t n);

#endif
