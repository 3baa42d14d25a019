/* SPDX-License-Identifier: MIT */
#include "modules/learn/clip.h"

#include <math.h>

#include "runner/tensor/real.h"

/* Sums that run beside each other, so that they fill vectors; their number is part of the
 * result. */
enum { LANES = 16 };

SL_CLONES static double
sum_of_squares(size_t n, const real *x)
{
    double lanes[LANES] = {0}, sum = 0;
    size_t whole = n - n % LANES;

    for (size_t i = 0; i < whole; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            lanes[l] += (double)x[i + l] * (double)x[i + l];
    for (size_t i = whole; i < n; i++)
        lanes[i - whole] += (double)x[i] * (double)x[i];
    for (size_t l = 0; l < LANES; l++)
        sum += lanes[l];
    return sum;
}

/* A NaN is larger than any number. */
static double
larger(double a, double b)
{
    return b > a || isnan(b) ? b : a;
}

static double
largest(size_t n, const real *x)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        most = larger(most, fabs((double)x[i]));
    return most;
}

SL_CLONES static void
scale(size_t n, real factor, real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= factor;
}

SL_CLONES static void
bound(size_t n, real limit, real *x)
{
    for (size_t i = 0; i < n; i++) {
        real low = x[i] < -limit ? -limit : x[i];
        x[i] = low > limit ? limit : low;
    }
}

struct work {
    const struct sl_clipping *clipping;
    real *gradient;
    real by; /* factor or limit */
};

static void
measure_slice(void *context, size_t first, size_t count)
{
    const struct work *w = context;
    const real *x = w->gradient + first;

    w->clipping->parts[first / SL_SLICE] =
        w->clipping->by == SL_CLIP_BY_NORM ? sum_of_squares(count, x) : largest(count, x);
}

static void
clip_slice(void *context, size_t first, size_t count)
{
    const struct work *w = context;

    if (w->clipping->by == SL_CLIP_BY_NORM)
        scale(count, w->by, w->gradient + first);
    else
        bound(count, w->by, w->gradient + first);
}

static double
measure(struct work *w, size_t n)
{
    const struct sl_clipping *c = w->clipping;
    double sum = 0, most = 0;

    sl_slices(c->pool, n, measure_slice, w);
    for (size_t i = 0; i < SL_CLIP_PARTS(n); i++) {
        sum += c->parts[i];
        most = larger(most, c->parts[i]);
    }
    return c->by == SL_CLIP_BY_NORM ? sqrt(sum) : most;
}

double
SL_R(sl_clip)(const struct sl_clipping *clipping, size_t n, real *gradient)
{
    struct work w = {.clipping = clipping, .gradient = gradient};
    double size = measure(&w, n);

    if (!isfinite(size) || size <= clipping->limit)
        return size;
    w.by = (real)(clipping->by == SL_CLIP_BY_NORM ? clipping->limit / size
                                                  : clipping->limit);
    sl_slices(clipping->pool, n, clip_slice, &w);
    return size;
}
