/* SPDX-License-Identifier: MIT */
#include "runner/tensor/linalg.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "runner/parallel/pool.h"
#include "runner/parallel/profile.h"

/*
 * How a product is cut: the longer side of c into 2^i pieces of at least NARROWEST rows or
 * columns, from the second cut on of at least NARROW, each of at least LEAST_WORK
 * multiplications (some 40 microseconds in float32, against 1 for a tile's way to another
 * thread).
 *
 * What it costs one thread (OpenBLAS 0.3.21, Zen 3, float32, microseconds, batch of 100):
 *
 *     c = m x n, k            whole   2 pieces   4 pieces   across it, 2 and 4
 *     100 x 784, 256            516       +1 %       +3 %        +8 %  +25 %
 *     100 x 256, 784            508       +3 %       +9 %        +8 %  +26 %
 *     256 x 784, 100            530       +1 %       +2 %        +2 %   +5 %
 *     784 x 256, 100            529       +0 %       +1 %        +2 %   +6 %
 *     100 x 256, 128             90       +3 %       +9 %        +7 %  +23 %
 *     100 x 128, 256             88       +6 %      +18 %        +7 %  +23 %
 *     128 x 256, 100             88       +2 %       +5 %        +3 %  +10 %
 *     100 x 32, 128              14      +19 %
 *
 * and with 1,000 rows, where the longer side is the batch: 1 % for 2, 3 % for 4 pieces,
 * 1 to 7 % and 3 to 20 % across. A training of 784-256-128-32-128-256-784 loses 2 %.
 *
 * Where the batch is the shorter side, weights (out x in) are cut by their rows in all three
 * products of a layer: y = x W' by its columns, dW = dy' x by its rows before its columns, and
 * dx = dy W, with room for it, by k, which is out. So each thread reads and writes the same
 * rows of them in every step, and of dy the same columns. Between cores that share no cache
 * that takes a quarter off the time of a step.
 */
#define NARROWEST ((size_t)64)
#define NARROW ((size_t)128)
#define LEAST_WORK 1.5e6

/* Pieces begin at multiples of this, which the kernels' registers hold. */
#define UNIT ((size_t)16)

/* Into how many pieces k, the rows of c and its columns are cut. */
struct cut {
    const struct sl_product *product;
    size_t halves, rows, columns;
};

/* One piece of c, or of the half of it, and of what is multiplied for it. */
struct piece {
    size_t m, n, k;
    size_t a, b, c; /* where it begins, in elements */
    bool second;    /* of the halves */
};

static size_t
pieces_of(size_t side, double work)
{
    size_t pieces = 1, narrowest = NARROWEST;

    while (side / (2 * pieces) >= narrowest &&
           work / (double)(2 * pieces) >= LEAST_WORK) {
        pieces *= 2;
        narrowest = NARROW;
    }
    return pieces;
}

static struct cut
cut_of(const struct sl_product *p)
{
    double work = (double)p->m * (double)p->n * (double)p->k;
    size_t pieces = pieces_of(p->m > p->n ? p->m : p->n, work);
    size_t by_rows = pieces_of(p->m, work);

    if (p->m > p->n)
        return (struct cut){p, 1, pieces, 1};
    if (p->half && pieces_of(p->k, work) > 1)
        return (struct cut){p, 2, 1, pieces > 1 ? pieces / 2 : 1};
    if (p->a_transposed)
        return (struct cut){p, 1, by_rows, pieces > by_rows ? pieces / by_rows : 1};
    return (struct cut){p, 1, 1, pieces};
}

static size_t
begin_of(size_t side, size_t pieces, size_t i)
{
    size_t units = (side + UNIT - 1) / UNIT;

    return i == pieces ? side : i * units / pieces * UNIT;
}

static size_t
count_of(size_t side, size_t pieces, size_t i)
{
    return begin_of(side, pieces, i + 1) - begin_of(side, pieces, i);
}

/* By halves of k, in each by rows, in each of those by columns. */
static struct piece
piece_of(const struct cut *cut, size_t i)
{
    const struct sl_product *p = cut->product;
    size_t column = i % cut->columns, row = i / cut->columns % cut->rows;
    size_t half = i / cut->columns / cut->rows;
    size_t left = begin_of(p->n, cut->columns, column);
    size_t top = begin_of(p->m, cut->rows, row), k = begin_of(p->k, cut->halves, half);

    return (struct piece){
        .m = count_of(p->m, cut->rows, row),
        .n = count_of(p->n, cut->columns, column),
        .k = count_of(p->k, cut->halves, half),
        .a = p->a_transposed ? k * p->m + top : top * p->k + k,
        .b = p->b_transposed ? left * p->k + k : k * p->n + left,
        .c = top * p->n + left,
        .second = half > 0,
    };
}

static enum CBLAS_TRANSPOSE
form(bool transposed)
{
    return transposed ? CblasTrans : CblasNoTrans;
}

/* Columns of what is stored. */
static blasint
stride_a(const struct sl_product *p)
{
    return (blasint)(p->a_transposed ? p->m : p->k);
}

static blasint
stride_b(const struct sl_product *p)
{
    return (blasint)(p->b_transposed ? p->k : p->n);
}

/* What a product adds to is written by whom it is in the cache of then; and OpenBLAS takes a
 * tenth longer where it clears c itself. */
static void
start_piece(const struct sl_product *p, const struct piece *piece, size_t size)
{
    char *c = (char *)(piece->second ? p->half : p->c) + piece->c * size;
    const char *row = piece->second ? NULL : p->row;

    for (size_t i = 0; (!p->add || piece->second) && i < piece->m;
         i++, c += p->n * size) {
        if (row)
            memcpy(c, row + piece->c % p->n * size, piece->n * size);
        else
            memset(c, 0, piece->n * size);
    }
}

static void
multiply_f32(void *context, size_t i)
{
    const struct cut *cut = context;
    const struct sl_product *p = cut->product;
    struct piece piece = piece_of(cut, i);
    const float *a = p->a, *b = p->b;
    float *c = piece.second ? p->half : p->c;

    start_piece(p, &piece, sizeof *c);
    if (p->k == 0)
        return;
    cblas_sgemm(CblasRowMajor, form(p->a_transposed), form(p->b_transposed),
                (blasint)piece.m, (blasint)piece.n, (blasint)piece.k, 1.0f, a + piece.a,
                stride_a(p), b + piece.b, stride_b(p), 1.0f, c + piece.c, (blasint)p->n);
}

static void
multiply_f64(void *context, size_t i)
{
    const struct cut *cut = context;
    const struct sl_product *p = cut->product;
    struct piece piece = piece_of(cut, i);
    const double *a = p->a, *b = p->b;
    double *c = piece.second ? p->half : p->c;

    start_piece(p, &piece, sizeof *c);
    if (p->k == 0)
        return;
    cblas_dgemm(CblasRowMajor, form(p->a_transposed), form(p->b_transposed),
                (blasint)piece.m, (blasint)piece.n, (blasint)piece.k, 1.0, a + piece.a,
                stride_a(p), b + piece.b, stride_b(p), 1.0, c + piece.c, (blasint)p->n);
}

/* Of the columns that a tile has, the second halves to the first. */
static void
add_halves_f32(void *context, size_t i)
{
    const struct sl_product *p = ((const struct cut *)context)->product;
    size_t begin = begin_of(p->n, 2, i), end = begin_of(p->n, 2, i + 1);
    const float *restrict half = p->half;
    float *restrict c = p->c;

    for (size_t row = 0; row < p->m; row++)
        for (size_t j = begin; j < end; j++)
            c[row * p->n + j] += half[row * p->n + j];
}

static void
add_halves_f64(void *context, size_t i)
{
    const struct sl_product *p = ((const struct cut *)context)->product;
    size_t begin = begin_of(p->n, 2, i), end = begin_of(p->n, 2, i + 1);
    const double *restrict half = p->half;
    double *restrict c = p->c;

    for (size_t row = 0; row < p->m; row++)
        for (size_t j = begin; j < end; j++)
            c[row * p->n + j] += half[row * p->n + j];
}

/* c is written, and read where it is added to. */
struct sl_amount
sl_product_amount(const struct sl_product *p, size_t size)
{
    double m = (double)p->m, n = (double)p->n, k = (double)p->k;

    return (struct sl_amount){
        .flops = 2 * m * n * k,
        .bytes = (m * k + k * n + (p->add ? 2 : 1) * m * n) * (double)size,
        .rows = p->m,
    };
}

static void
product(struct sl_pool *pool, const struct sl_product *p, size_t size,
        sl_tile_fn *multiply, sl_tile_fn *add_halves)
{
    struct cut cut = cut_of(p);
    struct sl_profile_span span;

    assert(p->m <= INT_MAX && p->n <= INT_MAX && p->k <= INT_MAX);
    if (p->m == 0 || p->n == 0)
        return;
    sl_profile_begin(sl_pool_profile(pool), &span, SL_OPERATION_PRODUCT,
                     size == sizeof(float) ? "sgemm" : "dgemm");
    sl_pool_tiles(pool, cut.halves * cut.rows * cut.columns, multiply, &cut);
    if (cut.halves > 1)
        sl_pool_tiles(pool, 2, add_halves, &cut);
    sl_profile_end(&span, sl_product_amount(p, size));
}

void
sl_product_f32(struct sl_pool *pool, const struct sl_product *p)
{
    product(pool, p, sizeof(float), multiply_f32, add_halves_f32);
}

void
sl_product_f64(struct sl_pool *pool, const struct sl_product *p)
{
    product(pool, p, sizeof(double), multiply_f64, add_halves_f64);
}

/* Rows of a strip of a Gram matrix: its square on the diagonal is half wasted work. */
#define STRIP ((size_t)128)

struct gram {
    size_t n, k;
    double keep; /* of c */
    const double *a;
    double *c;
};

static void
fill_strip(void *context, size_t i)
{
    const struct gram *g = context;
    size_t first = i * STRIP, rows = g->n - first < STRIP ? g->n - first : STRIP;
    double *c = g->c + first * g->n;
    blasint n = (blasint)g->n, k = (blasint)g->k;

    if (first > 0)
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (blasint)rows,
                    (blasint)first, k, 1.0, g->a + first, n, g->a, n, g->keep, c, n);
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, (blasint)rows, k, 1.0,
                g->a + first, n, g->keep, c + first, n);
}

void
sl_gram_f64(struct sl_pool *pool, size_t n, size_t k, bool add, const double *a,
            double *c)
{
    struct gram gram = {n, k, add ? 1.0 : 0.0, a, c};
    double half = (double)n * ((double)n + 1) / 2, rows = (double)k;
    struct sl_profile_span span;

    assert(n <= INT_MAX && k <= INT_MAX);
    sl_profile_begin(sl_pool_profile(pool), &span, SL_OPERATION_PRODUCT, "dsyrk");
    sl_pool_tiles(pool, (n + STRIP - 1) / STRIP, fill_strip, &gram);
    sl_profile_end(
        &span, (struct sl_amount){.flops = 2 * half * rows,
                                  .bytes = (rows * (double)n + (add ? 2 : 1) * half) * 8,
                                  .rows = k});
}

enum sl_status
sl_linalg_start(struct sl_error *err)
{
    static const char remedy[] = "install the package libopenblas0-pthread and choose it "
                                 "with update-alternatives";

    switch (openblas_get_parallel()) {
    case OPENBLAS_THREAD:
        openblas_set_num_threads(1);
        return SL_OK;
    case OPENBLAS_SEQUENTIAL:
        return sl_fail(
            err, SL_ERR_CONFIG,
            "this OpenBLAS is the serial one, which computes wrong results for "
            "a program with threads; %s",
            remedy);
    default:
        return sl_fail(err, SL_ERR_CONFIG,
                       "this OpenBLAS is the OpenMP one, which hangs in child processes; "
                       "%s",
                       remedy);
    }
}

static const char *
flavour(void)
{
    switch (openblas_get_parallel()) {
    case OPENBLAS_THREAD:
        return "pthread";
    case OPENBLAS_SEQUENTIAL:
        return "serial";
    default:
        return "openmp";
    }
}

/* The library's own words begin with its name and version: "OpenBLAS 0.3.21 NO_LAPACKE". */
void
sl_linalg_describe(char *text, size_t size)
{
    const char *config = openblas_get_config();
    size_t name = strcspn(config, " ");
    size_t version = config[name] == ' ' ? 1 + strcspn(config + name + 1, " ") : 0;

    snprintf(text, size, "%.*s %s %s", (int)(name + version), config, flavour(),
             openblas_get_corename());
}
