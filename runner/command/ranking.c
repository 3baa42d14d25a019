/* SPDX-License-Identifier: MIT */
#include "runner/command/ranking.h"

#include <math.h>
#include <stdlib.h>

/* A row with its values, turned so that less is better. */
struct entrant {
    size_t row, n;
    const double *values;
};

/* In the order of the goals; the lesser row where all are equal. */
static int
compare(const void *a, const void *b)
{
    const struct entrant *x = a, *y = b;

    for (size_t i = 0; i < x->n; i++)
        if (x->values[i] != y->values[i])
            return x->values[i] < y->values[i] ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static bool
equal(const struct entrant *a, const struct entrant *b)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->values[i] != b->values[i])
            return false;
    return true;
}

/* Whether a is nowhere worse than b; it may be equal. */
static bool
covers(const struct entrant *a, const struct entrant *b)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->values[i] > b->values[i])
            return false;
    return true;
}

/* Returns false where a value is not finite. */
static bool
enter(const struct sl_ranking *r, size_t row, double *values)
{
    for (size_t i = 0; i < r->goal_count; i++) {
        double value = r->goals[i].shown.value->at.doubles[row];
        if (!isfinite(value))
            return false;
        values[i] = r->goals[i].maximize ? -value : value;
    }
    return true;
}

/* Entrants are sorted, so that none is beaten by one that comes later. Returns how many
 * stand on the front, which moves to their beginning. */
static size_t
keep_front(struct entrant *entrants, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        bool beaten = false;
        for (size_t j = 0; j < kept && !beaten; j++)
            beaten =
                covers(&entrants[j], &entrants[i]) && !equal(&entrants[j], &entrants[i]);
        if (!beaten)
            entrants[kept++] = entrants[i];
    }
    return kept;
}

void
sl_rank(struct sl_ranking *r, const size_t *rows, size_t n, size_t all,
        struct sl_arena *arena)
{
    struct entrant *entrants = sl_arena_alloc(arena, n * sizeof *entrants);
    double *values = sl_arena_alloc(arena, n * r->goal_count * sizeof *values);

    r->n = r->unranked_count = 0;
    r->rows = sl_arena_alloc(arena, n * sizeof *r->rows);
    r->unranked = sl_arena_alloc(arena, n * sizeof *r->unranked);
    r->ranks = sl_arena_alloc(arena, all * sizeof *r->ranks);
    for (size_t i = 0; i < n; i++) {
        double *at = values + i * r->goal_count;
        if (enter(r, rows[i], at))
            entrants[r->n++] = (struct entrant){rows[i], r->goal_count, at};
        else
            r->unranked[r->unranked_count++] = rows[i];
    }
    qsort(entrants, r->n, sizeof *entrants, compare);
    n = r->n;
    if (r->goal_count > 1)
        r->n = keep_front(entrants, n);
    r->dominated = n - r->n;
    for (size_t i = 0; i < r->n; i++) {
        bool tie = i > 0 && equal(&entrants[i - 1], &entrants[i]);
        r->rows[i] = entrants[i].row;
        r->ranks[entrants[i].row] = tie ? r->ranks[entrants[i - 1].row] : (int64_t)i + 1;
    }
}
