/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_RANKING_H
#define SL_LEARN_RANKING_H

#include <stdbool.h>
#include <stddef.h>

/*
 * How well a score separates two samples, the higher the more anomalous. The anomalous
 * rows are the positive ones. All of it depends on the order of the scores alone, and
 * tied scores are never put into an order: they enter together. Scores are finite.
 */
struct sl_ranking {
    const double *normal; /* ascending */
    size_t n;
    const double *anomalous; /* ascending */
    size_t m;
};

/*
 * The chance that an anomalous row scores above a normal one, ties counting one half:
 * the Mann-Whitney statistic over n m. NaN if n or m is 0.
 */
double sl_ranking_auroc(const struct sl_ranking *ranking);

/* Average precision: the sum over cuts of (R_k - R_(k-1)) P_k, R the recall and P the
 * precision. NaN if n or m is 0. */
double sl_ranking_auprc(const struct sl_ranking *ranking);

/* The share of normal rows at or above the highest cut whose true positive rate is at
 * least percent / 100. NaN if n or m is 0. */
double sl_ranking_fpr_at(const struct sl_ranking *ranking, unsigned percent);

/*
 * The ROC curve from (0, 0) to (1, 1): pairs of false and true positive rate over the
 * cuts, at most `capacity` >= 3 of them. Where there are more cuts, those that lie
 * closer than 2 / (capacity - 2) to the pair before, along both axes together, are left
 * out. Returns the number of pairs; n, m > 0.
 */
size_t sl_ranking_roc(const struct sl_ranking *ranking, size_t capacity,
                      double (*pairs)[2]);

/* How many of n ascending scores lie above the threshold. */
size_t sl_ranking_above(const double *ascending, size_t n, double threshold);

/* part / whole; NaN if whole is 0. */
double sl_share(size_t part, size_t whole);

#endif
