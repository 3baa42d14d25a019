/* SPDX-License-Identifier: MIT */
#include "modules/learn/scatter.h"

#include <math.h>
#include <string.h>

#include "runner/tensor/linalg.h"

/* Adds weighted rows to sums (d), and returns what total and the weights come to. */
static double
add_rows(size_t n, size_t d, const double *x, const double *weights, double *sums,
         double total)
{
    for (size_t i = 0; i < n; i++) {
        double w = weights ? weights[i] : 1;

        total += w;
        for (size_t j = 0; j < d; j++)
            sums[j] += w * x[i * d + j];
    }
    return total;
}

void
sl_scatter_mean(size_t n, size_t d, const double *x, const double *weights, double *mean)
{
    double sum;

    memset(mean, 0, d * sizeof *mean);
    sum = add_rows(n, d, x, weights, mean, 0);
    for (size_t j = 0; j < d; j++)
        mean[j] /= sum;
}

static size_t
block_at(size_t n, size_t first)
{
    return n - first < SL_SCATTER_ROWS ? n - first : SL_SCATTER_ROWS;
}

void
sl_scatter_mean_of(const struct sl_rows *rows, double *block, double *mean)
{
    size_t d = rows->data->d;
    double sum = 0;

    memset(mean, 0, d * sizeof *mean);
    for (size_t first = 0; first < rows->n; first += SL_SCATTER_ROWS) {
        size_t n = block_at(rows->n, first);

        sl_rows_gather_f64(rows->data, rows->ids + first, n, block);
        sum = add_rows(n, d, block, NULL, mean, sum);
    }
    for (size_t j = 0; j < d; j++)
        mean[j] /= sum;
}

static void
centre(size_t rows, size_t d, const double *x, const double *weights, const double *mean,
       double *centred)
{
    for (size_t i = 0; i < rows; i++) {
        double root = weights ? sqrt(weights[i]) : 1;

        for (size_t j = 0; j < d; j++)
            centred[i * d + j] = root * (x[i * d + j] - mean[j]);
    }
}

static void
mirror(size_t d, double *scatter)
{
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < i; j++)
            scatter[j * d + i] = scatter[i * d + j];
}

void
sl_scatter_about(struct sl_pool *pool, size_t n, size_t d, const double *x,
                 const double *weights, const double *mean, double *centred,
                 double *scatter)
{
    for (size_t first = 0; first < n; first += SL_SCATTER_ROWS) {
        size_t rows = block_at(n, first);

        centre(rows, d, x + first * d, weights ? weights + first : NULL, mean, centred);
        sl_gram_f64(pool, d, rows, first > 0, centred, scatter);
    }
    mirror(d, scatter);
}

void
sl_scatter_about_of(struct sl_pool *pool, const struct sl_rows *rows, const double *mean,
                    double *block, double *scatter)
{
    size_t d = rows->data->d;

    for (size_t first = 0; first < rows->n; first += SL_SCATTER_ROWS) {
        size_t n = block_at(rows->n, first);

        sl_rows_gather_f64(rows->data, rows->ids + first, n, block);
        centre(n, d, block, NULL, mean, block);
        sl_gram_f64(pool, d, n, first > 0, block, scatter);
    }
    mirror(d, scatter);
}
