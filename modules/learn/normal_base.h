/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_NORMAL_BASE_H
#define SL_LEARN_NORMAL_BASE_H

#include <stddef.h>

/*
 * The standard normal distribution in d dimensions, the base of flows:
 * ln p(z) = -(|z|^2 + d ln(2 pi)) / 2. Arrays are of the build's real.
 *
 * z       n x d
 * log_p   n: added to, not overwritten
 * dlog_p  n, gradient of a loss by ln p
 * dz      n x d, overwritten: gradient by z through ln p
 */
void sl_normal_base_add_f32(size_t n, size_t d, const void *z, void *log_p);
void sl_normal_base_add_f64(size_t n, size_t d, const void *z, void *log_p);
void sl_normal_base_gradient_f32(size_t n, size_t d, const void *z, const void *dlog_p,
                                 void *dz);
void sl_normal_base_gradient_f64(size_t n, size_t d, const void *z, const void *dlog_p,
                                 void *dz);

#endif
