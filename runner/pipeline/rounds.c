/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/rounds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/config/override.h"
#include "runner/sweep/space.h"
#include "runner/sweep/tpe.h"
#include "runner/sweep/value.h"

#define RUNG_COLUMNS 5

/* ---- points ------------------------------------------------------------------------- */

/* Puts points behind those of the sweep. */
static void
append_points(struct sl_rounds *r, const struct sl_point *points, size_t n)
{
    struct sl_sweep *sweep = &r->runs->sweep;
    struct sl_point *all = sl_arena_alloc(r->arena, (sweep->n + n) * sizeof *all);

    if (sweep->n)
        memcpy(all, sweep->points, sweep->n * sizeof *all);
    memcpy(all + sweep->n, points, n * sizeof *all);
    sweep->points = all;
    sweep->n += n;
}

static struct sl_rung *
add_rung(struct sl_rounds *r)
{
    if (r->n == r->capacity) {
        r->capacity = r->capacity ? 2 * r->capacity : 64;
        struct sl_rung *more = sl_arena_alloc(r->arena, r->capacity * sizeof *more);
        if (r->n)
            memcpy(more, r->points, r->n * sizeof *more);
        r->points = more;
    }
    return &r->points[r->n++];
}

/* Better first: NaN is worst, ties go by place. */
struct ranked {
    double loss;
    size_t index;
};

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

static int
by_index(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    return (x->index > y->index) - (x->index < y->index);
}

static double
loss_of(const struct sl_rounds *r, double value)
{
    return r->runs->sweep.objectives[0].maximize ? -value : value;
}

/* ---- halving ------------------------------------------------------------------------ */

/* A point with a horizon, in place of the one it has. */
static struct sl_point
with_horizon(const struct sl_rounds *r, const struct sl_point *point, int64_t horizon)
{
    const struct sl_halving *halving = &r->runs->sweep.halving;
    struct sl_assignment *at = sl_arena_alloc(r->arena, (point->n + 1) * sizeof *at);
    struct sl_number number;
    size_t n = 0;

    for (size_t i = 0; i < point->n; i++)
        if (strcmp(point->at[i].path, halving->horizon) != 0)
            at[n++] = point->at[i];
    sl_number_init(&number, (double)horizon, halving->mark);
    at[n++] = (struct sl_assignment){halving->horizon, halving->mark,
                                     sl_number_copy(r->arena, &number)};
    return (struct sl_point){n, at};
}

/* The horizon becomes an axis, so that tables have a column for it. */
static void
add_horizon_axis(struct sl_rounds *r)
{
    struct sl_sweep *sweep = &r->runs->sweep;
    struct sl_axis *axes =
        sl_arena_alloc(r->arena, (sweep->axis_count + 1) * sizeof *axes);

    if (sweep->axis_count)
        memcpy(axes, sweep->axes, sweep->axis_count * sizeof *axes);
    axes[sweep->axis_count] =
        (struct sl_axis){.path = sweep->halving.horizon, .mark = sweep->halving.mark};
    sweep->axes = axes;
    sweep->axis_count++;
}

static void
start_halving(struct sl_rounds *r)
{
    struct sl_sweep *sweep = &r->runs->sweep;
    struct sl_point *points = sl_arena_alloc(r->arena, sweep->n * sizeof *points);
    int64_t first = sweep->halving.first;

    if ((double)first > r->last)
        first = (int64_t)r->last;
    for (size_t i = 0; i < sweep->n; i++) {
        points[i] = with_horizon(r, &sweep->points[i], first);
        *add_rung(r) = (struct sl_rung){0, first, false};
    }
    sweep->points = points;
    add_horizon_axis(r);
}

static size_t
next_rung(struct sl_rounds *r, const double *values)
{
    const struct sl_sweep *sweep = &r->runs->sweep;
    size_t rung = r->points[r->n - 1].rung, n = 0, kept;
    int64_t horizon = r->points[r->n - 1].horizon;
    struct ranked *ranked = sl_arena_alloc(r->arena, r->n * sizeof *ranked);
    struct sl_point *points;

    if ((double)horizon >= r->last)
        return 0;
    for (size_t i = 0; i < r->n; i++)
        if (r->points[i].rung == rung)
            ranked[n++] = (struct ranked){loss_of(r, values[i]), i};
    qsort(ranked, n, sizeof *ranked, by_loss);
    kept = n / (size_t)sweep->halving.factor;
    kept = kept ? kept : 1;
    while (kept && isnan(ranked[kept - 1].loss))
        kept--; /* what failed does not go on */
    qsort(ranked, kept, sizeof *ranked, by_index);
    horizon = (int64_t)fmin((double)horizon * (double)sweep->halving.factor, r->last);
    points = sl_arena_alloc(r->arena, kept * sizeof *points);
    for (size_t i = 0; i < kept; i++) {
        r->points[ranked[i].index].kept = true;
        points[i] = with_horizon(r, &sweep->points[ranked[i].index], horizon);
        *add_rung(r) = (struct sl_rung){rung + 1, horizon, false};
    }
    append_points(r, points, kept);
    return kept;
}

/* ---- tpe ---------------------------------------------------------------------------- */

static const struct sl_node *
value_at(const struct sl_point *point, const char *path)
{
    for (size_t i = 0; i < point->n; i++)
        if (strcmp(point->at[i].path, path) == 0)
            return point->at[i].value;
    return NULL;
}

/* Where a value lies in the unit interval: the inverse of sl_space_at. */
static double
position_of(const struct sl_space *space, const struct sl_node *node)
{
    double value = 0;

    if (space->kind == SL_SPACE_CHOICE) {
        for (size_t i = 0; i < space->n; i++)
            if (sl_value_equal(space->choices[i], node))
                return ((double)i + 0.5) / (double)space->n;
        return 0;
    }
    sl_node_double(node, &value);
    if (space->kind == SL_LOG_UNIFORM)
        return log(value / space->low) / log(space->high / space->low);
    if (space->kind == SL_INTEGER)
        return (value - space->low + 0.5) / (space->high - space->low + 1);
    return (value - space->low) / (space->high - space->low);
}

static struct sl_point
point_of(const struct sl_rounds *r, const double *u)
{
    const struct sl_search *search = &r->runs->sweep.search;
    struct sl_assignment *at = sl_arena_alloc(r->arena, search->n * sizeof *at);

    for (size_t i = 0; i < search->n; i++) {
        struct sl_number number;
        const struct sl_node *value = sl_space_at(&search->space[i], u[i], &number);
        at[i] = (struct sl_assignment){
            search->space[i].path, search->space[i].mark,
            value == &number.node ? sl_number_copy(r->arena, &number) : value};
    }
    return (struct sl_point){search->n, at};
}

static bool
same_point(const struct sl_point *a, const struct sl_point *b)
{
    for (size_t i = 0; i < a->n; i++) {
        const struct sl_node *other = value_at(b, a->at[i].path);
        if (!other || !sl_value_equal(a->at[i].value, other))
            return false;
    }
    return a->n == b->n;
}

/* Suggestions that are no new points are dropped, with a count. */
static size_t
keep_new(struct sl_rounds *r, struct sl_point *points, size_t n)
{
    const struct sl_sweep *sweep = &r->runs->sweep;
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        bool known = false;
        for (size_t j = 0; j < sweep->n && !known; j++)
            known = same_point(&points[i], &sweep->points[j]);
        for (size_t j = 0; j < kept && !known; j++)
            known = same_point(&points[i], &points[j]);
        if (!known)
            points[kept++] = points[i];
    }
    r->runs->sweep.dropped += n - kept;
    return kept;
}

static size_t
next_suggestions(struct sl_rounds *r, const double *values)
{
    const struct sl_sweep *sweep = &r->runs->sweep;
    size_t d = sweep->search.n, size = (size_t)sweep->search.size;
    double *u = sl_arena_alloc(r->arena, sweep->n * d * sizeof *u);
    double *loss = sl_arena_alloc(r->arena, sweep->n * sizeof *loss);
    double *out = sl_arena_alloc(r->arena, size * d * sizeof *out);
    size_t *kinds = sl_arena_alloc(r->arena, d * sizeof *kinds);
    struct sl_point *points = sl_arena_alloc(r->arena, size * sizeof *points);

    for (size_t j = 0; j < d; j++)
        kinds[j] = sweep->search.space[j].n;
    for (size_t i = 0; i < sweep->n; i++) {
        loss[i] = loss_of(r, values[i]);
        for (size_t j = 0; j < d; j++)
            u[i * d + j] =
                position_of(&sweep->search.space[j],
                            value_at(&sweep->points[i], sweep->search.space[j].path));
    }
    struct sl_tpe tpe = {sweep->n, d, u, loss, kinds, r->seed, r->round};
    sl_tpe_suggest(&tpe, size, out);
    for (size_t i = 0; i < size; i++)
        points[i] = point_of(r, out + i * d);
    size = keep_new(r, points, size);
    append_points(r, points, size);
    return size;
}

/* ---- rounds ------------------------------------------------------------------------- */

bool
sl_rounds_start(struct sl_rounds *rounds, struct sl_runs *runs, uint64_t seed,
                struct sl_arena *arena, struct sl_report *report)
{
    const struct sl_halving *halving = &runs->sweep.halving;
    const struct sl_node *end;

    *rounds = (struct sl_rounds){.runs = runs, .arena = arena, .seed = seed};
    if (runs->sweep.objective_count == 0)
        return false;
    if (!halving->horizon)
        return runs->sweep.search.rounds > 0;
    end = sl_path_find(runs->followed, halving->horizon);
    if (!end || !sl_node_double(end, &rounds->last) || rounds->last < 1) {
        sl_report_add(report, SL_ERROR, halving->mark,
                      "halving ends at the value that the file gives to '%s', and it "
                      "gives none",
                      halving->horizon);
        return false;
    }
    /* A rung is a whole number, and the last one would never reach any other end. That a
     * horizon is whole is told where it is bound. */
    if (rounds->last != floor(rounds->last) || rounds->last > 1e15)
        return false;
    start_halving(rounds);
    return true;
}

size_t
sl_rounds_next(struct sl_rounds *rounds, const double *values)
{
    const struct sl_sweep *sweep = &rounds->runs->sweep;
    size_t n = 0;

    if (sweep->halving.horizon)
        n = next_rung(rounds, values);
    else if ((int64_t)rounds->round + 1 < sweep->search.rounds)
        n = next_suggestions(rounds, values);
    rounds->round++;
    return n;
}

struct sl_table
sl_rounds_table(const struct sl_rounds *rounds, const double *values)
{
    struct sl_column *columns =
        sl_arena_alloc(rounds->arena, RUNG_COLUMNS * sizeof *columns);
    int64_t *ints = sl_arena_alloc(rounds->arena, 4 * rounds->n * sizeof *ints);
    size_t n = rounds->n;

    for (size_t i = 0; i < n; i++) {
        ints[i] = (int64_t)i;
        ints[n + i] = (int64_t)rounds->points[i].rung;
        ints[2 * n + i] = rounds->points[i].horizon;
        ints[3 * n + i] = rounds->points[i].kept;
    }
    static const char *const names[] = {"point", "rung", "horizon", "kept"};
    for (size_t i = 0; i < 4; i++)
        columns[i] = (struct sl_column){
            .name = names[i], .type = SL_COLUMN_INT, .at = {.ints = ints + i * n}};
    columns[4] = (struct sl_column){
        .name = "value", .type = SL_COLUMN_DOUBLE, .at = {.doubles = values}};
    return (struct sl_table){n, n ? RUNG_COLUMNS : 0, columns};
}
