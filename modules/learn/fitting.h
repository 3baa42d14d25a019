/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_FITTING_H
#define SL_LEARN_FITTING_H

#include "runner/pipeline/preprocess.h"

/*
 * Statistics of the columns that a preprocessing step is fitted on. Values that are missing
 * (NaN) are passed over; a column that has no value at all is SL_ERR_SHAPE, with its name.
 * The bits depend on the rows and their order, not on threads.
 */

/* Mean and standard deviation (divisor n), in tiles whose sums of squares are joined by the
 * formula of Chan, Golub and LeVeque (1979); a column without spread has std 0. d each. */
enum sl_status sl_fitting_moments(const struct sl_fitting *fitting, double *mean,
                                  double *std, struct sl_error *err);

/* Least and greatest value. d each. */
enum sl_status sl_fitting_range(const struct sl_fitting *fitting, double *low,
                                double *high, struct sl_error *err);

/*
 * The values of each column in ascending order. Of more than SL_FITTING_VALUES in all, rows
 * at even distances are taken, but never fewer than SL_FITTING_ROWS.
 */
#define SL_FITTING_VALUES ((size_t)1 << 24)
#define SL_FITTING_ROWS 1024
struct sl_sorted_column {
    size_t n;
    double *at;
};
enum sl_status sl_fitting_sort(const struct sl_fitting *fitting, struct sl_arena *arena,
                               struct sl_sorted_column **columns, struct sl_error *err);
/* The quantile p in [0, 1] by linear interpolation between the two values around place
 * p (n - 1). */
double sl_sorted_quantile(const struct sl_sorted_column *column, double p);

/* Mean (d) and covariance (d x d, divisor n) of rows without missing values. */
enum sl_status sl_fitting_covariance(const struct sl_fitting *fitting, double *mean,
                                     double *covariance, struct sl_error *err);

/* Adds a vector of n, or a matrix of n x columns (columns above 0), to a step's
 * parameters. */
enum sl_status sl_fitting_keep(struct sl_bundle *parameters, const char *name,
                               const double *at, size_t n, size_t columns,
                               struct sl_error *err);

#endif
