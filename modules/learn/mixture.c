/* SPDX-License-Identifier: MIT */
#include "modules/learn/mixture.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "modules/learn/log_sum.h"
#include "modules/learn/moments.h"
#include "runner/parallel/pool.h"

void
sl_mixture_init(struct sl_mixture *mixture, size_t n,
                const struct sl_gaussian *components, const double *weights,
                struct sl_arena *arena)
{
    double *scaled = sl_arena_alloc(arena, n * sizeof *scaled), sum = 0;
    double *log_peaks = sl_arena_alloc(arena, n * sizeof *log_peaks);

    assert(n > 0 && components[0].d <= SL_MIXTURE_DIMENSIONS);
    for (size_t k = 0; k < n; k++)
        sum += weights[k];
    for (size_t k = 0; k < n; k++) {
        scaled[k] = weights[k] / sum;
        log_peaks[k] = log(scaled[k]) + sl_gaussian_log_peak(&components[k]);
    }
    *mixture = (struct sl_mixture){components[0].d, n, components, scaled, log_peaks};
}

double
sl_mixture_log_density(const void *context, const double *x)
{
    const struct sl_mixture *m = context;
    struct sl_log_sum sum = SL_LOG_SUM;
    double v[SL_MIXTURE_DIMENSIONS];

    for (size_t k = 0; k < m->n; k++)
        sl_log_sum_add(&sum,
                       m->log_peaks[k] - sl_gaussian_square(&m->components[k], x, v) / 2);
    return sl_log_sum_value(&sum);
}

size_t
sl_mixture_pick(const struct sl_mixture *m, struct sl_stream *stream)
{
    double u = sl_stream_uniform(stream);
    size_t last = 0;

    for (size_t k = 0; k < m->n; k++) {
        if (m->weights[k] == 0)
            continue;
        if (u < m->weights[k])
            return k;
        u -= m->weights[k];
        last = k;
    }
    return last;
}

void
sl_mixture_draw(const struct sl_mixture *m, size_t k, struct sl_stream *stream, double *x)
{
    double u[SL_MIXTURE_DIMENSIONS];

    for (size_t i = 0; i < m->d; i++)
        u[i] = sl_stream_normal(stream);
    sl_gaussian_place(&m->components[k], u, x);
}

static double
deviation(const struct sl_gaussian *g, size_t axis)
{
    double square = 0;

    for (size_t j = 0; j <= axis; j++)
        square += g->factor[axis * g->d + j] * g->factor[axis * g->d + j];
    return sqrt(square);
}

void
sl_mixture_span(const struct sl_mixture *m, size_t axis, double s, double *low,
                double *high)
{
    *low = (double)INFINITY;
    *high = -(double)INFINITY;
    for (size_t k = 0; k < m->n; k++) {
        double mean = m->components[k].mean[axis];
        double reach = s * deviation(&m->components[k], axis);

        *low = fmin(*low, mean - reach);
        *high = fmax(*high, mean + reach);
    }
}

/* ---- entropy ------------------------------------------------------------------------ */

/* Beyond so many standard deviations nothing is left in float64. */
#define FAR 13.0

static double
minus_p_ln_p(const void *context, double x)
{
    double log_p = sl_mixture_log_density(context, &x);

    return log_p > -700 ? -exp(log_p) * log_p : 0;
}

static int
ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Between places at which a component begins, rises or peaks, so that no halving misses a
 * narrow one. */
static double
line_entropy(const struct sl_mixture *m, struct sl_arena *arena, double *error)
{
    static const double marks[] = {-FAR, -6, -2, 0, 2, 6, FAR};
    enum { MARKS = sizeof marks / sizeof *marks };
    size_t n = m->n * MARKS;
    double *places = sl_arena_alloc(arena, n * sizeof *places), sum = 0;

    for (size_t i = 0; i < n; i++)
        places[i] = m->components[i / MARKS].mean[0] +
                    marks[i % MARKS] * m->components[i / MARKS].factor[0];
    qsort(places, n, sizeof *places, ascending);
    *error = 0;
    for (size_t i = 0; i + 1 < n; i++)
        if (places[i + 1] > places[i])
            sum += sl_integrate(minus_p_ln_p, m, places[i], places[i + 1],
                                1e-9 / (double)n, error);
    return sum;
}

static struct sl_plane
plane_of(const struct sl_mixture *m)
{
    struct sl_plane plane = {sl_mixture_log_density, m, {{0}, {0}}, (double)INFINITY};

    for (size_t axis = 0; axis < 2; axis++)
        sl_mixture_span(m, axis, 9, &plane.reach.low[axis], &plane.reach.high[axis]);
    for (size_t k = 0; k < m->n; k++)
        for (size_t i = 0; i < 2; i++)
            plane.finest = fmin(plane.finest, m->components[k].factor[3 * i]);
    return plane;
}

enum { DRAWS = 65536, TILE = 1024 };

struct draws {
    const struct sl_mixture *mixture;
    const struct sl_stream *stream;
    double *values;
};

static void
draw_tile(void *context, size_t tile)
{
    const struct draws *draws = context;
    double x[SL_MIXTURE_DIMENSIONS];

    for (size_t i = tile * TILE; i < (tile + 1) * TILE; i++) {
        struct sl_stream stream = sl_stream_at(draws->stream, i);
        size_t k = sl_mixture_pick(draws->mixture, &stream);

        sl_mixture_draw(draws->mixture, k, &stream, x);
        draws->values[i] = -sl_mixture_log_density(draws->mixture, x);
    }
}

static enum sl_status
drawn_entropy(const struct sl_mixture *m, struct sl_pool *pool,
              const struct sl_stream *stream, struct sl_arena *arena, double *entropy,
              double *error, struct sl_error *err)
{
    struct draws draws = {m, stream, sl_arena_array(arena, DRAWS, sizeof(double))};
    struct sl_moments moments;

    if (!draws.values)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %d draws", DRAWS);
    sl_pool_tiles(pool, DRAWS / TILE, draw_tile, &draws);
    moments = sl_moments_of(draws.values, DRAWS);
    *entropy = moments.mean;
    *error = moments.std / sqrt(DRAWS);
    return SL_OK;
}

enum sl_status
sl_mixture_entropy(const struct sl_mixture *m, struct sl_pool *pool,
                   const struct sl_stream *stream, struct sl_arena *arena,
                   double *entropy, double *error, struct sl_error *err)
{
    struct sl_plane plane;

    *error = 0;
    if (m->n == 1) {
        *entropy = (double)m->d / 2 - sl_gaussian_log_peak(&m->components[0]);
        return SL_OK;
    }
    if (m->d == 1) {
        *entropy = line_entropy(m, arena, error);
        return SL_OK;
    }
    if (m->d == 2) {
        plane = plane_of(m);
        if (sl_plane_is_coarse(&plane))
            return sl_plane_entropy(&plane, pool, arena, entropy, error, err);
    }
    return drawn_entropy(m, pool, stream, arena, entropy, error, err);
}
