/* SPDX-License-Identifier: MIT */
#include "modules/learn/cell_search.h"

#include <math.h>

#include "runner/parallel/pool.h"

/* Halvings that all z share: as many as make a table of 4,096 cells. */
#define SHARED_MOST 12

/* The z of a tile: some 100 microseconds of a map of few terms. */
enum { TILE = 1280 };

/* The search of one z: f(a) < z <= f(b), a and b places on the grid. */
struct span {
    double a, b, f_a, f_b;
    double most; /* what b - a may be: it halves with each evaluation */
    size_t index;
};

struct work {
    const struct sl_cell_search *search;
    struct sl_pool *pool; /* for the map */
    double share;         /* of a cell in the bracket */
    const double *z;
    size_t n;
    struct span *spans;
    double *place, *x, *image; /* of the guesses; room for a table, too */
    size_t cells;              /* of the table */
    const double *table;       /* cells - 1 */
};

static double
x_of(const struct work *w, double place)
{
    return w->search->low + (w->search->high - w->search->low) * (place * w->share);
}

static enum sl_status
map_places(const struct work *w, size_t n, struct sl_error *err)
{
    for (size_t i = 0; i < n; i++)
        w->x[i] = x_of(w, w->place[i]);
    return n ? w->search->map(w->search->context, w->pool, n, w->x, w->image, err)
             : SL_OK;
}

/* ---- the table ------------------------------------------------------------------------ */

/* Not more places than there are z. */
static unsigned
shared_halvings(const struct sl_cell_search *s, size_t n)
{
    unsigned shared = 0;

    while (shared < SHARED_MOST && shared < s->halvings && (size_t)2 << shared <= n)
        shared++;
    return shared;
}

/* The cell of the table by halving it, without a branch: which way a z goes is chance.
 * table[i]: f at place i + 1 of cells places; cells is a power of 2. */
static struct span
look_up(const struct work *w, size_t index)
{
    const struct sl_cell_search *s = w->search;
    double z = w->z[index], width = ldexp(1, (int)s->halvings) / (double)w->cells;
    size_t a = 0, b, cells = w->cells;

    for (size_t half = cells / 2; half > 0; half /= 2)
        a += w->table[a + half - 1] >= z ? 0 : half;
    b = a + 1;
    return (struct span){
        .a = (double)a * width,
        .b = (double)b * width,
        .f_a = a > 0 ? w->table[a - 1] : s->f_low,
        .f_b = b < cells ? w->table[b - 1] : s->f_high,
        .most = 2 * width,
        .index = index,
    };
}

static enum sl_status
make_table(struct work *w, struct sl_error *err)
{
    unsigned shared = shared_halvings(w->search, w->n);
    double width = ldexp(1, (int)(w->search->halvings - shared));

    w->cells = (size_t)1 << shared;
    w->table = w->image;
    for (size_t i = 0; i + 1 < w->cells; i++)
        w->place[i] = (double)(i + 1) * width;
    return map_places(w, w->cells - 1, err);
}

/* ---- between two places ----------------------------------------------------------------- */

static double
clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* To the nearest whole number, of places up to 2^51. */
static double
whole(double x)
{
    const double shift = 6755399441055744.0; /* 1.5 * 2^52 */

    return x + shift - shift;
}

/*
 * Regula falsi, moved towards the middle by about what it may be off, so that the next guess
 * has z between itself and this one; and no farther from the middle than b - a allows. It
 * may be twice what halving would leave of it, so that the first guess is free.
 */
static double
guess(const struct work *w, const struct span *span)
{
    double z = w->z[span->index];
    double width = span->b - span->a, middle = span->a + width / 2;
    double at = span->a + width * ((z - span->f_a) / (span->f_b - span->f_a));
    double off = 8 * width * (width * w->share);
    double reach = (span->most - width) / 2;

    if (!(fabs(at - middle) < width)) /* NaN, too */
        at = at < middle ? span->a : at > middle ? span->b : middle;
    if (fabs(at - middle) <= off)
        at = middle;
    else
        at += at < middle ? off : -off;
    at = clamp(at, middle - reach, middle + reach);
    return clamp(whole(at), span->a + 1, span->b - 1);
}

/* Spans of one cell go to the output; the others close ranks. */
static size_t
put_out(const struct work *w, size_t n, double *low_of, double *high_of)
{
    size_t left = 0;

    for (size_t i = 0; i < n; i++) {
        const struct span *span = &w->spans[i];

        if (span->b - span->a > 1) {
            w->spans[left++] = *span;
            continue;
        }
        low_of[span->index] = x_of(w, span->a);
        high_of[span->index] = x_of(w, span->b);
    }
    return left;
}

static enum sl_status
narrow(const struct work *w, size_t n, struct sl_error *err)
{
    for (size_t i = 0; i < n; i++)
        w->place[i] = guess(w, &w->spans[i]);
    SL_TRY(map_places(w, n, err));
    for (size_t i = 0; i < n; i++) {
        struct span *span = &w->spans[i];

        span->most /= 2;
        if (w->image[i] >= w->z[span->index]) {
            span->b = w->place[i];
            span->f_b = w->image[i];
        } else {
            span->a = w->place[i];
            span->f_a = w->image[i];
        }
    }
    return SL_OK;
}

/* ---- all of them ---------------------------------------------------------------------- */

struct tiles {
    struct work work;
    double *low_of, *high_of;
    struct sl_error *errors; /* of each; status SL_OK: none */
};

static enum sl_status
search_tile(const struct work *w, double *low_of, double *high_of, struct sl_error *err)
{
    size_t n = w->n;

    for (size_t i = 0; i < n; i++)
        w->spans[i] = look_up(w, i);
    while ((n = put_out(w, n, low_of, high_of)) > 0)
        SL_TRY(narrow(w, n, err));
    return SL_OK;
}

static void
do_tile(void *context, size_t tile)
{
    const struct tiles *t = context;
    struct work w = t->work;
    size_t first = tile * TILE;

    w.pool = NULL;
    w.n = w.n - first < TILE ? w.n - first : TILE;
    w.z += first;
    w.spans += first;
    w.place += first;
    w.x += first;
    w.image += w.cells + first;
    (void)search_tile(&w, t->low_of + first, t->high_of + first, &t->errors[tile]);
}

enum sl_status
sl_cell_search(const struct sl_cell_search *search, size_t n, const double *z,
               double *low_of, double *high_of, struct sl_arena *arena,
               struct sl_error *err)
{
    size_t count = (n + TILE - 1) / TILE;
    double *room = sl_arena_array(arena, n + 1, 4 * sizeof *room);
    struct tiles t = {.work = {.search = search,
                               .pool = search->pool,
                               .share = ldexp(1, -(int)search->halvings),
                               .z = z,
                               .n = n},
                      .low_of = low_of,
                      .high_of = high_of};

    t.work.spans = sl_arena_array(arena, n + 1, sizeof *t.work.spans);
    t.errors = sl_arena_array(arena, count, sizeof *t.errors);
    if (!room || !t.work.spans || (count && !t.errors))
        return sl_fail(err, SL_ERR_MEMORY, "no memory to search %zu points", n);
    t.work.place = room;
    t.work.x = room + n;
    t.work.image = room + 2 * n;
    SL_TRY(make_table(&t.work, err));
    sl_pool_tiles(search->pool, count, do_tile, &t);
    for (size_t i = 0; i < count; i++) {
        if (t.errors[i].status) {
            *err = t.errors[i];
            return err->status;
        }
    }
    return SL_OK;
}
