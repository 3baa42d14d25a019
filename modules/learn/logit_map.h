/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_LOGIT_MAP_H
#define SL_LEARN_LOGIT_MAP_H

#include <stddef.h>

/*
 * Logit of values in [0, 1], drawn in from its ends by alpha (Dinh et al. 2017):
 *
 *     y = ln p - ln(1 - p), p = alpha + (1 - 2 alpha) x
 *     ln dy/dx = ln(1 - 2 alpha) - ln p - ln(1 - p)
 *
 * Outside [0, 1] it goes on along its tangents, so that every x has an image and every y
 * comes from somewhere. slope: ln dy/dx. alpha is in (0, 0.5).
 */
void sl_logit_map_f32(size_t n, float alpha, const float *x, float *y, float *slope);
void sl_logit_map_f64(size_t n, double alpha, const double *x, double *y, double *slope);
void sl_logit_inverse_f32(size_t n, float alpha, const float *y, float *x);
void sl_logit_inverse_f64(size_t n, double alpha, const double *y, double *x);

#endif
