/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_MIXTURE_H
#define SL_LEARN_MIXTURE_H

#include "modules/learn/gaussian.h"
#include "modules/learn/quadrature.h"
#include "runner/base/rng.h"

/* p(x) = sum_k w_k N(x; m_k, L_k L_kt), the weights summing to 1. */
#define SL_MIXTURE_DIMENSIONS 1024 /* at most */
struct sl_mixture {
    size_t d, n;
    const struct sl_gaussian *components;
    const double *weights;
    const double *log_peaks; /* of each component, sl_gaussian_log_peak; ln w included */
};

/* weights: n, at least 0, not all of them 0; they are scaled. Memory is the arena's. */
void sl_mixture_init(struct sl_mixture *mixture, size_t n,
                     const struct sl_gaussian *components, const double *weights,
                     struct sl_arena *arena);

/* ln p(x), by log-sum-exp: finite as long as the square of the distance in standard
 * deviations is. context is a struct sl_mixture. */
double sl_mixture_log_density(const void *context, const double *x);

/* The index of a component, by one uniform number. */
size_t sl_mixture_pick(const struct sl_mixture *mixture, struct sl_stream *stream);
/* A point of component k, by d normal numbers. */
void sl_mixture_draw(const struct sl_mixture *mixture, size_t k, struct sl_stream *stream,
                     double *x);

/* The lowest mean - s std and the highest mean + s std along an axis. */
void sl_mixture_span(const struct sl_mixture *mixture, size_t axis, double s, double *low,
                     double *high);

/*
 * The entropy in nats and what it may be wrong by: in closed form of one component (0); by
 * adaptive quadrature in one dimension (below 1e-8) and on a grid in two (the difference
 * to the next coarser one); else, and where one component is too fine for a grid, by 65,536
 * draws from the stream (their standard error).
 */
enum sl_status sl_mixture_entropy(const struct sl_mixture *mixture, struct sl_pool *pool,
                                  const struct sl_stream *stream, struct sl_arena *arena,
                                  double *entropy, double *error, struct sl_error *err);

#endif
