/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_ROBUST_H
#define SL_LEARN_ROBUST_H

#include "modules/learn/train_rows.h"

/*
 * Mean and covariance of the h of n rows whose covariance has the smallest determinant
 * (Rousseeuw 1985), sought by FastMCD (Rousseeuw and Van Driessen 1999):
 *
 * - from each of `starts` random subsets of d + 1 rows two C-steps (mean and covariance of
 *   the h rows that are nearest by the Mahalanobis distance before), and from the ten with
 *   the smallest determinant more of them until it no longer falls;
 * - of more than 600 rows, first in up to five subsets of about 300, then in their union,
 *   then in all.
 *
 * The covariance is made consistent at the normal distribution by the median of the squared
 * distances over that of chi-square (their section 4). Reweighted, mean and covariance
 * (divisor m - 1) are of the m rows within the 97.5 % quantile of chi-square with d degrees
 * of freedom, times 0.975 / P(chi2_(d+2) <= that quantile) (Croux and Haesbroeck 1999).
 *
 * While it searches, every column has 1e-9 of its variance more, so that subsets on a
 * hyperplane have an inverse; if h rows lie on one, they are what it finds, and the others
 * are outliers. Draws from the step's stream "subsets".
 */
struct sl_robust_config {
    double support; /* h / n; 0: (n + d + 1) / 2 rows */
    int64_t starts;
    bool reweight;
};

struct sl_robust {
    double *mean, *covariance; /* d, d x d; the step's memory */
    size_t support;            /* rows they are of */
};

/* SL_ERR_SHAPE where there are fewer than d + 2 rows. SL_ERR_NUMERIC, SL_ERR_MEMORY,
 * SL_ERR_CANCELLED. */
enum sl_status sl_robust_fit(struct sl_step *step, const struct sl_robust_config *config,
                             const struct sl_train_rows *rows, struct sl_robust *robust,
                             struct sl_error *err);

#endif
