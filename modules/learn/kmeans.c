/* SPDX-License-Identifier: MIT */
#include "modules/learn/kmeans.h"

#include <math.h>
#include <string.h>

#include "modules/learn/panel.h"
#include "runner/parallel/pool.h"

/* Rows of a tile. */
enum { TILE = 512 };

struct work {
    const struct sl_kmeans *means;
    double *squares;    /* n: to the nearest centre */
    double *panels;     /* the rows, n rounded up to panels */
    double *sums;       /* k x d */
    size_t *counts;     /* k */
    size_t first, last; /* centres that a tile compares with */
    bool *changed;      /* of each tile */
};

/* Rows whose distance to a centre is less than to those before go to it. */
static bool
compare_panel(const struct work *w, size_t panel)
{
    const struct sl_kmeans *m = w->means;
    const double *x = w->panels + panel * m->d * SL_PANEL;
    size_t row = panel * SL_PANEL;
    size_t lanes = m->n - row < SL_PANEL ? m->n - row : SL_PANEL;
    double squares[SL_PANEL];
    uint32_t before[SL_PANEL];
    bool changed = false;

    memcpy(before, m->labels + row, lanes * sizeof *before);
    for (size_t c = w->first; c < w->last; c++) {
        sl_panel_apart(m->d, x, m->centres + c * m->d, squares);
        for (size_t l = 0; l < lanes; l++)
            if (c == 0 || squares[l] < w->squares[row + l]) {
                w->squares[row + l] = squares[l];
                m->labels[row + l] = (uint32_t)c;
            }
    }
    for (size_t l = 0; l < lanes; l++)
        changed |= m->labels[row + l] != before[l];
    return changed;
}

static void
compare_tile(void *context, size_t tile)
{
    const struct work *w = context;
    size_t panels = (w->means->n + SL_PANEL - 1) / SL_PANEL;
    size_t each = TILE / SL_PANEL, end = (tile + 1) * each;

    w->changed[tile] = false;
    for (size_t p = tile * each; p < panels && p < end; p++)
        w->changed[tile] |= compare_panel(w, p);
}

static size_t
tiles_of(const struct work *w)
{
    return (w->means->n + TILE - 1) / TILE;
}

static bool
compare(struct work *w, struct sl_pool *pool, size_t first, size_t last)
{
    bool changed = false;

    w->first = first;
    w->last = last;
    sl_pool_tiles(pool, tiles_of(w), compare_tile, w);
    for (size_t i = 0; i < tiles_of(w); i++)
        changed |= w->changed[i];
    return changed;
}

/* A row by the chance of its square; any where all squares are 0. */
static size_t
draw_row(const struct work *w, struct sl_stream *stream)
{
    size_t n = w->means->n, last = 0;
    double sum = 0, at = 0;

    for (size_t i = 0; i < n; i++)
        sum += w->squares[i];
    if (!(sum > 0))
        return sl_stream_below(stream, (uint32_t)n);
    sum *= sl_stream_uniform(stream);
    for (size_t i = 0; i < n; i++) {
        at += w->squares[i];
        if (w->squares[i] > 0)
            last = i;
        if (at > sum)
            break;
    }
    return last;
}

static void
start(struct work *w, struct sl_pool *pool, struct sl_stream *stream)
{
    const struct sl_kmeans *m = w->means;

    for (size_t c = 0; c < m->k; c++) {
        size_t row =
            c == 0 ? sl_stream_below(stream, (uint32_t)m->n) : draw_row(w, stream);

        memcpy(m->centres + c * m->d, m->x + row * m->d, m->d * sizeof *m->centres);
        compare(w, pool, c, c + 1);
    }
}

static void
move_centres(struct work *w)
{
    const struct sl_kmeans *m = w->means;

    memset(w->sums, 0, m->k * m->d * sizeof *w->sums);
    memset(w->counts, 0, m->k * sizeof *w->counts);
    for (size_t i = 0; i < m->n; i++) {
        double *sum = w->sums + m->labels[i] * m->d;

        w->counts[m->labels[i]]++;
        for (size_t j = 0; j < m->d; j++)
            sum[j] += m->x[i * m->d + j];
    }
    for (size_t c = 0; c < m->k; c++)
        for (size_t j = 0; j < m->d && w->counts[c]; j++)
            m->centres[c * m->d + j] = w->sums[c * m->d + j] / (double)w->counts[c];
}

static void
fill_panels(struct work *w)
{
    const struct sl_kmeans *m = w->means;

    for (size_t i = 0; i < m->n; i += SL_PANEL)
        sl_panel_fill(m->n - i < SL_PANEL ? m->n - i : SL_PANEL, m->d, m->x + i * m->d,
                      NULL, w->panels + i * m->d);
}

enum sl_status
sl_kmeans_run(const struct sl_kmeans *means, struct sl_pool *pool,
              struct sl_stream *stream, struct sl_error *err)
{
    struct work w = {.means = means};
    struct sl_arena arena;
    enum sl_status status = SL_OK;

    sl_arena_init(&arena);
    w.squares = sl_arena_array(&arena, means->n, sizeof *w.squares);
    w.panels = sl_arena_array(&arena, means->n + SL_PANEL, means->d * sizeof(double));
    w.sums = sl_arena_array(&arena, means->k, means->d * sizeof *w.sums);
    w.counts = sl_arena_array(&arena, means->k, sizeof *w.counts);
    w.changed = sl_arena_array(&arena, tiles_of(&w), sizeof *w.changed);
    if (w.squares && w.panels && w.sums && w.counts && w.changed) {
        fill_panels(&w);
        start(&w, pool, stream);
        move_centres(&w);
        for (size_t i = 0; i < means->iterations; i++) {
            if (!compare(&w, pool, 0, means->k))
                break;
            move_centres(&w);
        }
    } else {
        status = sl_fail(err, SL_ERR_MEMORY, "no memory for %zu centres of %zu rows",
                         means->k, means->n);
    }
    sl_arena_release(&arena);
    return status;
}
