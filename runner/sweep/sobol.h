/* SPDX-License-Identifier: MIT */
#ifndef SL_SWEEP_SOBOL_H
#define SL_SWEEP_SOBOL_H

#include <stdint.h>

/*
 * The low-discrepancy sequence of Sobol (1967) with the direction numbers of Joe and Kuo
 * (2008), "Constructing Sobol sequences with better two-dimensional projections": their
 * table new-joe-kuo-6, of which the first 21 dimensions are here.
 */
#define SL_SOBOL_DIMENSIONS 21
#define SL_SOBOL_BITS 32

/* dimension counts from 0. */
void sl_sobol_directions(unsigned dimension, uint32_t directions[SL_SOBOL_BITS]);

/* A coordinate of point `index`, as a fraction of 2^32; in the order of Gray codes (Antonov
 * and Saleev 1979), point 0 is the origin. */
uint32_t sl_sobol_coordinate(const uint32_t directions[SL_SOBOL_BITS], uint32_t index);

#endif
