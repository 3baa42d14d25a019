/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_CLIP_H
#define SL_LEARN_CLIP_H

#include <stddef.h>

#include "modules/learn/slice.h"

/*
 * Keeps a gradient from being too large: by its norm (Pascanu, Mikolov and Bengio 2013,
 * algorithm 1) one that is longer than `limit` is shortened to it and keeps its direction;
 * by value each of its numbers is brought into [-limit, limit].
 */
enum sl_clip_by { SL_CLIP_BY_NORM, SL_CLIP_BY_VALUE };

/* Parts of a gradient of n that are measured by themselves. */
#define SL_CLIP_PARTS(n) (((n) + SL_SLICE - 1) / SL_SLICE)

struct sl_clipping {
    enum sl_clip_by by;
    double limit;  /* above 0 */
    double *parts; /* SL_CLIP_PARTS(n), to work in */
    struct sl_pool *pool;
};

/* gradient: n. Returns its size before: its Euclidean norm over all parameters, or the
 * largest absolute value. Sums are float64, in the order of parts that n decides. A size
 * that is not finite is for the caller to tell; the gradient is then left as it is. */
double sl_clip_f32(const struct sl_clipping *clipping, size_t n, float *gradient);
double sl_clip_f64(const struct sl_clipping *clipping, size_t n, double *gradient);

#endif
