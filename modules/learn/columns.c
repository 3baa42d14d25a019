/* SPDX-License-Identifier: MIT */
#include "modules/learn/index_set.h"

void
SL_R(sl_columns_take)(size_t n, size_t d, const real *x, size_t k,
                      const uint32_t *columns, real *out)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < k; j++)
            out[i * k + j] = x[i * d + columns[j]];
}

void
SL_R(sl_columns_put)(size_t n, size_t k, const uint32_t *columns, const real *x, size_t d,
                     real *out)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < k; j++)
            out[i * d + columns[j]] = x[i * k + j];
}
