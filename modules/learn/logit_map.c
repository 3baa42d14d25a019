/* SPDX-License-Identifier: MIT */
#include "modules/learn/logit_map.h"

#include "runner/tensor/special.h"

static inline real
clip(real x)
{
    x = x > 0 ? x : 0;
    return x < 1 ? x : 1;
}

/* 1 - p is computed from 1 - x, which is exact near 1. */
SL_CLONES void
SL_R(sl_logit_map)(size_t n, real alpha, const real *restrict x, real *restrict y,
                   real *restrict slope)
{
    const real rest = 1 - 2 * alpha, log_rest = sl_log(rest);

    for (size_t i = 0; i < n; i++) {
        real c = clip(x[i]), p = alpha + rest * c, q = alpha + rest * (1 - c);
        real lp = sl_log(p), lq = sl_log(q);
        y[i] = lp - lq + (x[i] - c) * (rest / (p * q));
        slope[i] = log_rest - lp - lq;
    }
}

/* Beyond the images of 0 and 1 the tangents, else the logistic function. */
void
SL_R(sl_logit_inverse)(size_t n, real alpha, const real *y, real *x)
{
    const real rest = 1 - 2 * alpha;
    const real end = sl_log(1 - alpha) - sl_log(alpha);
    const real slope = rest / (alpha * (1 - alpha));

    for (size_t i = 0; i < n; i++) {
        if (y[i] > end)
            x[i] = 1 + (y[i] - end) / slope;
        else if (y[i] < -end)
            x[i] = (y[i] + end) / slope;
        else
            x[i] = (sl_logistic(y[i]) - alpha) / rest;
    }
}
