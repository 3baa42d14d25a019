/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_PRINCIPAL_H
#define SL_LEARN_PRINCIPAL_H

#include "modules/learn/scorer.h"

/*
 * Principal axes: the eigenvectors of a covariance, with the variance along each (Jolliffe
 * 2002, chapter 1). The covariance is float64, d x d.
 *
 * mean       d
 * axes       k x d, orthonormal rows, by descending variance; the largest entry of each is
 *            positive
 * variances  k
 */
struct sl_principal {
    size_t d, k;
    const double *mean, *axes, *variances;
};

/* Of a covariance (d x d, symmetric; overwritten): those axes along which there is
 * variance, k <= d of them; the others lie within rounding of 0, which is the highest times
 * d epsilon. SL_ERR_NUMERIC, SL_ERR_MEMORY. */
enum sl_status sl_principal_of(size_t d, const double *mean, double *covariance,
                               struct sl_arena *arena, struct sl_principal *principal,
                               struct sl_error *err);

/* Mean and covariance of rows, n x d, with that divisor; both from the arena. */
enum sl_status sl_principal_moments(struct sl_pool *pool, size_t n, size_t d,
                                    const double *x, double divisor,
                                    struct sl_arena *arena, double **mean,
                                    double **covariance, struct sl_error *err);
/* The same, to the bit, of rows of a data set, which are gathered block by block. */
enum sl_status sl_principal_moments_of(struct sl_pool *pool, const struct sl_rows *rows,
                                       double divisor, struct sl_arena *arena,
                                       double **mean, double **covariance,
                                       struct sl_error *err);

/* Parameters "mean", "axes" and "variances" behind the prefix, added to a bundle; and back,
 * for d columns. */
enum sl_status sl_principal_add(const struct sl_principal *principal, const char *prefix,
                                struct sl_bundle *bundle, struct sl_error *err);
enum sl_status sl_principal_load(struct sl_principal *principal,
                                 const struct sl_model *model, const char *prefix,
                                 size_t d, struct sl_error *err);

/* Yields them, without prefix, as the model of the step. */
enum sl_status sl_principal_output(const struct sl_principal *principal,
                                   struct sl_step *step, struct sl_error *err);

/* w (k x d): axes over the standard deviations along them, so that |w (x - mean)| is the
 * Mahalanobis distance within the axes. */
void sl_principal_whitening(const struct sl_principal *principal, double *w);

/* out: that distance of n rows, n x d, each by itself. scratch: (d + k) x SL_PANEL. */
void sl_principal_distances(const struct sl_principal *principal, const double *w,
                            size_t n, const double *x, double *scratch, double *out);

/*
 * The parts of a score that come from each column of a row (sl_model_class.explain); out:
 * n x d. With y the code of x - mean along the axes, r what they leave out and D the
 * distance:
 *
 *     residual   r_j^2 / d, whose sum is the mean square of r
 *     distance   (x - mean)_j (sum_i y_i / v_i axis_ij) / D, whose sum is D; all 0 if D is.
 *                A part is below 0 where the column makes the row less odd than its others do
 */
enum sl_principal_score { SL_PRINCIPAL_RESIDUAL, SL_PRINCIPAL_DISTANCE };
enum sl_status sl_principal_explain(const struct sl_principal *principal,
                                    enum sl_principal_score score, struct sl_step *step,
                                    const struct sl_rows *rows, double *out,
                                    struct sl_error *err);

#endif
