/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_EXPECTATION_H
#define SL_LEARN_EXPECTATION_H

#include "modules/learn/components.h"
#include "modules/learn/train_rows.h"

/*
 * A Gaussian mixture by expectation and maximisation (Dempster, Laird and Rubin 1977;
 * McLachlan and Peel 2000, chapter 3). Each of `restarts` begins with the clusters of
 * k-means (kmeans.h) by a substream of the step's stream "start", and alternates until the
 * mean log-likelihood of a row changes by less than `tolerance`, or `iterations` times; the
 * one with the highest is kept. `regularisation` is added to every variance.
 */
struct sl_expectation {
    enum sl_covariances type;
    size_t k, restarts, iterations;
    double tolerance, regularisation;
};

struct sl_expectation_result {
    double log_likelihood; /* mean of a row, nats */
    size_t iterations;
    bool converged;
    double *course; /* iterations: the log-likelihood at each */
};

/* c is new, and set. Memory is the step's. SL_ERR_NUMERIC where a covariance is degenerate,
 * SL_ERR_MEMORY, SL_ERR_CANCELLED. */
enum sl_status sl_expectation_fit(struct sl_step *step, const struct sl_expectation *how,
                                  const struct sl_train_rows *rows,
                                  struct sl_components *c,
                                  struct sl_expectation_result *result,
                                  struct sl_error *err);

#endif
