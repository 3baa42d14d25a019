/* SPDX-License-Identifier: MIT */
#include "modules/learn/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/parallel/pool.h"

/* Replicates are done in so many tiles, each with cuts of its own to write into. */
#define TILES 16

/* From here on the normal approximation: only sums of many weights are looked at. */
#define NORMAL_FROM 30
#define MOST 100 /* of smaller means, within 2^-32 */

/* The Poisson distributions of small means, as cumulative shares of 2^32. */
struct poisson {
    uint32_t below[MOST]; /* the share of k and less */
};

struct work {
    const struct sl_bootstrap *b;
    struct sl_cuts thin; /* what is resampled */
    struct sl_cuts cuts[TILES];
    double *values;                      /* metrics x replicates */
    struct poisson poisson[NORMAL_FROM]; /* by their means */
};

/* ---- weights ------------------------------------------------------------------------ */

static void
poisson_init(struct poisson *poisson, double mean)
{
    double p = exp(-mean), sum = 0.0;

    for (size_t k = 0; k < MOST; k++) {
        sum += p;
        p *= mean / (double)(k + 1);
        poisson->below[k] = (uint32_t)fmin(ldexp(sum, 32), 4294967295.0);
    }
}

/* Poisson of the given mean, a whole number, by inversion that begins near the middle. */
static double
draw_weight(const struct poisson *tables, struct sl_stream *stream, double mean)
{
    const struct poisson *table;
    size_t k = (size_t)mean;
    uint32_t u;

    if (mean == 0.0)
        return 0.0;
    if (mean >= NORMAL_FROM)
        return fmax(0.0, rint(mean + sqrt(mean) * sl_stream_normal(stream)));
    table = &tables[k];
    u = sl_stream_u32(stream);
    while (k + 1 < MOST && u >= table->below[k])
        k++;
    while (k > 0 && u < table->below[k - 1])
        k--;
    return (double)k;
}

static void
resample(const struct work *w, struct sl_stream *stream, struct sl_cuts *to)
{
    const struct sl_cuts *from = &w->thin;
    double normal = 0.0, anomalous = 0.0, fp = 0.0, tp = 0.0;

    for (size_t i = 0; i < from->n; i++) {
        fp += draw_weight(w->poisson, stream, from->normal[i] - normal);
        tp += draw_weight(w->poisson, stream, from->anomalous[i] - anomalous);
        normal = from->normal[i];
        anomalous = from->anomalous[i];
        to->normal[i] = (uint32_t)fp;
        to->anomalous[i] = (uint32_t)tp;
    }
    to->normals = fp;
    to->anomalies = tp;
}

static void
run_tile(void *context, size_t tile)
{
    struct work *w = context;
    struct sl_detection drawn = {.cuts = w->cuts[tile]};

    for (size_t r = tile; r < w->b->replicates; r += TILES) {
        struct sl_stream stream = sl_stream_at(&w->b->stream, r);

        resample(w, &stream, &drawn.cuts);
        for (size_t k = 0; k < w->b->n; k++)
            w->values[k * w->b->replicates + r] = w->b->metrics[k]->of(&drawn);
    }
}

/* ---- cuts --------------------------------------------------------------------------- */

static double
arc(double part, double whole)
{
    return whole > 0 ? asin(sqrt(part / whole)) : 0.0;
}

/* Leaves out cuts that lie near the one before; the last one stays, and the one that the
 * threshold makes. */
static void
thin_out(const struct sl_cuts *c, struct sl_cuts *thin)
{
    double step = acos(-1.0) / (SL_BOOTSTRAP_CUTS - 3), last = 0.0;
    bool all = c->n <= SL_BOOTSTRAP_CUTS;

    for (size_t i = 0; i < c->n; i++) {
        double at = arc(c->normal[i], c->normals) + arc(c->anomalous[i], c->anomalies);

        if (!all && at - last < step && i + 1 < c->n && i + 1 != c->flagged)
            continue;
        thin->normal[thin->n] = c->normal[i];
        thin->anomalous[thin->n++] = c->anomalous[i];
        if (i < c->flagged)
            thin->flagged = thin->n;
        last = at;
    }
    thin->normals = c->normals;
    thin->anomalies = c->anomalies;
}

static enum sl_status
allocate(struct work *w, struct sl_error *err)
{
    struct sl_arena *arena = w->b->arena;
    size_t n = w->b->detection->cuts.n;
    uint32_t *cuts;

    n = n < SL_BOOTSTRAP_CUTS ? n : SL_BOOTSTRAP_CUTS;
    cuts = sl_arena_array(arena, 2 * (TILES + 1) * (n + 1), sizeof *cuts);
    w->values = sl_arena_array(arena, w->b->n * w->b->replicates, sizeof *w->values);
    if (!cuts || !w->values)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu bootstrap replicates",
                       w->b->replicates);
    for (size_t i = 0; i <= TILES; i++) {
        struct sl_cuts *c = i < TILES ? &w->cuts[i] : &w->thin;
        c->normal = cuts + 2 * i * (n + 1);
        c->anomalous = c->normal + n + 1;
    }
    return SL_OK;
}

/* ---- quantiles ---------------------------------------------------------------------- */

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Of n ascending values, straight between neighbours. */
static double
quantile(const double *ascending, size_t n, double p)
{
    double at = p * (double)(n - 1);
    size_t i = (size_t)at;

    if (i + 1 >= n)
        return ascending[n - 1];
    return ascending[i] + (at - (double)i) * (ascending[i + 1] - ascending[i]);
}

static struct sl_interval
interval_of(const struct work *w, size_t metric)
{
    const struct sl_detection thin = {.cuts = w->thin};
    double *values = w->values + metric * w->b->replicates, moved;
    size_t n = 0;

    for (size_t i = 0; i < w->b->replicates; i++)
        if (!isnan(values[i]))
            values[n++] = values[i];
    if (n < 40)
        return (struct sl_interval){0};
    qsort(values, n, sizeof *values, by_value);
    if (values[0] == values[n - 1])
        return (struct sl_interval){0};
    moved = w->b->metrics[metric]->of(&thin) - w->b->metrics[metric]->of(w->b->detection);
    return (struct sl_interval){fmax(0.0, quantile(values, n, 0.025) - moved),
                                fmin(1.0, quantile(values, n, 0.975) - moved),
                                "bootstrap"};
}

enum sl_status
sl_bootstrap(const struct sl_bootstrap *b, struct sl_interval *intervals,
             struct sl_error *err)
{
    struct work w = {.b = b};

    SL_TRY(allocate(&w, err));
    thin_out(&b->detection->cuts, &w.thin);
    for (size_t mean = 1; mean < NORMAL_FROM; mean++)
        poisson_init(&w.poisson[mean], (double)mean);
    for (size_t i = 0; i < TILES; i++) {
        w.cuts[i].n = w.thin.n;
        w.cuts[i].flagged = w.thin.flagged;
    }
    sl_pool_tiles(b->pool, TILES, run_tile, &w);
    for (size_t k = 0; k < b->n; k++)
        intervals[k] = interval_of(&w, k);
    return SL_OK;
}
