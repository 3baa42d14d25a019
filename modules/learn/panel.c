/* SPDX-License-Identifier: MIT */
#include "modules/learn/panel.h"

#include "modules/learn/lanes.h"
#include "runner/tensor/real.h"

/* Rows of w that go together, so that the processor has sums enough to wait for. */
enum { TOGETHER = 4 };

void
sl_panel_fill(size_t n, size_t d, const double *x, const double *center, double *panel)
{
    for (size_t i = 0; i < SL_PANEL; i++) {
        const double *row = x + (i < n ? i : 0) * d;

        for (size_t j = 0; j < d; j++)
            panel[j * SL_PANEL + i] = center ? row[j] - center[j] : row[j];
    }
}

SL_CLONES void
sl_panel_center(size_t d, const double *panel, const double *center, double *to)
{
    const sl_lanes *x = (const sl_lanes *)(const void *)panel;
    sl_lanes *y = (sl_lanes *)(void *)to;

    for (size_t j = 0; j < d; j++) {
        y[2 * j] = x[2 * j] - center[j];
        y[2 * j + 1] = x[2 * j + 1] - center[j];
    }
}

SL_CLONES void
sl_panel_apart(size_t d, const double *panel, const double *point, double *squares)
{
    const sl_lanes *x = (const sl_lanes *)(const void *)panel;
    sl_lanes *to = (sl_lanes *)(void *)squares, a = {0}, b = {0};

    for (size_t j = 0; j < d; j++, x += 2) {
        sl_lanes u = x[0] - point[j], v = x[1] - point[j];

        a += u * u;
        b += v * v;
    }
    to[0] = a;
    to[1] = b;
}

SL_CLONES static void
map_together(size_t d, size_t columns, const double *w, const double *panel, double *y)
{
    const sl_lanes *x = (const sl_lanes *)(const void *)panel;
    sl_lanes *to = (sl_lanes *)(void *)y;
    sl_lanes a0 = {0}, a1 = {0}, b0 = {0}, b1 = {0};
    sl_lanes c0 = {0}, c1 = {0}, d0 = {0}, d1 = {0};

    for (size_t j = 0; j < columns; j++, x += 2) {
        a0 += w[j] * x[0];
        a1 += w[j] * x[1];
        b0 += w[d + j] * x[0];
        b1 += w[d + j] * x[1];
        c0 += w[2 * d + j] * x[0];
        c1 += w[2 * d + j] * x[1];
        d0 += w[3 * d + j] * x[0];
        d1 += w[3 * d + j] * x[1];
    }
    to[0] = a0;
    to[1] = a1;
    to[2] = b0;
    to[3] = b1;
    to[4] = c0;
    to[5] = c1;
    to[6] = d0;
    to[7] = d1;
}

SL_CLONES static void
map_one(size_t columns, const double *w, const double *panel, double *y)
{
    const sl_lanes *x = (const sl_lanes *)(const void *)panel;
    sl_lanes *to = (sl_lanes *)(void *)y, a = {0}, b = {0};

    for (size_t j = 0; j < columns; j++, x += 2) {
        a += w[j] * x[0];
        b += w[j] * x[1];
    }
    to[0] = a;
    to[1] = b;
}

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void
sl_panel_map(size_t k, size_t d, const double *w, bool lower, const double *panel,
             double *y)
{
    size_t r = 0;

    for (; r + TOGETHER <= k; r += TOGETHER)
        map_together(d, lower ? smaller(d, r + TOGETHER) : d, w + r * d, panel,
                     y + r * SL_PANEL);
    for (; r < k; r++)
        map_one(lower ? smaller(d, r + 1) : d, w + r * d, panel, y + r * SL_PANEL);
}

SL_CLONES static void
subtract_together(size_t d, const double *w, const double *y, double *panel)
{
    const sl_lanes *from = (const sl_lanes *)(const void *)y;
    sl_lanes a0 = from[0], a1 = from[1], b0 = from[2], b1 = from[3];
    sl_lanes c0 = from[4], c1 = from[5], d0 = from[6], d1 = from[7];
    sl_lanes *x = (sl_lanes *)(void *)panel;

    for (size_t j = 0; j < d; j++, x += 2) {
        x[0] = x[0] - w[j] * a0 - w[d + j] * b0 - w[2 * d + j] * c0 - w[3 * d + j] * d0;
        x[1] = x[1] - w[j] * a1 - w[d + j] * b1 - w[2 * d + j] * c1 - w[3 * d + j] * d1;
    }
}

SL_CLONES static void
subtract_one(size_t d, const double *w, const double *y, double *panel)
{
    const sl_lanes *from = (const sl_lanes *)(const void *)y;
    sl_lanes *x = (sl_lanes *)(void *)panel, a = from[0], b = from[1];

    for (size_t j = 0; j < d; j++, x += 2) {
        x[0] -= w[j] * a;
        x[1] -= w[j] * b;
    }
}

void
sl_panel_subtract(size_t k, size_t d, const double *w, const double *y, double *panel)
{
    size_t r = 0;

    for (; r + TOGETHER <= k; r += TOGETHER)
        subtract_together(d, w + r * d, y + r * SL_PANEL, panel);
    for (; r < k; r++)
        subtract_one(d, w + r * d, y + r * SL_PANEL, panel);
}

SL_CLONES static void
add_squares(size_t k, const double *y, double *sums)
{
    const sl_lanes *from = (const sl_lanes *)(const void *)y;
    sl_lanes *to = (sl_lanes *)(void *)sums, a = {0}, b = {0};

    for (size_t r = 0; r < k; r++, from += 2) {
        a += from[0] * from[0];
        b += from[1] * from[1];
    }
    to[0] = a;
    to[1] = b;
}

SL_CLONES static void
add_squares_over(size_t k, const double *y, const double *over, double *sums)
{
    const sl_lanes *from = (const sl_lanes *)(const void *)y;
    sl_lanes *to = (sl_lanes *)(void *)sums, a = {0}, b = {0};

    for (size_t r = 0; r < k; r++, from += 2) {
        a += from[0] * from[0] / over[r];
        b += from[1] * from[1] / over[r];
    }
    to[0] = a;
    to[1] = b;
}

void
sl_panel_squares(size_t k, const double *y, const double *over, double *sums)
{
    if (over)
        add_squares_over(k, y, over, sums);
    else
        add_squares(k, y, sums);
}
