/* SPDX-License-Identifier: MIT */
#include "modules/learn/scatter.h"

#include <math.h>

#include "runner/tensor/linalg.h"

void
sl_scatter_mean(size_t n, size_t d, const double *x, const double *weights, double *mean)
{
    double sum = 0;

    for (size_t j = 0; j < d; j++)
        mean[j] = 0;
    for (size_t i = 0; i < n; i++) {
        double w = weights ? weights[i] : 1;

        sum += w;
        for (size_t j = 0; j < d; j++)
            mean[j] += w * x[i * d + j];
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

void
sl_scatter_about(struct sl_pool *pool, size_t n, size_t d, const double *x,
                 const double *weights, const double *mean, double *centred,
                 double *scatter)
{
    for (size_t first = 0; first < n; first += SL_SCATTER_ROWS) {
        size_t rows = n - first < SL_SCATTER_ROWS ? n - first : SL_SCATTER_ROWS;

        centre(rows, d, x + first * d, weights ? weights + first : NULL, mean, centred);
        sl_gram_f64(pool, d, rows, first > 0, centred, scatter);
    }
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < i; j++)
            scatter[j * d + i] = scatter[i * d + j];
}
