/* SPDX-License-Identifier: MIT */
#include "modules/learn/likelihood.h"

#include "runner/tensor/special.h"

/* Sums that run beside each other, so that they fill vectors; their number is part of the
 * result. */
enum { LANES = 16 };

/* Columns whose factors 1 + e^-|y|, none above 2, have a product below float64's 2^1024:
 * one logarithm then does for all of them. */
enum { BLOCK = 60 * LANES };

/* Elements that are worth a thread's waking. */
enum { TILE = 16384 };

struct lanes {
    double sum[LANES], product[LANES];
};

/* One lane of each; dy gets s(y) - x. */
SL_CLONES static void
bernoulli_lanes(size_t whole, const real *restrict y, const real *restrict x,
                real *restrict dy, struct lanes *restrict lanes)
{
    for (size_t j = 0; j < whole; j += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            real at = y[j + l], target = x[j + l];
            real up = at > 0 ? at : 0;
            real e = sl_exp(at > 0 ? -at : at);
            lanes->sum[l] += (double)up - (double)target * (double)at;
            lanes->product[l] *= 1 + (double)e;
            dy[j + l] = (at > 0 ? 1 : e) / (1 + e) - target;
        }
    }
}

/* At most BLOCK columns. What doesn't fill the lanes is filled up with logits that cost
 * nothing: y = 0, x = 0 but for the factor 2, which is taken away again. */
static double
bernoulli_block(size_t d, const real *y, const real *x, real *dy)
{
    struct lanes lanes = {.sum = {0}};
    size_t whole = d - d % LANES;
    real rest_y[LANES] = {0}, rest_x[LANES] = {0}, rest_dy[LANES];
    double sum = 0, product = 1;

    for (size_t l = 0; l < LANES; l++)
        lanes.product[l] = 1;
    bernoulli_lanes(whole, y, x, dy, &lanes);
    if (whole < d) {
        for (size_t j = whole; j < d; j++) {
            rest_y[j - whole] = y[j];
            rest_x[j - whole] = x[j];
        }
        bernoulli_lanes(LANES, rest_y, rest_x, rest_dy, &lanes);
        for (size_t j = whole; j < d; j++)
            dy[j] = rest_dy[j - whole];
        for (size_t l = d - whole; l < LANES; l++)
            lanes.product[l] /= 2;
    }
    for (size_t l = 0; l < LANES; l++) {
        sum += lanes.sum[l];
        product *= lanes.product[l];
    }
    return sum + log(product);
}

SL_CLONES static void
scale(size_t n, real by, real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= by;
}

static void
bernoulli_row(const struct sl_likelihood *call, size_t i)
{
    const real *y = (const real *)call->y + i * call->d;
    const real *x = (const real *)call->x + i * call->d;
    real *dy = call->dy ? (real *)call->dy + i * call->d : NULL;
    real unused[BLOCK];
    double sum = 0;

    for (size_t j = 0; j < call->d; j += BLOCK) {
        size_t count = call->d - j < BLOCK ? call->d - j : BLOCK;
        sum += bernoulli_block(count, y + j, x + j, dy ? dy + j : unused);
    }
    call->rows[i] = sum;
    if (dy)
        scale(call->d, (real)(1 / (double)call->n), dy);
}

/* ---- gaussian ----------------------------------------------------------------------- */

SL_CLONES static double
squared_distance(size_t d, const real *y, const real *x)
{
    double lanes[LANES] = {0}, sum = 0;
    size_t whole = d - d % LANES;

    for (size_t j = 0; j < whole; j += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            double e = (double)y[j + l] - (double)x[j + l];
            lanes[l] += e * e;
        }
    }
    for (size_t j = whole; j < d; j++) {
        double e = (double)y[j] - (double)x[j];
        lanes[j - whole] += e * e;
    }
    for (size_t l = 0; l < LANES; l++)
        sum += lanes[l];
    return sum;
}

SL_CLONES static void
scaled_difference(size_t d, real by, const real *restrict y, const real *restrict x,
                  real *restrict dy)
{
    for (size_t j = 0; j < d; j++)
        dy[j] = by * (y[j] - x[j]);
}

static void
gaussian_row(const struct sl_likelihood *call, size_t i)
{
    const real *y = (const real *)call->y + i * call->d;
    const real *x = (const real *)call->x + i * call->d;
    double variance = call->noise * call->noise;

    call->rows[i] = sl_gaussian_floor(call->d, call->noise) +
                    squared_distance(call->d, y, x) / (2 * variance);
    if (call->dy)
        scaled_difference(call->d, (real)(1 / (variance * (double)call->n)), y, x,
                          (real *)call->dy + i * call->d);
}

/* ---- rows --------------------------------------------------------------------------- */

struct rows {
    const struct sl_likelihood *call;
    void (*row)(const struct sl_likelihood *call, size_t i);
    size_t each; /* rows of a tile */
};

static void
tile(void *context, size_t at)
{
    const struct rows *rows = context;
    size_t end = (at + 1) * rows->each;

    for (size_t i = at * rows->each; i < end && i < rows->call->n; i++)
        rows->row(rows->call, i);
}

static void
each_row(const struct sl_likelihood *call,
         void (*row)(const struct sl_likelihood *call, size_t i))
{
    struct rows rows = {call, row, call->d < TILE ? TILE / call->d : 1};

    sl_pool_tiles(call->pool, (call->n + rows.each - 1) / rows.each, tile, &rows);
}

void
SL_R(sl_bernoulli)(const struct sl_likelihood *call)
{
    each_row(call, bernoulli_row);
}

void
SL_R(sl_gaussian)(const struct sl_likelihood *call)
{
    each_row(call, gaussian_row);
}
