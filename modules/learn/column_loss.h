/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_COLUMN_LOSS_H
#define SL_LEARN_COLUMN_LOSS_H

#include "modules/learn/loss.h"
#include "modules/learn/slice.h"
#include "runner/tensor/real.h"

/*
 * Losses of a row that are the mean over its columns of a term of y and target. What is
 * handed in as `term` or `slope` is known where a loss is compiled and becomes part of the
 * loops, so that these are for calls from functions of its own that are SL_CLONES.
 *
 * term   of one column, in float64
 * slope  its derivative by y
 */
typedef double sl_term_fn(real y, real target, double parameter);
typedef real sl_slope_fn(real y, real target, real parameter);

/* Sums that run beside each other, so that they fill vectors; their number is part of the
 * result. */
#define SL_LOSS_LANES 16

static inline __attribute__((always_inline)) double
sl_column_mean(size_t d, const real *y, const real *target, double parameter,
               sl_term_fn *term)
{
    double lanes[SL_LOSS_LANES] = {0}, sum = 0;
    size_t whole = d - d % SL_LOSS_LANES;

    for (size_t j = 0; j < whole; j += SL_LOSS_LANES)
        for (size_t l = 0; l < SL_LOSS_LANES; l++)
            lanes[l] += term(y[j + l], target[j + l], parameter);
    for (size_t j = whole; j < d; j++)
        lanes[j - whole] += term(y[j], target[j], parameter);
    for (size_t l = 0; l < SL_LOSS_LANES; l++)
        sum += lanes[l];
    return sum / (double)d;
}

/* A comparison by a loss with a parameter, some rows at a time. */
struct sl_column_loss {
    const struct sl_comparison *comparison;
    double parameter;
};

/* fn calls sl_column_rows and sl_column_slopes. */
static inline void
sl_column_compare(const struct sl_comparison *comparison, double parameter,
                  sl_slice_fn *fn)
{
    struct sl_column_loss loss = {comparison, parameter};

    sl_row_slices(comparison->pool, comparison->n, 4 * comparison->d, fn, &loss);
}

/* Fills the rows' losses. */
static inline __attribute__((always_inline)) void
sl_column_rows(const struct sl_column_loss *loss, size_t first, size_t n,
               sl_term_fn *term)
{
    const struct sl_comparison *c = loss->comparison;
    const real *y = c->y, *target = c->target;

    for (size_t i = first; i < first + n; i++)
        c->rows[i] =
            sl_column_mean(c->d, y + i * c->d, target + i * c->d, loss->parameter, term);
}

/* Fills their dy, if anybody asks for it. */
static inline __attribute__((always_inline)) void
sl_column_slopes(const struct sl_column_loss *loss, size_t first, size_t n,
                 sl_slope_fn *slope)
{
    const struct sl_comparison *c = loss->comparison;
    const real *y = c->y, *target = c->target;
    const real share = (real)(1 / ((double)c->n * (double)c->d));
    const real p = (real)loss->parameter;
    real *dy = c->dy;

    for (size_t i = first * c->d; dy && i < (first + n) * c->d; i++)
        dy[i] = share * slope(y[i], target[i], p);
}

#endif
