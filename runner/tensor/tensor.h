/* SPDX-License-Identifier: MIT */
#ifndef SL_TENSOR_TENSOR_H
#define SL_TENSOR_TENSOR_H

#include <stddef.h>
#include <stdint.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"

enum sl_dtype { SL_F32, SL_F64, SL_U8, SL_I32, SL_U32, SL_I64 };

size_t sl_dtype_size(enum sl_dtype type);
const char *sl_dtype_name(enum sl_dtype type); /* "float32", ... */

#define SL_MAX_RANK 5

/* A dense array, row-major, that does not own its data. rank 0 is a scalar. */
struct sl_tensor {
    enum sl_dtype type;
    unsigned rank;
    size_t shape[SL_MAX_RANK];
    void *data;
};

size_t sl_tensor_count(const struct sl_tensor *tensor); /* elements */
size_t sl_tensor_bytes(const struct sl_tensor *tensor);
/* Zeros, from the arena. SL_ERR_MEMORY where there is none. */
enum sl_status sl_tensor_new(struct sl_tensor *tensor, struct sl_arena *arena,
                             enum sl_dtype type, unsigned rank, const size_t *shape,
                             struct sl_error *err);
/* Views of data that is there. */
struct sl_tensor sl_tensor_vector(enum sl_dtype type, void *data, size_t n);
struct sl_tensor sl_tensor_matrix(enum sl_dtype type, void *data, size_t n, size_t d);
/* Element i as a double, whatever the type. */
double sl_tensor_at(const struct sl_tensor *tensor, size_t i);
/* Elements first to first + n - 1 likewise; a loop for each type, in vectors. */
void sl_tensor_take(const struct sl_tensor *tensor, size_t first, size_t n,
                    double *restrict out);

/* Where a value lies with 95 % confidence, and how that was found: "DeLong". */
struct sl_interval {
    double low, high;
    const char *method;
};

/*
 * Named tensors in the order they came: the parameters of a model, the metrics, series
 * and tensors of a step, the content of a checkpoint. One form in memory, one on disk.
 *
 * unit, help   may be NULL
 * axis         of a series: the name of its axis ("epoch"), else NULL
 * at           of a series: where its points lie on that axis, n float64
 * interval     of a scalar: how sure it is; NULL: that is not known
 * undefined    of a scalar that is NaN: why; NULL: that is not said
 */
struct sl_item {
    const char *name;
    struct sl_tensor tensor;
    const char *unit, *help, *axis;
    const double *at;
    const struct sl_interval *interval;
    const char *undefined;
};

struct sl_bundle {
    struct sl_arena *arena; /* holds items, names and data */
    struct sl_item *items;
    size_t n, capacity;
};

void sl_bundle_init(struct sl_bundle *bundle, struct sl_arena *arena);
/* Copies everything item points to; an item of the same name is replaced in its place. Data
 * that is NULL is zeros, which the caller finds and fills. SL_ERR_MEMORY where the data
 * cannot be copied. */
enum sl_status sl_bundle_add(struct sl_bundle *bundle, const struct sl_item *item,
                             struct sl_error *err);
/* The same, but the data and the axis' places stay where they are, and have to as long as the
 * bundle is used. */
void sl_bundle_take(struct sl_bundle *bundle, const struct sl_item *item);
/* Of the data of all items. */
size_t sl_bundle_bytes(const struct sl_bundle *bundle);
/* NULL if there is none. Holds until the next item is added. */
const struct sl_item *sl_bundle_find(const struct sl_bundle *bundle, const char *name);

#endif
