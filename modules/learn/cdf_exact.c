/* SPDX-License-Identifier: MIT */
#include "modules/learn/cdf_exact.h"

#include <math.h>

void
SL_R(sl_cdf_exact_read)(size_t k, bool softmax, const real *theta, struct sl_cdf_exact *e)
{
    double most = -(double)INFINITY, sum = 0, total = 0;

    for (size_t i = 0; i < k; i++)
        most = fmax(most, (double)theta[i]);
    for (size_t i = 0; i < k; i++)
        sum += exp((double)theta[i] - most);
    if (softmax)
        total = most + log(sum);
    for (size_t i = 0; i < k; i++) {
        e->log_weight[i] = (double)theta[i] - total;
        e->weight[i] = exp(e->log_weight[i]);
        e->mean[i] = (double)theta[k + i];
        e->std[i] = exp((double)theta[2 * k + i]);
    }
    e->mixture =
        (struct sl_cdf_mixture){k, softmax, e->mean, e->std, e->weight, e->log_weight};
}

enum sl_status
SL_R(sl_cdf_exact_inverse)(const struct sl_cdf_exact *exact,
                           const struct sl_inverse *call, struct sl_error *err)
{
    for (size_t i = 0; i < call->n; i++) {
        double z = (double)((const real *)call->y)[i], x;
        if (!sl_cdf_mixture_inverse(&exact->mixture, z, &x))
            return sl_fail(
                err, SL_ERR_NUMERIC,
                "%g at row %zu is outside the interval that the mixture maps to", z, i);
        ((real *)call->x)[i] = (real)x;
    }
    return SL_OK;
}
