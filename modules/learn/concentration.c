/* SPDX-License-Identifier: MIT */
#include "modules/learn/concentration.h"

#include <math.h>
#include <string.h>

#include "modules/learn/gaussian.h"
#include "modules/learn/panel.h"
#include "modules/learn/scatter.h"

enum sl_status
sl_concentration_init(struct sl_concentration *c, struct sl_arena *arena,
                      struct sl_error *err)
{
    size_t d = c->d;

    c->mean = sl_arena_array(arena, d, sizeof(double));
    c->covariance = sl_arena_array(arena, d, d * sizeof(double));
    c->factor = sl_arena_array(arena, d, d * sizeof(double));
    c->inverse = sl_arena_array(arena, d, d * sizeof(double));
    c->squares = sl_arena_array(arena, c->n, sizeof *c->squares);
    c->gathered = sl_arena_array(arena, c->n, d * sizeof(double));
    c->centred = sl_arena_array(arena, SL_SCATTER_ROWS, d * sizeof(double));
    c->panel = sl_arena_array(arena, 2 * SL_PANEL, d * sizeof(double));
    if (!c->mean || !c->covariance || !c->factor || !c->inverse || !c->squares ||
        !c->gathered || !c->centred || !c->panel)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for subsets of %zu rows", c->n);
    return SL_OK;
}

enum sl_status
sl_concentration_take(struct sl_concentration *c, size_t count, struct sl_error *err)
{
    size_t d = c->d;

    for (size_t i = 0; i < count; i++)
        memcpy(c->gathered + i * d, c->x + c->squares[i].id * d, d * sizeof(double));
    sl_scatter_mean(count, d, c->gathered, NULL, c->mean);
    sl_scatter_about(NULL, count, d, c->gathered, NULL, c->mean, c->centred,
                     c->covariance);
    for (size_t e = 0; e < d * d; e++)
        c->covariance[e] /= (double)count;
    memcpy(c->factor, c->covariance, d * d * sizeof(double));
    for (size_t j = 0; j < d; j++)
        c->factor[j * d + j] += c->ridge[j];
    return sl_covariance_whiten(d, c->factor, c->inverse, &c->log_det, err);
}

enum sl_status
sl_concentration_start(struct sl_concentration *c, struct sl_stream *stream,
                       struct sl_error *err)
{
    for (size_t i = 0; i < c->n; i++)
        c->squares[i].id = (uint32_t)i;
    for (size_t i = 0; i <= c->d; i++) {
        size_t other = i + sl_stream_below(stream, (uint32_t)(c->n - i));
        uint32_t kept = c->squares[i].id;

        c->squares[i].id = c->squares[other].id;
        c->squares[other].id = kept;
    }
    return sl_concentration_take(c, c->d + 1, err);
}

void
sl_concentration_squares(struct sl_concentration *c)
{
    double *y = c->panel + c->d * SL_PANEL, sums[SL_PANEL];

    for (size_t i = 0; i < c->n; i += SL_PANEL) {
        size_t lanes = c->n - i < SL_PANEL ? c->n - i : SL_PANEL;

        sl_panel_fill(lanes, c->d, c->x + i * c->d, c->mean, c->panel);
        sl_panel_map(c->d, c->d, c->inverse, true, c->panel, y);
        sl_panel_squares(c->d, y, NULL, sums);
        for (size_t l = 0; l < lanes; l++)
            c->squares[i + l] = (struct sl_keyed){sums[l], (uint32_t)(i + l)};
    }
}

enum sl_status
sl_concentration_steps(struct sl_concentration *c, size_t steps, struct sl_error *err)
{
    for (size_t i = 0; i < steps; i++) {
        double before = c->log_det;

        sl_concentration_squares(c);
        sl_keyed_select(c->squares, c->n, c->h - 1);
        SL_TRY(sl_concentration_take(c, c->h, err));
        if (i > 0 && !(c->log_det < before))
            break;
    }
    return SL_OK;
}
