/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_CURVE_H
#define SL_LEARN_CURVE_H

#include <stdbool.h>

#include "modules/learn/quadrature.h"
#include "runner/base/arena.h"
#include "runner/base/rng.h"

/*
 * Points c(t), t in [0, 1], on a curve in the plane, with normal noise of standard
 * deviation `noise` added to both coordinates. t is uniform or, on a curve that widens, the
 * root of a uniform number. The density is the integral over t of N(x; c(t), noise^2 I)
 * with t's own: by 15-point rules on panels along which the curve goes no further than
 * three times the noise, which is exact to some 12 digits.
 */
typedef void sl_curve_place(const void *context, double t, double x[2]);

struct sl_curve {
    sl_curve_place *place;
    const void *context;
    bool widens;
    double noise;
    size_t panels;
    double radius; /* no panel reaches further from its middle */
    const double (
        *nodes)[3]; /* panels x SL_KRONROD: places and weights, which sum to 1 */
};

/* Completes a curve whose first four members are set. speed: |dc/dt| at most. Memory is
 * the arena's. */
void sl_curve_init(struct sl_curve *curve, double speed, struct sl_arena *arena);

/* n curves of the same noise, equally likely; draw returns the index of the one the point is of. */
struct sl_curves {
    size_t n;
    const struct sl_curve *at;
};
double sl_curves_log_density(const struct sl_curves *curves, const double x[2]);
int32_t sl_curves_draw(const struct sl_curves *curves, struct sl_stream *stream,
                       double x[2]);

#endif
