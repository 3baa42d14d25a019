/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SCALING_H
#define SL_LEARN_SCALING_H

#include "modules/learn/fitting.h"

/*
 * Preprocessing by y = (x - shift) / scale, each column by its own; ln |det| is minus the
 * sum of ln scale. A column without spread keeps its unit (scale 1).
 */

/* Keeps shift and scale (d each) under those names; a scale of 0 becomes 1. */
enum sl_status sl_scaling_keep(struct sl_bundle *parameters, const char *const names[2],
                               double *shift, double *scale, size_t d,
                               struct sl_error *err);
enum sl_status sl_scaling_open(struct sl_preprocess *step,
                               const struct sl_bundle *parameters,
                               const char *const names[2], struct sl_arena *arena,
                               struct sl_error *err);
void sl_scaling_forward(const struct sl_preprocess *step,
                        const struct sl_preprocess_pass *pass);
const char *sl_scaling_graph(const struct sl_preprocess *step, struct sl_graph *graph,
                             const char *x);
void sl_scaling_inverse(const struct sl_preprocess *step, size_t n, const double *y,
                        double *x);

#endif
