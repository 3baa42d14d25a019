/* SPDX-License-Identifier: MIT */
/* The divergence of a Gaussian fitted to the samples from one fitted to the data. */
#include <math.h>

#include "modules/learn/divergence.h"
#include "modules/learn/gaussian.h"

static enum sl_status
compute(const struct sl_sample_pair *pair, double *value, double *columns,
        struct sl_error *err)
{
    struct sl_gaussian p, q;
    enum sl_status status;

    (void)columns;
    status = sl_gaussian_fit(&p, pair->n, pair->d, pair->samples, pair->arena, err);
    if (!status)
        status = sl_gaussian_fit(&q, pair->m, pair->d, pair->data, pair->arena, err);
    if (!status)
        status = sl_gaussian_divergence(&p, &q, pair->arena, value, err);
    if (status != SL_ERR_NUMERIC)
        return status;
    *value = (double)NAN;
    return SL_OK;
}

const struct sl_divergence_class divergence_gaussian_divergence = {
    .entry = {.name = "gaussian_divergence",
              .summary = "D_KL between Gaussian fits of samples and data; NaN where one "
                         "has a singular covariance"},
    .unit = "nats",
    .compute = compute,
};
