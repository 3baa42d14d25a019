/* SPDX-License-Identifier: MIT */
#include "modules/learn/normal_base.h"

#include "runner/tensor/normal.h"
#include "runner/tensor/real.h"

/* Sums of hundreds of squares, so in float64 whatever the real. */
SL_CLONES static void
add(size_t n, size_t d, const real *z, real *log_p)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (size_t j = 0; j < d; j++)
            sum += (double)z[i * d + j] * (double)z[i * d + j];
        log_p[i] = (real)((double)log_p[i] - sum / 2 - (double)d * SL_HALF_LOG_TWO_PI);
    }
}

SL_CLONES static void
gradient(size_t n, size_t d, const real *z, const real *dlog_p, real *dz)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            dz[i * d + j] = -dlog_p[i] * z[i * d + j];
}

void
SL_R(sl_normal_base_add)(size_t n, size_t d, const void *z, void *log_p)
{
    add(n, d, z, log_p);
}

void
SL_R(sl_normal_base_gradient)(size_t n, size_t d, const void *z, const void *dlog_p,
                              void *dz)
{
    gradient(n, d, z, dlog_p, dz);
}
