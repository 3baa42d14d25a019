/* SPDX-License-Identifier: MIT */
#include "modules/learn/sum_rows.h"

#include <string.h>

SL_CLONES static void
add_rows(size_t n, size_t d, const real *restrict x, real *restrict sum)
{
    memset(sum, 0, d * sizeof *sum);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            sum[j] += x[i * d + j];
}

void
SL_R(sl_sum_rows)(size_t n, size_t d, const real *restrict x, real *restrict sum)
{
    add_rows(n, d, x, sum);
}
