/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SUM_ROWS_H
#define SL_LEARN_SUM_ROWS_H

#include <stddef.h>

#include "runner/tensor/real.h"

/* sum (d): the rows of x (n x d), added in order. */
void SL_R(sl_sum_rows)(size_t n, size_t d, const real *restrict x, real *restrict sum);

#endif
