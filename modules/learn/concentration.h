/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_CONCENTRATION_H
#define SL_LEARN_CONCENTRATION_H

#include "modules/learn/selection.h"
#include "runner/base/arena.h"
#include "runner/base/error.h"
#include "runner/base/rng.h"

/*
 * The C-step of FastMCD (robust.h) and what it works on. One thread; float64.
 */
struct sl_concentration {
    size_t n, d, h;
    const double *x;          /* n x d */
    const double *ridge;      /* d, added to variances */
    double *mean;             /* d */
    double *covariance;       /* d x d, of the rows chosen last, divisor their number */
    double log_det;           /* of it, the ridge included */
    double *inverse;          /* d x d, of its Cholesky factor, lower */
    struct sl_keyed *squares; /* n: squared distances; the chosen rows first */
    double *factor, *gathered, *centred, *panel;
};

/* Memory is the arena's. n, d, h, x and ridge have been set. SL_ERR_MEMORY. */
enum sl_status sl_concentration_init(struct sl_concentration *c, struct sl_arena *arena,
                                     struct sl_error *err);

/* Mean, covariance and what follows of the rows squares[0..count-1].id. SL_ERR_NUMERIC where
 * numbers leave their range. */
enum sl_status sl_concentration_take(struct sl_concentration *c, size_t count,
                                     struct sl_error *err);

/* d + 1 random rows. */
enum sl_status sl_concentration_start(struct sl_concentration *c,
                                      struct sl_stream *stream, struct sl_error *err);

/* squares of all rows, in their order, by mean and inverse. */
void sl_concentration_squares(struct sl_concentration *c);

/* `steps` C-steps, or fewer where the determinant no longer falls. */
enum sl_status sl_concentration_steps(struct sl_concentration *c, size_t steps,
                                      struct sl_error *err);

#endif
