/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_P_VALUE_H
#define SL_LEARN_P_VALUE_H

#include "runner/base/error.h"
#include "runner/tensor/tensor.h"

/*
 * What a calibration knows of the scores of normal rows.
 *
 * scores   n, ascending
 * tail     NULL, or a generalised Pareto distribution for what lies above a score: a share
 *          `share` does, and the excess has the given scale and shape
 */
struct sl_tail {
    double score, scale, shape, share;
};
struct sl_calibration {
    size_t n;
    const double *scores;
    const struct sl_tail *tail;
};

/*
 * The chance that a normal row scores at least so high: (1 + the number of calibration
 * scores that do) / (n + 1), the p-value of split conformal prediction (Vovk et al. 2005;
 * Bates et al. 2023), which is valid at every n for rows that are exchangeable. Above
 * tail->score, where there is a tail, what the tail says: no longer valid by itself, but
 * not bounded by 1 / (n + 1) either.
 */
double sl_p_value(const struct sl_calibration *calibration, double score);
/* Of n scores. p may be scores. */
void sl_p_values(const struct sl_calibration *calibration, size_t n, const double *scores,
                 double *p);

/* share (1 + shape x / scale)^(-1 / shape), x the excess over tail->score; at shape 0 its
 * limit share exp(-x / scale). x >= 0. And the x of a share, at most tail->share. */
double sl_tail_share(const struct sl_tail *tail, double excess);
double sl_tail_excess(const struct sl_tail *tail, double share);

/*
 * Benjamini and Hochberg's step-up procedure (1995): the largest p-value that is rejected
 * so that the expected share of false discoveries stays at or below level; -1 where none
 * is. p: n, ascending.
 */
double sl_benjamini_hochberg(const double *p, size_t n, double level);

/* A calibration out of the tensors that a calibrate stage yields: n ascending scores, and
 * NULL or the four numbers of a tail in the order of struct sl_tail, which *tail is to hold.
 * SL_ERR_SHAPE. */
enum sl_status sl_calibration_of(const struct sl_tensor *scores,
                                 const struct sl_tensor *tail_numbers,
                                 struct sl_tail *tail, struct sl_calibration *calibration,
                                 struct sl_error *err);

#endif
