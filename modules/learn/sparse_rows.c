/* SPDX-License-Identifier: MIT */
/*
 * Work goes by blocks of 64 columns of x and strips of output columns: a block of the
 * weights (or of their gradient) lies transposed in the first cache, and a row's strip of y
 * (or of dy) in registers, while the columns that are not 0 are gone through.
 *
 * Microseconds beside those of OpenBLAS (Zen 3, one thread, float32, 100 x 784, 256 out):
 *
 *     not 0         19 %   30 %   50 %   of all
 *     x W'           154    221    331      515
 *     dy' x          245    358    541      480
 */
#include "modules/learn/sparse_rows.h"

#include <assert.h>
#include <string.h>

#include "modules/learn/slice.h"
#include "runner/parallel/profile.h"
#include "runner/tensor/linalg.h"

enum {
    BLOCK = 64,                     /* columns of x: bits of a word */
    LANES = 32 / (int)sizeof(real), /* of a vector */
    VECTORS = 8,                    /* of a strip */
    STRIP = LANES * VECTORS,        /* columns of the output */
    ROWS = 128,                     /* that one tile multiplies */
    BLOCKS = 6,                     /* whose gradient is one tile, at least */
    LEAST_IN = 128,
    LEAST_OUT = 32,
};

/* The largest share of numbers that are not 0 at which this is the faster way. */
#define SHARE 0.375

typedef real lanes __attribute__((vector_size(32), aligned(sizeof(real)), may_alias));

struct work {
    const struct sl_sparse_rows *rows;
    const struct sl_product *product;
    size_t out, strips;
    size_t groups; /* of blocks */
};

static size_t
words_of(size_t in)
{
    return (in + BLOCK - 1) / BLOCK;
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- marks --------------------------------------------------------------------------- */

size_t
SL_R(sl_sparse_reals)(size_t in, size_t out)
{
    if (in < LEAST_IN || out < LEAST_OUT)
        return 0;
    return words_of(in) * (sizeof(sl_marks) / sizeof(real));
}

/* Eight bytes that are 0 or 1 become bits: the product moves byte i to bit 56 + i. */
static inline uint64_t
bits_of(const unsigned char *flags)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < 8; i++)
        bytes |= (uint64_t)flags[i] << 8 * i;
    return (bytes * UINT64_C(0x0102040810204080)) >> 56;
}

SL_CLONES static void
mark(size_t n, size_t in, const real *x, sl_marks *marks)
{
    for (size_t i = 0; i < n; i++, x += in) {
        for (size_t first = 0; first < in; first += BLOCK) {
            unsigned char flags[BLOCK] = {0};
            uint64_t word = 0;

            if (in - first >= BLOCK)
                for (size_t j = 0; j < BLOCK; j++)
                    flags[j] = x[first + j] != 0;
            else
                for (size_t j = 0; j < in - first; j++)
                    flags[j] = x[first + j] != 0;
            for (size_t j = 0; j < BLOCK; j += 8)
                word |= bits_of(flags + j) << j;
            *marks++ = word;
        }
    }
}

struct marking {
    size_t in;
    const real *x;
    sl_marks *marks;
};

static void
mark_rows(void *context, size_t first, size_t count)
{
    const struct marking *m = context;

    mark(count, m->in, m->x + first * m->in, m->marks + first * words_of(m->in));
}

void
SL_R(sl_sparse_mark)(struct sl_pool *pool, size_t n, size_t in, const real *x,
                     sl_marks *marks)
{
    struct marking marking = {in, x, marks};

    sl_row_slices(pool, n, in, mark_rows, &marking);
}

SL_CLONES static size_t
count_marked(size_t words, const sl_marks *marks)
{
    size_t count = 0;

    for (size_t i = 0; i < words; i++)
        count += (size_t)__builtin_popcountll(marks[i]);
    return count;
}

bool
SL_R(sl_sparse_pays)(const struct sl_sparse_rows *rows, size_t out)
{
    size_t count = count_marked(rows->n * words_of(rows->in), rows->marks);
    size_t padded = (out + STRIP - 1) / STRIP * STRIP;

    return (double)count * (double)padded <=
           SHARE * (double)rows->n * (double)rows->in * (double)out;
}

/* ---- blocks -------------------------------------------------------------------------- */

#ifdef SL_FLOAT64
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 2, 6)
#define HIGH(a, b) __builtin_shufflevector(a, b, 1, 5, 3, 7)
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 2, 3, 6, 7)
#else
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
#define HIGH(a, b) __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#define LOW_PAIRS(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define HIGH_PAIRS(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
#endif

/* to (LANES x LANES) = from', in which rows are so many numbers apart: squares of 1, 2 and 4
 * change places. */
static inline __attribute__((always_inline)) void
transpose_square(const real *from, size_t from_apart, real *to, size_t to_apart)
{
    lanes a[LANES], b[LANES];

#pragma GCC unroll 8
    for (int i = 0; i < LANES; i++)
        a[i] = *(const lanes *)(from + (size_t)i * from_apart);
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i += 2) {
        b[i] = LOW(a[i], a[i + 1]);
        b[i + 1] = HIGH(a[i], a[i + 1]);
    }
#ifdef SL_FLOAT64
    memcpy(a, b, sizeof a);
#else
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) {
        int i = k + (k & 2);
        a[i] = LOW_PAIRS(b[i], b[i + 2]);
        a[i + 2] = HIGH_PAIRS(b[i], b[i + 2]);
    }
#endif
#pragma GCC unroll 4
    for (int i = 0; i < LANES / 2; i++) {
        *(lanes *)(to + (size_t)i * to_apart) = LOW_HALVES(a[i], a[i + LANES / 2]);
        *(lanes *)(to + (size_t)(i + LANES / 2) * to_apart) =
            HIGH_HALVES(a[i], a[i + LANES / 2]);
    }
}

/* to (columns x rows) = from' (rows x columns). */
static inline __attribute__((always_inline)) void
transpose(size_t rows, size_t columns, const real *from, size_t from_apart, real *to,
          size_t to_apart)
{
    size_t whole_rows = rows - rows % LANES, whole_columns = columns - columns % LANES;

    for (size_t i = 0; i < whole_rows; i += LANES)
        for (size_t j = 0; j < whole_columns; j += LANES)
            transpose_square(from + i * from_apart + j, from_apart, to + j * to_apart + i,
                             to_apart);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = i < whole_rows ? whole_columns : 0; j < columns; j++)
            to[j * to_apart + i] = from[i * from_apart + j];
}

/* A strip of a row, or the part of one that is there. */
static inline __attribute__((always_inline)) void
take(lanes strip[VECTORS], size_t width, const real *from)
{
    if (width < STRIP) {
        memset(strip, 0, VECTORS * sizeof *strip);
        memcpy(strip, from, width * sizeof *from);
        return;
    }
#pragma GCC unroll 8
    for (int k = 0; k < VECTORS; k++)
        strip[k] = ((const lanes *)from)[k];
}

static inline __attribute__((always_inline)) void
put(const lanes strip[VECTORS], size_t width, real *to)
{
    if (width < STRIP) {
        memcpy(to, strip, width * sizeof *to);
        return;
    }
#pragma GCC unroll 8
    for (int k = 0; k < VECTORS; k++)
        ((lanes *)to)[k] = strip[k];
}

/* ---- the products -------------------------------------------------------------------- */

SL_FUSING_CLONES static void
multiply(const struct work *w, size_t strip, size_t first, size_t end)
{
    const struct sl_sparse_rows *r = w->rows;
    size_t words = words_of(r->in), left = strip * STRIP;
    size_t width = least(w->out - left, STRIP);
    const real *weight = (const real *)w->product->b + left * r->in;
    real block[BLOCK * STRIP] __attribute__((aligned(64)));
    real start[STRIP] = {0};

    if (w->product->row)
        memcpy(start, (const real *)w->product->row + left, width * sizeof *start);
    memset(block, 0, width < STRIP ? sizeof block : 0);
    for (size_t b = 0; b < words; b++) {
        const real *x = (const real *)r->x + b * BLOCK;

        transpose(width, least(r->in - b * BLOCK, BLOCK), weight + b * BLOCK, r->in,
                  block, STRIP);
        for (size_t i = first; i < end; i++) {
            uint64_t word = r->marks[i * words + b];
            real *y = (real *)w->product->c + i * w->out + left;
            lanes sum[VECTORS];

            take(sum, width, b ? y : start);
            for (; word; word &= word - 1) {
                int j = __builtin_ctzll(word);
                const lanes *column = (const lanes *)(block + j * STRIP);
                real value = x[i * r->in + (size_t)j];
#pragma GCC unroll 8
                for (int k = 0; k < VECTORS; k++)
                    sum[k] += value * column[k];
            }
            put(sum, width, y);
        }
    }
}

SL_FUSING_CLONES static void
derive(const struct work *w, size_t strip, size_t first, size_t end)
{
    const struct sl_sparse_rows *r = w->rows;
    size_t words = words_of(r->in), left = strip * STRIP;
    size_t width = least(w->out - left, STRIP);
    real block[BLOCK * STRIP] __attribute__((aligned(64)));

    for (size_t b = first; b < end; b++) {
        const real *x = (const real *)r->x + b * BLOCK;
        real *dweight = (real *)w->product->c + left * r->in + b * BLOCK;
        size_t columns = least(r->in - b * BLOCK, BLOCK);

        memset(block, 0, sizeof block);
        if (w->product->add)
            transpose(width, columns, dweight, r->in, block, STRIP);
        for (size_t i = 0; i < r->n; i++) {
            uint64_t word = r->marks[i * words + b];
            lanes dy[VECTORS];

            take(dy, width, (const real *)w->product->a + i * w->out + left);
            for (; word; word &= word - 1) {
                int j = __builtin_ctzll(word);
                lanes *column = (lanes *)(block + j * STRIP);
                real value = x[i * r->in + (size_t)j];
#pragma GCC unroll 8
                for (int k = 0; k < VECTORS; k++)
                    column[k] += value * dy[k];
            }
        }
        transpose(columns, width, block, STRIP, dweight, r->in);
    }
}

static void
multiply_tile(void *context, size_t i)
{
    const struct work *w = context;
    size_t first = i / w->strips * ROWS;

    multiply(w, i % w->strips, first, least(first + ROWS, w->rows->n));
}

static void
derive_tile(void *context, size_t i)
{
    const struct work *w = context;
    size_t words = words_of(w->rows->in), group = i / w->strips;

    derive(w, i % w->strips, group * words / w->groups, (group + 1) * words / w->groups);
}

/* Of the numbers that are not 0, found by their marks. */
static struct sl_amount
amount_of(const struct sl_sparse_rows *rows, size_t out)
{
    size_t met = count_marked(rows->n * words_of(rows->in), rows->marks);

    return (struct sl_amount){
        .flops = 2 * (double)met * (double)out,
        .bytes = (double)((met + (rows->in + 2 * rows->n) * out) * sizeof(real)),
        .rows = rows->n,
    };
}

static void
do_tiles(struct sl_pool *pool, size_t tiles, sl_tile_fn *fn, struct work *work)
{
    struct sl_profile_span span;

    sl_profile_begin(sl_pool_profile(pool), &span, SL_OPERATION_PRODUCT, "sparse");
    sl_pool_tiles(pool, tiles, fn, work);
    if (span.thread)
        sl_profile_close(&span, amount_of(work->rows, work->out));
}

void
SL_R(sl_sparse_product)(struct sl_pool *pool, const struct sl_sparse_rows *rows,
                        const struct sl_product *product)
{
    struct work work = {rows, product, product->n, (product->n + STRIP - 1) / STRIP, 0};

    assert(!product->add && product->m == rows->n && product->k == rows->in);
    do_tiles(pool, (rows->n + ROWS - 1) / ROWS * work.strips, multiply_tile, &work);
}

void
SL_R(sl_sparse_gradient)(struct sl_pool *pool, const struct sl_sparse_rows *rows,
                         const struct sl_product *product)
{
    size_t groups = words_of(rows->in) / BLOCKS;
    struct work work = {rows, product, product->m, (product->m + STRIP - 1) / STRIP,
                        groups ? groups : 1};

    assert(!product->row && product->k == rows->n && product->n == rows->in);
    do_tiles(pool, work.groups * work.strips, derive_tile, &work);
}
