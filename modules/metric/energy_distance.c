/* SPDX-License-Identifier: MIT */
/*
 * Energy distance (Szekely and Rizzo 2013), 2 E|X - Y| - E|X - X'| - E|Y - Y'|, as the
 * V-statistic, which is never negative. In one dimension that is 2 integral (F - G)^2; in
 * more, pairs are gone through: of the first rows, so many that it stays affordable.
 */
#include <math.h>

#include "modules/learn/divergence.h"
#include "modules/learn/steps.h"
#include "runner/parallel/pool.h"

#define PRODUCTS 4e8
#define ROWS_LEAST 100
#define ROWS_MOST 2000

static size_t
rows_of(size_t n, size_t d)
{
    double most = fmin(fmax(sqrt(PRODUCTS / (double)d), ROWS_LEAST), ROWS_MOST);

    return n < (size_t)most ? n : (size_t)most;
}

/* Row sums of distances, so that threads decide nothing. */
struct pairs {
    const double *x, *y;
    size_t d, n, m;
    double *sums; /* n */
};

static double
distance(const double *a, const double *b, size_t d)
{
    double square = 0;

    for (size_t j = 0; j < d; j++)
        square += (a[j] - b[j]) * (a[j] - b[j]);
    return sqrt(square);
}

static void
sum_row(void *context, size_t row)
{
    const struct pairs *p = context;
    double sum = 0;

    for (size_t j = 0; j < p->m; j++)
        sum += distance(p->x + row * p->d, p->y + j * p->d, p->d);
    p->sums[row] = sum;
}

static double
mean_distance(const struct sl_sample_pair *pair, const double *x, size_t n,
              const double *y, size_t m, double *sums)
{
    struct pairs pairs = {x, y, pair->d, n, m, sums};
    double sum = 0;

    sl_pool_tiles(pair->pool, n, sum_row, &pairs);
    for (size_t i = 0; i < n; i++)
        sum += sums[i];
    return sum / ((double)n * (double)m);
}

static void
add_squares(void *context, size_t column, struct sl_steps *steps)
{
    double *sum = context;

    (void)column;
    *sum = 0;
    while (sl_steps_next(steps))
        *sum += 2 * steps->difference * steps->difference * steps->width;
}

static enum sl_status
compute(const struct sl_sample_pair *pair, double *value, double *columns,
        struct sl_error *err)
{
    size_t n = rows_of(pair->n, pair->d), m = rows_of(pair->m, pair->d);
    struct sl_columns line = {1,          pair->n,     pair->m, pair->samples,
                              pair->data, add_squares, value};
    double sums[ROWS_MOST], between;

    (void)columns;
    if (pair->d == 1)
        return sl_columns_sorted(&line, pair->pool, pair->arena, err);
    between = mean_distance(pair, pair->samples, n, pair->data, m, sums);
    *value = fmax(0, 2 * between -
                         mean_distance(pair, pair->samples, n, pair->samples, n, sums) -
                         mean_distance(pair, pair->data, m, pair->data, m, sums));
    return SL_OK;
}

const struct sl_divergence_class divergence_energy_distance = {
    .entry = {.name = "energy_distance",
              .summary = "2 E|X-Y| - E|X-X'| - E|Y-Y'|, of at most 2,000 rows each"},
    .symmetric = true,
    .compute = compute,
};
