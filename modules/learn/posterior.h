/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_POSTERIOR_H
#define SL_LEARN_POSTERIOR_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The Gaussian that an encoder gives for a row, q(z | x) = N(m, L L'), L lower triangular.
 * The encoder's output h of a row is
 *
 *     m    k              the mean
 *     a    k              the logarithms of L's diagonal
 *     b    k (k - 1) / 2  of a full covariance: what lies below it, row by row
 *
 * A draw is z = m + L e with e ~ N(0, I), and the divergence to the prior N(0, I) is
 *
 *     D_KL(q || N(0, I)) = (|m|^2 + |L|^2 - k) / 2 - sum a
 *
 * (Kingma and Welling 2014, appendix B, for a diagonal L; |L|^2 = tr L L', and
 * ln det L L' = 2 sum a, for any.)
 *
 * h, e, z   n x columns, n x k, n x k, row-major, of the real in the function's name.
 * e may be NULL: z = m.
 */
struct sl_posterior {
    size_t n, k;
    bool full;
    const void *h, *e;
};

static inline size_t
sl_posterior_columns(size_t k, bool full)
{
    return 2 * k + (full ? k * (k - 1) / 2 : 0);
}

void sl_posterior_draw_f32(const struct sl_posterior *q, void *z);
void sl_posterior_draw_f64(const struct sl_posterior *q, void *z);

/* rows: n, overwritten; float64 sums. */
void sl_posterior_divergence_f32(const struct sl_posterior *q, double *rows);
void sl_posterior_divergence_f64(const struct sl_posterior *q, double *rows);

/* dh (n x columns, overwritten): the gradient by h of a loss whose gradient by z is dz, plus
 * weight times the sum of the rows' divergences. */
void sl_posterior_gradient_f32(const struct sl_posterior *q, const void *dz,
                               double weight, void *dh);
void sl_posterior_gradient_f64(const struct sl_posterior *q, const void *dz,
                               double weight, void *dh);

#endif
