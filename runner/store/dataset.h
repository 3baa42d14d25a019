/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_DATASET_H
#define SL_STORE_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/base/error.h"
#include "runner/base/hash.h"
#include "runner/tensor/tensor.h"

#define SL_SPLIT_NAME_MAX 64

/* Rows of a data set, by their ids, in the order in which they are used. */
struct sl_split {
    const char *name;
    size_t n;
    const uint32_t *rows;
};

/*
 * A data set: its bytes once, in their own type, mapped from one plain file, however many
 * runs use them. The id of a row is its place in x and stays with it.
 *
 * A value is x / scale: 255 for pixels that are meant to lie in [0, 1].
 */
struct sl_dataset {
    struct sl_digest content; /* of x, labels and splits */
    size_t n, d;              /* rows, columns */
    enum sl_dtype type;
    const void *x;         /* n x d, row-major */
    const int32_t *labels; /* n, or NULL */
    double scale;
    size_t height, width; /* of images of one channel, d = height * width; else 0 */
    size_t split_count;
    const struct sl_split *splits;
};

/* NULL if there is none. */
const struct sl_split *sl_dataset_split(const struct sl_dataset *data, const char *name);

/* Some rows of a data set. */
struct sl_rows {
    const struct sl_dataset *data;
    const uint32_t *ids; /* n */
    size_t n;
};

/* out (n x d): the values of rows ids[0..n-1], divided by scale. */
void sl_rows_gather_f32(const struct sl_dataset *data, const uint32_t *ids, size_t n,
                        float *out);
void sl_rows_gather_f64(const struct sl_dataset *data, const uint32_t *ids, size_t n,
                        double *out);

#endif
