/* SPDX-License-Identifier: MIT */
#include "runner/sweep/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/arena.h"
#include "runner/base/hash.h"
#include "runner/base/rng.h"

#define RESAMPLES 2000
#define BOOTSTRAP_FROM 20

/* Of differences from the first value: equal values have exactly their mean, and no
 * spread. */
static void
take_moments(const double *values, struct sl_summary *s)
{
    double sum = 0.0, squares = 0.0;

    for (size_t i = 0; i < s->n; i++)
        sum += values[i] - values[0];
    s->mean = values[0] + sum / (double)s->n;
    for (size_t i = 0; i < s->n; i++)
        squares += (values[i] - s->mean) * (values[i] - s->mean);
    if (s->n > 1)
        s->std = sqrt(squares / (double)(s->n - 1));
}

/* ---- the bootstrap ------------------------------------------------------------------ */

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static struct sl_stream
stream_of(const double *values, size_t n)
{
    struct sl_digest digest = sl_digest_of(values, n * sizeof *values);
    struct sl_stream stream;
    uint64_t seed;

    memcpy(&seed, digest.bytes, sizeof seed);
    sl_stream_init(&stream, seed, "summary", "bootstrap");
    return stream;
}

/* Between the two order statistics that are nearest. */
static double
quantile(const double *sorted, size_t n, double p)
{
    double at = p * (double)(n - 1), below = floor(at);
    size_t i = (size_t)below;

    return sorted[i] + (at - below) * (sorted[i + 1] - sorted[i]);
}

static void
bootstrap(const double *values, struct sl_summary *s)
{
    struct sl_stream stream = stream_of(values, s->n);
    double means[RESAMPLES];

    for (size_t r = 0; r < RESAMPLES; r++) {
        double sum = 0.0;
        for (size_t i = 0; i < s->n; i++)
            sum += values[sl_stream_below(&stream, (uint32_t)s->n)] - values[0];
        means[r] = values[0] + sum / (double)s->n;
    }
    qsort(means, RESAMPLES, sizeof *means, by_value);
    s->low = quantile(means, RESAMPLES, 0.025);
    s->high = quantile(means, RESAMPLES, 0.975);
}

struct sl_summary
sl_summarize(const double *values, size_t n)
{
    double none = (double)NAN;
    struct sl_summary s = {0, none, none, none, none};
    struct sl_arena arena;
    double *finite;

    sl_arena_init(&arena);
    finite = sl_arena_alloc(&arena, n * sizeof *finite);
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]))
            finite[s.n++] = values[i];
    if (s.n > 0)
        take_moments(finite, &s);
    if (s.n >= BOOTSTRAP_FROM) {
        bootstrap(finite, &s);
    } else if (s.n > 1) {
        double half =
            sl_student_quantile(0.975, (double)(s.n - 1)) * s.std / sqrt((double)s.n);
        s.low = s.mean - half;
        s.high = s.mean + half;
    }
    sl_arena_release(&arena);
    return s;
}
