/* SPDX-License-Identifier: MIT */
#ifndef SL_TESTS_SAMPLE_H
#define SL_TESTS_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* Small files for tests of data sets. All of them fail the test where they can't write. */

/* cmocka's set-up and tear-down: a new folder, which becomes the current one. */
int sample_enter(void **state);
int sample_leave(void **state);

void sample_write(const char *path, const void *bytes, size_t count);
/* The same, gzipped in one member. */
void sample_gzip(const char *path, const void *bytes, size_t count);
/* Cuts a file to its first `count` bytes. */
void sample_cut(const char *path, size_t count);
/* Appends bytes to a file. */
void sample_append(const char *path, const void *bytes, size_t count);

/* The bytes of an IDX file of uint8: n images of height x width, or labels if height is 0,
 * their pixels drawn from seed; to be freed. Pixels of image i begin with i % 251. */
unsigned char *sample_idx(uint32_t n, uint32_t height, uint32_t width, uint64_t seed,
                          size_t *count);

#endif
