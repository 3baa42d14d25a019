/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_CDF_EXACT_H
#define SL_LEARN_CDF_EXACT_H

#include "modules/learn/cdf_mixture.h"
#include "modules/learn/layer.h"
#include "runner/tensor/real.h"

/* A mixture's parameters in float64, whatever the real: k logits, means and logarithms of
 * deviations, and, where softmax says so, weights that add up to 1. mixture is of the others. */
#define SL_CDF_COMPONENTS_MAX 256

struct sl_cdf_exact {
    struct sl_cdf_mixture mixture;
    double mean[SL_CDF_COMPONENTS_MAX], std[SL_CDF_COMPONENTS_MAX];
    double weight[SL_CDF_COMPONENTS_MAX], log_weight[SL_CDF_COMPONENTS_MAX];
};

void SL_R(sl_cdf_exact_read)(size_t k, bool softmax, const real *theta,
                             struct sl_cdf_exact *exact);

/* As a layer's inverse, of one column. SL_ERR_NUMERIC names the first row that has none. */
enum sl_status SL_R(sl_cdf_exact_inverse)(const struct sl_cdf_exact *exact,
                                          const struct sl_inverse *call,
                                          struct sl_error *err);

#endif
