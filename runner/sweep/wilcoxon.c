/* SPDX-License-Identifier: MIT */
#include "runner/sweep/summary.h"

#include <math.h>
#include <stdlib.h>

#include "runner/base/arena.h"

#define LEAST 6  /* pairs that can reach 5 %: 2 / 2^6 */
#define EXACT 25 /* pairs up to which every sign is counted */

/* ---- the signed rank test ----------------------------------------------------------- */

static int
by_size(const void *a, const void *b)
{
    double x = fabs(*(const double *)a), y = fabs(*(const double *)b);

    return (x > y) - (x < y);
}

/* Ranks of the sizes of n differences. Equal ones share the mean of their ranks, so ranks
 * are doubled to be whole. */
struct ranks {
    size_t n;
    double *differences; /* finite, not 0, in the order of their sizes */
    size_t *doubled;
    double ties; /* the sum of t^3 - t over groups of t equal sizes */
};

static void
rank(const double *differences, size_t n, struct sl_arena *arena, struct ranks *ranks)
{
    double *d = sl_arena_alloc(arena, n * sizeof *d);
    size_t last;

    *ranks = (struct ranks){.differences = d};
    for (size_t i = 0; i < n; i++)
        if (isfinite(differences[i]) && differences[i] != 0.0)
            d[ranks->n++] = differences[i];
    qsort(d, ranks->n, sizeof *d, by_size);
    ranks->doubled = sl_arena_alloc(arena, ranks->n * sizeof *ranks->doubled);
    for (size_t first = 0; first < ranks->n; first = last) {
        for (last = first; last < ranks->n && fabs(d[last]) == fabs(d[first]); last++)
            continue;
        for (size_t i = first; i < last; i++)
            ranks->doubled[i] = first + 1 + last;
        double t = (double)(last - first);
        ranks->ties += t * t * t - t;
    }
}

/* The smaller of the rank sums of the two signs, doubled. */
static size_t
smaller_sum(const struct ranks *ranks)
{
    size_t plus = 0, all = 0;

    for (size_t i = 0; i < ranks->n; i++) {
        all += ranks->doubled[i];
        plus += ranks->differences[i] > 0.0 ? ranks->doubled[i] : 0;
    }
    return plus < all - plus ? plus : all - plus;
}

/* Counts, of all 2^n ways to set the signs, those whose sum is at most as small. */
static double
exact_p(const struct ranks *ranks, size_t sum)
{
    double ways[EXACT * (EXACT + 1) + 1] = {1.0}, few = 0.0;
    size_t reach = 0;

    for (size_t i = 0; i < ranks->n; i++) {
        reach += ranks->doubled[i];
        for (size_t s = reach; s >= ranks->doubled[i]; s--)
            ways[s] += ways[s - ranks->doubled[i]];
    }
    for (size_t s = 0; s <= sum; s++)
        few += ways[s];
    return fmin(1.0, 2.0 * ldexp(few, -(int)ranks->n));
}

static double
normal_p(const struct ranks *ranks, size_t sum)
{
    double n = (double)ranks->n, mean = n * (n + 1) / 4;
    double variance = n * (n + 1) * (2 * n + 1) / 24 - ranks->ties / 48;
    double z = fmax(0.0, mean - (double)sum / 2 - 0.5) / sqrt(variance);

    return erfc(z / sqrt(2.0));
}

double
sl_wilcoxon(const double *differences, size_t n)
{
    struct sl_arena arena;
    struct ranks ranks;
    double p = (double)NAN;

    sl_arena_init(&arena);
    rank(differences, n, &arena, &ranks);
    if (ranks.n > EXACT)
        p = normal_p(&ranks, smaller_sum(&ranks));
    else if (ranks.n >= LEAST)
        p = exact_p(&ranks, smaller_sum(&ranks));
    sl_arena_release(&arena);
    return p;
}

/* ---- many tests ---------------------------------------------------------------------- */

struct test {
    double p;
    size_t at;
};

static int
by_p(const void *a, const void *b)
{
    const struct test *x = a, *y = b;

    return (x->p > y->p) - (x->p < y->p);
}

void
sl_holm(double *p, size_t n)
{
    struct sl_arena arena;
    struct test *tests;
    size_t m = 0;
    double least = 0.0;

    sl_arena_init(&arena);
    tests = sl_arena_alloc(&arena, n * sizeof *tests);
    for (size_t i = 0; i < n; i++)
        if (!isnan(p[i]))
            tests[m++] = (struct test){p[i], i};
    qsort(tests, m, sizeof *tests, by_p);
    for (size_t i = 0; i < m; i++) {
        least = fmax(least, fmin(1.0, (double)(m - i) * tests[i].p));
        p[tests[i].at] = least;
    }
    sl_arena_release(&arena);
}
