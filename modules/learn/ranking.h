/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_RANKING_H
#define SL_LEARN_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"

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
 * The cuts of a ranking, from the highest score down: at cut i everything is flagged that
 * scores at least the (i + 1)-th highest distinct score. Counts are whole numbers, of
 * resampled rows as well.
 *
 * normal, anomalous     n: rows flagged of each kind
 * normals, anomalies    rows there are
 * flagged               the cut that a threshold makes: the first `flagged` distinct scores
 *                       lie above it; 0 flags nothing
 */
struct sl_cuts {
    size_t n;
    uint32_t *normal, *anomalous;
    double normals, anomalies;
    size_t flagged;
};

/* SL_ERR_MEMORY. */
enum sl_status sl_cuts_of(const struct sl_ranking *ranking, double threshold,
                          struct sl_arena *arena, struct sl_cuts *cuts,
                          struct sl_error *err);

/* Rows of one kind that the threshold flags. */
double sl_cuts_flagged(const struct sl_cuts *cuts, bool anomalous);

/* All that follow are NaN if there are no rows of one kind. */

/* The chance that an anomalous row scores above a normal one, ties counting one half:
 * the Mann-Whitney statistic over n m. */
double sl_cuts_auroc(const struct sl_cuts *cuts);

/*
 * The area under the ROC curve up to the false positive rate `most` < 1, standardised so
 * that 1/2 is a guess and 1 is perfect (McClish 1989): (1 + (A - m) / (M - m)) / 2 with
 * m = most^2 / 2 and M = most. Between cuts the curve is straight.
 */
double sl_cuts_partial_auroc(const struct sl_cuts *cuts, double most);

/* Average precision: the sum over cuts of (R_k - R_(k-1)) P_k, R the recall and P the
 * precision. */
double sl_cuts_auprc(const struct sl_cuts *cuts);

/* The share of normal rows flagged at the first cut whose true positive rate is at least
 * percent / 100. */
double sl_cuts_fpr_at(const struct sl_cuts *cuts, unsigned percent);

/* 2 TP / (2 TP + FP + FN): of what the threshold flags, and the largest of all cuts, with
 * its place (may be NULL). */
double sl_cuts_f1(const struct sl_cuts *cuts);
double sl_cuts_best_f1(const struct sl_cuts *cuts, size_t *place);

/* The share of anomalous rows among as many as there are of them, from the highest score
 * down; of rows tied at the end, the share to be expected. */
double sl_cuts_precision_at_n(const struct sl_cuts *cuts);

/*
 * The ROC curve from (0, 0) to (1, 1): pairs of false and true positive rate over the
 * cuts, at most `capacity` >= 3 of them. Where there are more cuts, those that lie
 * closer than 2 / (capacity - 2) to the pair before, along both axes together, are left
 * out. Returns the number of pairs; there are rows of both kinds.
 */
size_t sl_cuts_roc(const struct sl_cuts *cuts, size_t capacity, double (*pairs)[2]);

/* How many of n ascending scores lie above the threshold. */
size_t sl_ranking_above(const double *ascending, size_t n, double threshold);

/* part / whole; NaN if whole is 0. */
double sl_share(double part, double whole);

#endif
