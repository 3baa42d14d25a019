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

/* A column of the rows as their file has it: a number, or one of some words, which takes a
 * column of x for each, 1 for the word that is there and 0 for the others. */
struct sl_feature {
    const char *name;
    size_t n; /* words; 0: a number */
    const char *const *words;
};

/* How the texts of a table say what they mean. */
struct sl_table_texts {
    size_t n; /* words that stand for a missing value, besides an empty field */
    const char *const *missing_words; /* NULL: NA and its kin */
    bool decimal_comma;               /* 1,5 is a number, and 1.5 is none */
};

/* What a table's rows are made of: what new rows have to look like. n features, which take
 * the columns of x in their order. missing: rows may lack values, which are NaN. array_width:
 * of the array that has more columns than these, which are named by their numbers; else 0. */
struct sl_features {
    size_t n;
    const struct sl_feature *at;
    size_t array_width;
    bool missing;
    struct sl_table_texts texts;
};

/* What gathered rows go through: out is n x d of the data set that has the view. */
struct sl_rows_view {
    void (*gather)(const struct sl_rows_view *view, const uint32_t *ids, size_t n,
                   double *out);
    void *state;
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
    const struct sl_features *features; /* NULL: not described */
    const struct sl_rows_view *view;    /* NULL, or in place of x, which is NULL then */
};

/* NULL if there is none. */
const struct sl_split *sl_dataset_split(const struct sl_dataset *data, const char *name);

/* Some rows of a data set. */
struct sl_rows {
    const struct sl_dataset *data;
    const uint32_t *ids; /* n */
    size_t n;
};

/* The feature that column j of x belongs to, and, of one with words, which; NULL: columns
 * are not described. */
const struct sl_feature *sl_features_find(const struct sl_features *features, size_t j,
                                          size_t *word);
/* "amount", "colour=red", or "column 3", counted from 1: for messages and the record. */
const char *sl_dataset_column(const struct sl_dataset *data, size_t j,
                              struct sl_arena *arena);

/* out (n x d): the values of rows ids[0..n-1], divided by scale. */
void sl_rows_gather_f32(const struct sl_dataset *data, const uint32_t *ids, size_t n,
                        float *out);
void sl_rows_gather_f64(const struct sl_dataset *data, const uint32_t *ids, size_t n,
                        double *out);

#endif
