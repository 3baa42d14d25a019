/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_INTERVAL_H
#define SL_LEARN_INTERVAL_H

#include "modules/learn/ranking.h"
#include "runner/tensor/tensor.h"

/* 95 % intervals in closed form. Where one is undefined its method is NULL. */

/* The 0.975 quantile of the standard normal distribution. */
#define SL_Z95 1.959963984540054235

/* Of a share, `part` of `whole`: Wilson's score interval (1927), whose coverage is near
 * its name on average, where Clopper and Pearson's is above it. */
struct sl_interval sl_interval_wilson(double part, double whole);

/*
 * Of the AUROC: DeLong, DeLong and Clarke-Pearson (1988), by one pass over the sorted
 * scores (Sun and Xu 2014), on the logit scale, so that it stays between 0 and 1. Where no
 * pair of rows disagrees, that variance is 0: then the interval is that of Newcombe (2006,
 * part 2, method 5), which asks which AUROC would still be compatible with the sizes.
 * Undefined with fewer than two rows of a kind.
 */
struct sl_interval sl_interval_auroc(const struct sl_cuts *cuts);

/* Of a mean of shares in two strata that were sampled apart: sums and sums of squares of
 * n0 and n1 values, by the normal approximation, cut to [0, 1]. */
struct sl_interval sl_interval_mean(const double sums[2], const double squares[2],
                                    const double n[2]);

#endif
