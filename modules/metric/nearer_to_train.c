/* SPDX-License-Identifier: MIT */
/*
 * Of the first samples, the share that lie nearer to the rows the model learned from than
 * to as many other rows: one half of a model that has learned the distribution, more of one
 * that has learned the rows.
 */
#include <math.h>
#include <string.h>

#include "modules/learn/divergence.h"
#include "modules/learn/sort.h"
#include "runner/tensor/linalg.h"
#include "runner/tensor/tensor.h"

enum { SAMPLES = 1000, BLOCK = 128 };

/* Closer than this, relative to the squared lengths, is a tie: products of matrices round
 * a row by its place. */
#define TIE 1e-12

/* A set that samples are compared with. */
struct set {
    size_t rows, d;
    const double *x;
    double *squares;  /* rows */
    double largest;   /* of them */
    double *products; /* BLOCK x rows */
};

static enum sl_status
set_open(struct set *set, const struct sl_sample_pair *pair, const double *x, size_t rows,
         struct sl_error *err)
{
    struct sl_tensor squares, products;

    SL_TRY(sl_tensor_new(&squares, pair->arena, SL_F64, 1, &rows, err));
    SL_TRY(
        sl_tensor_new(&products, pair->arena, SL_F64, 2, (size_t[]){BLOCK, rows}, err));
    *set = (struct set){rows, pair->d, x, squares.data, 0, products.data};
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < set->d; j++)
            set->squares[i] += x[i * set->d + j] * x[i * set->d + j];
        set->largest = fmax(set->largest, set->squares[i]);
    }
    return SL_OK;
}

static void
set_multiply(const struct set *set, struct sl_pool *pool, const double *samples, size_t n)
{
    struct sl_product product = {.m = n,
                                 .n = set->rows,
                                 .k = set->d,
                                 .b_transposed = true,
                                 .a = samples,
                                 .b = set->x,
                                 .c = set->products};

    sl_product_f64(pool, &product);
}

/* The least |y|^2 - 2 x.y, which is the squared distance but for |x|^2. */
static double
nearest(const struct set *set, size_t sample)
{
    const double *products = set->products + sample * set->rows;
    double least = (double)INFINITY;

    for (size_t i = 0; i < set->rows; i++) {
        double square = set->squares[i] - 2 * products[i];

        least = square < least ? square : least;
    }
    return least;
}

/* By how much one is nearer than the other: squared distances, tied where they differ by
 * less than rounding. */
static double
share_of(const struct set *train, const struct set *test, double to_train, double to_test)
{
    if (fabs(to_train - to_test) <= TIE * (train->largest + test->largest))
        return 0.5;
    return to_train < to_test ? 1 : 0;
}

static double
count_block(const struct set *train, const struct set *test, size_t n)
{
    double count = 0;

    for (size_t i = 0; i < n; i++)
        count += share_of(train, test, nearest(train, i), nearest(test, i));
    return count;
}

/* ---- one column: neighbours in order -------------------------------------------------- */

/* x is sorted. */
static double
nearest_on_line(const struct set *set, double x)
{
    size_t low = 0,
           high = set->rows; /* the first that is not below x lies in low..high */
    double above, below;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (set->x[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    above = low < set->rows ? set->x[low] - x : (double)INFINITY;
    below = low > 0 ? x - set->x[low - 1] : (double)INFINITY;
    return above < below ? above * above : below * below;
}

static enum sl_status
line_open(struct set *set, const struct sl_sample_pair *pair, const double *x,
          size_t rows, struct sl_error *err)
{
    struct sl_tensor room;
    double *sorted;

    SL_TRY(sl_tensor_new(&room, pair->arena, SL_F64, 2, (size_t[]){2, rows}, err));
    sorted = room.data;
    memcpy(sorted, x, rows * sizeof *x);
    sl_sort(sorted, sorted + rows, rows);
    *set = (struct set){.rows = rows, .d = 1, .x = sorted};
    set->largest = fmax(sorted[0] * sorted[0], sorted[rows - 1] * sorted[rows - 1]);
    return SL_OK;
}

static enum sl_status
count_on_line(const struct sl_sample_pair *pair, size_t rows, size_t n, double *count,
              struct sl_error *err)
{
    struct set train, test;

    SL_TRY(line_open(&train, pair, pair->train, rows, err));
    SL_TRY(line_open(&test, pair, pair->data, rows, err));
    for (size_t i = 0; i < n; i++)
        *count += share_of(&train, &test, nearest_on_line(&train, pair->samples[i]),
                           nearest_on_line(&test, pair->samples[i]));
    return SL_OK;
}

/* ---- several columns: products --------------------------------------------------------- */

static enum sl_status
count_by_products(const struct sl_sample_pair *pair, size_t rows, size_t n, double *count,
                  struct sl_error *err)
{
    struct set train, test;

    SL_TRY(set_open(&train, pair, pair->train, rows, err));
    SL_TRY(set_open(&test, pair, pair->data, rows, err));
    for (size_t first = 0; first < n; first += BLOCK) {
        size_t block = n - first < BLOCK ? n - first : BLOCK;

        set_multiply(&train, pair->pool, pair->samples + first * pair->d, block);
        set_multiply(&test, pair->pool, pair->samples + first * pair->d, block);
        *count += count_block(&train, &test, block);
    }
    return SL_OK;
}

static enum sl_status
compute(const struct sl_sample_pair *pair, double *value, double *columns,
        struct sl_error *err)
{
    size_t rows = pair->trained < pair->m ? pair->trained : pair->m;
    size_t n = pair->n < SAMPLES ? pair->n : SAMPLES;
    double count = 0;

    (void)columns;
    *value = (double)NAN;
    if (rows == 0)
        return SL_OK;
    if (pair->d == 1)
        SL_TRY(count_on_line(pair, rows, n, &count, err));
    else
        SL_TRY(count_by_products(pair, rows, n, &count, err));
    *value = count / (double)n;
    return SL_OK;
}

const struct sl_divergence_class divergence_nearer_to_train = {
    .entry = {.name = "nearer_to_train",
              .summary = "share of 1,000 samples nearer to the training rows than to as "
                         "many others, one half being right; NaN without others"},
    .compute = compute,
};
