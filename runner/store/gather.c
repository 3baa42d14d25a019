/* SPDX-License-Identifier: MIT */
#include "runner/store/dataset.h"

#include <assert.h>
#include <string.h>

#include "runner/tensor/real.h"

/* Rows of a shuffled split lie far apart: they are asked for ahead. */
enum { BYTES_AHEAD = 2048, LINE = 64 };

static inline __attribute__((always_inline)) void
ask_for(const void *row, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += LINE)
        __builtin_prefetch((const char *)row + i);
}

/* Truly divided: x * (1 / 255) is another number than x / 255 for many bytes. */
#define DEFINE_GATHER(type)                                                              \
    SL_CLONES static void gather_##type(const struct sl_dataset *data,                   \
                                        const uint32_t *ids, size_t n, real *out)        \
    {                                                                                    \
        const type *restrict x = data->x;                                                \
        size_t d = data->d;                                                              \
        real scale = (real)data->scale;                                                  \
        size_t ahead = 1 + BYTES_AHEAD / (d * sizeof *x + 1);                            \
                                                                                         \
        for (size_t i = 0; d == 1 && i < n; i++)                                         \
            out[i] = (real)x[ids[i]] / scale;                                            \
        for (size_t i = 0; d > 1 && i < n; i++) {                                        \
            const type *restrict row = x + ids[i] * d;                                   \
            real *restrict y = out + i * d;                                              \
                                                                                         \
            if (i + ahead < n)                                                           \
                ask_for(x + ids[i + ahead] * d, d * sizeof *x);                          \
            for (size_t j = 0; j < d; j++)                                               \
                y[j] = (real)row[j] / scale;                                             \
        }                                                                                \
    }

DEFINE_GATHER(uint8_t)
DEFINE_GATHER(float)
DEFINE_GATHER(double)
DEFINE_GATHER(int32_t)
DEFINE_GATHER(uint32_t)
DEFINE_GATHER(int64_t)

/* Rows of the type they are asked for in, as they are: x / 1 is x. Those that follow each
 * other are copied as one. Rows of a shuffled split lie far apart: they are asked for
 * ahead. */
static void
copy_rows(const struct sl_dataset *data, const uint32_t *ids, size_t n, real *out)
{
    enum { AHEAD = 16 };
    const real *x = data->x;
    size_t d = data->d;

    for (size_t i = 0, end; i < n; i = end) {
        if (i + AHEAD < n)
            __builtin_prefetch(x + ids[i + AHEAD] * d);
        for (end = i + 1; end < n && ids[end] == ids[end - 1] + 1;)
            end++;
        memcpy(out + i * d, x + ids[i] * d, (end - i) * d * sizeof *x);
    }
}

/* In float64, some rows at a time. */
static void
gather_view(const struct sl_dataset *data, const uint32_t *ids, size_t n, real *out)
{
    enum { ROWS = 128 };
    struct sl_arena arena;
    double *rows;

    sl_arena_init(&arena);
    rows = sl_arena_alloc(&arena, ROWS * data->d * sizeof *rows);
    for (size_t first = 0; first < n; first += ROWS) {
        size_t count = n - first < ROWS ? n - first : ROWS;

        data->view->gather(data->view, ids + first, count, rows);
        for (size_t i = 0; i < count * data->d; i++)
            out[first * data->d + i] = (real)rows[i];
    }
    sl_arena_release(&arena);
}

void
SL_R(sl_rows_gather)(const struct sl_dataset *data, const uint32_t *ids, size_t n,
                     real *out)
{
    if (data->view) {
        gather_view(data, ids, n, out);
        return;
    }
    if (data->type == SL_REAL_TYPE && data->scale == 1) {
        copy_rows(data, ids, n, out);
        return;
    }
    switch (data->type) {
    case SL_U8:
        gather_uint8_t(data, ids, n, out);
        return;
    case SL_F32:
        gather_float(data, ids, n, out);
        return;
    case SL_F64:
        gather_double(data, ids, n, out);
        return;
    case SL_I32:
        gather_int32_t(data, ids, n, out);
        return;
    case SL_U32:
        gather_uint32_t(data, ids, n, out);
        return;
    case SL_I64:
        gather_int64_t(data, ids, n, out);
        return;
    }
    assert(!"a type of sl_dtype");
}
