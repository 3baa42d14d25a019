/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_QUADRATURE_H
#define SL_LEARN_QUADRATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/error.h"

struct sl_arena;
struct sl_pool;

/* Points and weights of the 15-point Kronrod rule on [a, b] (QUADPACK, Piessens et al.
 * 1983, qk15): exact for polynomials up to degree 22. */
#define SL_KRONROD 15
void sl_kronrod(double a, double b, double x[SL_KRONROD], double weight[SL_KRONROD]);

/*
 * The integral of f over [a, b] by the 15-point rule, halved wherever it differs from the
 * 7-point Gauss rule inside it by more than `tolerance` and by more than rounding; not
 * below 2^-40 of the interval.
 * The differences, which are far above the true error, are added to *error.
 */
typedef double sl_integrand(const void *context, double x);
double sl_integrate(sl_integrand *f, const void *context, double a, double b,
                    double tolerance, double *error);

/* A rectangle of the plane. */
struct sl_extent {
    double low[2], high[2];
};

struct sl_extent sl_extent_widen(struct sl_extent extent, double margin);

/* ln p of a point of d values. */
typedef double sl_log_density(const void *context, const double *x);

/*
 * -integral p ln p over a rectangle that holds next to all of p, in nats: the midpoint
 * rule, which for smooth densities converges faster than any power of the step, with four
 * steps to `finest`, the length over which p changes. *error is the difference to the rule
 * of twice the step. Only of a plane that is coarse: one that takes at most 2048 steps a
 * side. SL_ERR_MEMORY.
 */
struct sl_plane {
    sl_log_density *log_density;
    const void *context;
    struct sl_extent reach;
    double finest;
};
bool sl_plane_is_coarse(const struct sl_plane *plane);
enum sl_status sl_plane_entropy(const struct sl_plane *plane, struct sl_pool *pool,
                                struct sl_arena *arena, double *entropy, double *error,
                                struct sl_error *err);

#endif
