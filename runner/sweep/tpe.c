/* SPDX-License-Identifier: MIT */
#include "runner/sweep/tpe.h"

#include <math.h>
#include <stdlib.h>

#include "runner/base/arena.h"
#include "runner/base/rng.h"

#define CANDIDATES 24
#define GOOD_SHARE 0.25
#define GOOD_MOST 25

/* One parameter's values of some of the points, ascending; kernels around numbers reach as
 * far as the neighbour, so that they cover the interval between them. */
struct parzen {
    size_t n, choices;
    double *center, *width; /* n */
};

static int
ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
set_widths(struct parzen *p)
{
    double least = 1 / fmin(100, 1 + (double)p->n);

    for (size_t i = 0; i < p->n; i++) {
        double left = p->center[i] - (i > 0 ? p->center[i - 1] : 0);
        double right = (i + 1 < p->n ? p->center[i + 1] : 1) - p->center[i];
        p->width[i] = fmin(fmax(fmax(left, right), least), 1);
    }
}

static double
normal_cdf(double x)
{
    return 0.5 * erfc(-x * M_SQRT1_2);
}

/* The part of a kernel that lies in the unit interval. */
static double
mass_inside(double center, double width)
{
    return normal_cdf((1 - center) / width) - normal_cdf(-center / width);
}

/* Density at x, the flat prior counting as one more point. */
static double
density_of_number(const struct parzen *p, double x)
{
    double sum = 1;

    for (size_t i = 0; i < p->n; i++) {
        double z = (x - p->center[i]) / p->width[i];
        sum += exp(-0.5 * z * z) / (p->width[i] * sqrt(2 * M_PI)) /
               mass_inside(p->center[i], p->width[i]);
    }
    return sum / (double)(p->n + 1);
}

static double
density_of_choice(const struct parzen *p, double x)
{
    size_t choice = (size_t)(x * (double)p->choices);
    double count = 1;

    for (size_t i = 0; i < p->n; i++)
        count += (size_t)(p->center[i] * (double)p->choices) == choice;
    return count / (double)(p->n + p->choices);
}

static double
density(const struct parzen *p, double x)
{
    return p->choices ? density_of_choice(p, x) : density_of_number(p, x);
}

/* A draw from the mixture: a point or the prior, then within its kernel, again where it
 * falls out of the interval. */
static double
draw(const struct parzen *p, struct sl_stream *stream)
{
    uint32_t i = sl_stream_below(stream, (uint32_t)(p->n + 1));
    double x;

    if (i == p->n)
        return sl_stream_uniform(stream);
    if (p->choices)
        return p->center[i];
    do
        x = p->center[i] + p->width[i] * sl_stream_normal(stream);
    while (x < 0 || x >= 1);
    return x;
}

/* ---- good and bad points ------------------------------------------------------------ */

struct ranked {
    double loss;
    size_t index;
};

/* NaN last, ties by place. */
static int
by_loss(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (isnan(x->loss) != isnan(y->loss))
        return isnan(x->loss) ? 1 : -1;
    if (!isnan(x->loss) && x->loss != y->loss)
        return x->loss < y->loss ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Of n points, ranked; one that has no loss is not good. */
static size_t
good_count(const struct ranked *points, size_t n)
{
    size_t good = (size_t)ceil(GOOD_SHARE * (double)n);

    good = good > GOOD_MOST ? GOOD_MOST : good;
    while (good && isnan(points[good - 1].loss))
        good--;
    return good;
}

/* With room for `room` more. */
static struct parzen
parzen_of(const struct sl_tpe *tpe, size_t parameter, const struct ranked *points,
          size_t n, size_t room, struct sl_arena *arena)
{
    struct parzen p = {
        .n = n,
        .choices = tpe->kinds[parameter],
        .center = sl_arena_alloc(arena, (n + room) * sizeof(double)),
        .width = sl_arena_alloc(arena, (n + room) * sizeof(double)),
    };

    for (size_t i = 0; i < n; i++)
        p.center[i] = tpe->u[points[i].index * tpe->d + parameter];
    qsort(p.center, n, sizeof *p.center, ascending);
    set_widths(&p);
    return p;
}

static void
add_point(struct parzen *p, double x)
{
    p->center[p->n++] = x;
    qsort(p->center, p->n, sizeof *p->center, ascending);
    set_widths(p);
}

static double
suggest(const struct parzen *good, const struct parzen *bad, struct sl_stream *stream)
{
    double best = 0, best_ratio = -1;

    for (int i = 0; i < CANDIDATES; i++) {
        double x = draw(good, stream);
        double ratio = density(good, x) / density(bad, x);
        if (ratio > best_ratio) {
            best = x;
            best_ratio = ratio;
        }
    }
    return best;
}

void
sl_tpe_suggest(const struct sl_tpe *tpe, size_t count, double *out)
{
    struct sl_arena arena;
    struct ranked *points;
    struct sl_stream stream;
    size_t good;

    sl_arena_init(&arena);
    points = sl_arena_alloc(&arena, tpe->n * sizeof *points);
    for (size_t i = 0; i < tpe->n; i++)
        points[i] = (struct ranked){tpe->loss[i], i};
    if (tpe->n)
        qsort(points, tpe->n, sizeof *points, by_loss);
    good = good_count(points, tpe->n);
    sl_stream_init(&stream, tpe->seed, "sweep", "tpe");
    for (size_t j = 0; j < tpe->d; j++) {
        struct parzen l = parzen_of(tpe, j, points, good, 0, &arena);
        struct parzen g = parzen_of(tpe, j, points + good, tpe->n - good, count, &arena);
        for (size_t i = 0; i < count; i++) {
            uint64_t place = ((tpe->round << 20) + i) * tpe->d + j;
            struct sl_stream own = sl_stream_at(&stream, place);
            out[i * tpe->d + j] = suggest(&l, &g, &own);
            /* what is under way counts as bad, so that a round spreads out */
            add_point(&g, out[i * tpe->d + j]);
        }
    }
    sl_arena_release(&arena);
}
