/* SPDX-License-Identifier: MIT */
#include "runner/tensor/tensor.h"

#include <assert.h>

#include "runner/tensor/real.h"

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    [SL_F32] = {"float32", 4}, [SL_F64] = {"float64", 8}, [SL_U8] = {"uint8", 1},
    [SL_I32] = {"int32", 4},   [SL_U32] = {"uint32", 4},  [SL_I64] = {"int64", 8},
};

size_t
sl_dtype_size(enum sl_dtype type)
{
    return dtypes[type].size;
}

const char *
sl_dtype_name(enum sl_dtype type)
{
    return dtypes[type].name;
}

size_t
sl_tensor_count(const struct sl_tensor *tensor)
{
    size_t count = 1;

    for (unsigned i = 0; i < tensor->rank; i++)
        count *= tensor->shape[i];
    return count;
}

size_t
sl_tensor_bytes(const struct sl_tensor *tensor)
{
    return sl_tensor_count(tensor) * sl_dtype_size(tensor->type);
}

enum sl_status
sl_tensor_new(struct sl_tensor *tensor, struct sl_arena *arena, enum sl_dtype type,
              unsigned rank, const size_t *shape, struct sl_error *err)
{
    struct sl_tensor fresh = {.type = type, .rank = rank};
    size_t count = 1;

    assert(rank <= SL_MAX_RANK);
    for (unsigned i = 0; i < rank; i++) {
        fresh.shape[i] = shape[i];
        if (__builtin_mul_overflow(count, shape[i], &count))
            return sl_fail(err, SL_ERR_MEMORY, "the dimensions of a tensor overflow");
    }
    fresh.data = sl_arena_rows(arena, count, sl_dtype_size(type));
    if (fresh.data == NULL)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for a tensor of %zu %s", count,
                       sl_dtype_name(type));
    *tensor = fresh;
    return SL_OK;
}

struct sl_tensor
sl_tensor_vector(enum sl_dtype type, void *data, size_t n)
{
    return (struct sl_tensor){.type = type, .rank = 1, .shape = {n}, .data = data};
}

struct sl_tensor
sl_tensor_matrix(enum sl_dtype type, void *data, size_t n, size_t d)
{
    return (struct sl_tensor){.type = type, .rank = 2, .shape = {n, d}, .data = data};
}

double
sl_tensor_at(const struct sl_tensor *tensor, size_t i)
{
    switch (tensor->type) {
    case SL_F32:
        return (double)((const float *)tensor->data)[i];
    case SL_F64:
        return ((const double *)tensor->data)[i];
    case SL_U8:
        return ((const uint8_t *)tensor->data)[i];
    case SL_I32:
        return ((const int32_t *)tensor->data)[i];
    case SL_U32:
        return ((const uint32_t *)tensor->data)[i];
    case SL_I64:
        return (double)((const int64_t *)tensor->data)[i];
    }
    assert(!"a type of sl_dtype");
    return 0.0;
}

#define WIDEN(type)                                                                      \
    for (size_t i = 0; i < n; i++)                                                       \
        out[i] = (double)((const type *)tensor->data)[first + i];                        \
    return

SL_CLONES void
sl_tensor_take(const struct sl_tensor *tensor, size_t first, size_t n,
               double *restrict out)
{
    switch (tensor->type) {
    case SL_F32:
        WIDEN(float);
    case SL_F64:
        WIDEN(double);
    case SL_U8:
        WIDEN(uint8_t);
    case SL_I32:
        WIDEN(int32_t);
    case SL_U32:
        WIDEN(uint32_t);
    case SL_I64:
        WIDEN(int64_t);
    }
    assert(!"a type of sl_dtype");
}
