/* SPDX-License-Identifier: MIT */
#ifndef SL_SWEEP_TPE_H
#define SL_SWEEP_TPE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Tree-structured Parzen estimators (Bergstra et al. 2011, "Algorithms for hyper-parameter
 * optimization"). The points so far are cut into a good quarter, 25 at most, and the rest;
 * each parameter by itself gets a density of the good ones, l, and of the others, g, as
 * mixtures of kernels around the points with a flat prior; of 24 draws from l the one with
 * the largest l / g is suggested.
 *
 * Everything happens in the unit interval: a number lies where its space has it, choice i
 * of k at (i + 1/2) / k.
 *
 * u      n x d, the points so far
 * loss   n, lower is better; NaN: it failed, which is worse than any number
 * kinds  d: 0 for a number, else how many choices there are
 */
struct sl_tpe {
    size_t n, d;
    const double *u, *loss;
    const size_t *kinds;
    uint64_t seed, round;
};

/* out: count x d, in [0, 1). A pure function of what it is given; suggestion i of a round
 * depends on those before it, and not on how many there are. */
void sl_tpe_suggest(const struct sl_tpe *tpe, size_t count, double *out);

#endif
