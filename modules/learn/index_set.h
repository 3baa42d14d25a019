/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_INDEX_SET_H
#define SL_LEARN_INDEX_SET_H

#include "modules/learn/layer.h"

/*
 * Some of the columns 0..d-1, for a coupling: those of the set stay as they are and decide
 * what becomes of the others. So neither may be without a column.
 */
struct sl_index_set {
    size_t n, m;
    const uint32_t *in;  /* n columns, ascending */
    const uint32_t *out; /* the other m, ascending */
};

/* To be SL_INCLUDEd among a layer's fields. */
struct sl_index_set_config {
    struct sl_word_or_ints set; /* even, odd, first-half, random, or a list */
    uint64_t seed;
};
extern const struct sl_field sl_index_set_fields[];

/*
 * The set among the layer's columns; memory is the layer's. `random` takes d / 2 of them,
 * drawn from the configuration's seed and the layer's name.
 *
 * SL_ERR_CONFIG, at the set's place, for a column that is not there or stands there twice,
 * and for a set that is empty or full.
 */
enum sl_status sl_index_set_make(const struct sl_index_set_config *config,
                                 const struct sl_layer *layer, struct sl_index_set *set,
                                 struct sl_error *err);

/* 0..d-1 in an order that seed and the layer's name decide. */
uint32_t *sl_index_shuffle(uint64_t seed, const struct sl_layer *layer);

/* out: n x k, the given k columns of x, n x d; and the way back. */
void sl_columns_take_f32(size_t n, size_t d, const float *x, size_t k,
                         const uint32_t *columns, float *out);
void sl_columns_take_f64(size_t n, size_t d, const double *x, size_t k,
                         const uint32_t *columns, double *out);
void sl_columns_put_f32(size_t n, size_t k, const uint32_t *columns, const float *x,
                        size_t d, float *out);
void sl_columns_put_f64(size_t n, size_t k, const uint32_t *columns, const double *x,
                        size_t d, double *out);

#endif
