/* SPDX-License-Identifier: MIT */
#include "modules/learn/boxes.h"

#include <math.h>
#include <string.h>

#include "modules/learn/lanes.h"
#include "runner/tensor/real.h"

/* Columns after which points that are all too far are given up. */
enum { STRIDE = 8 };

SL_CLONES static bool
point_squares(size_t d, const double *x, const double *panel, double bound, double *sums)
{
    const sl_lanes *p = (const sl_lanes *)(const void *)panel;
    sl_lanes a = {0}, b = {0};

    for (size_t j = 0; j < d;) {
        size_t end = d - j < STRIDE ? d : j + STRIDE;
        sl_lane_bits within;

        for (; j < end; j++) {
            sl_lanes u = x[j] - p[2 * j], v = x[j] - p[2 * j + 1];

            a += u * u;
            b += v * v;
        }
        within = (a <= bound) | (b <= bound);
        if (!SL_LANES_ANY(within))
            return false;
    }
    ((sl_lanes *)(void *)sums)[0] = a;
    ((sl_lanes *)(void *)sums)[1] = b;
    return true;
}

SL_CLONES static unsigned
near_one(size_t m, const float *y, const float *panel, float bound)
{
    const sl_float_lanes *p = (const sl_float_lanes *)(const void *)panel;
    sl_float_lanes a = {0};
    sl_float_lane_bits within;

    for (size_t j = 0; j < m; j++) {
        sl_float_lanes t = y[j] - p[j];
        a += t * t;
    }
    within = a <= bound;
    return SL_FLOAT_LANES_ANY(within);
}

SL_CLONES static unsigned
near_four(size_t m, const float *y, const float *panels, float bound)
{
    const sl_float_lanes *p = (const sl_float_lanes *)(const void *)panels;
    const sl_float_lanes *q = p + m, *r = q + m, *s = r + m;
    sl_float_lanes a = {0}, b = {0}, c = {0}, d = {0};
    sl_float_lane_bits in_a = {0}, in_b = {0}, in_c = {0}, in_d = {0}, any;

    for (size_t j = 0; j < m;) {
        size_t end = m - j < STRIDE ? m : j + STRIDE;

        for (; j < end; j++) {
            sl_float_lanes t = y[j] - p[j], u = y[j] - q[j];
            sl_float_lanes v = y[j] - r[j], w = y[j] - s[j];

            a += t * t;
            b += u * u;
            c += v * v;
            d += w * w;
        }
        in_a = a <= bound;
        in_b = b <= bound;
        in_c = c <= bound;
        in_d = d <= bound;
        any = in_a | in_b | in_c | in_d;
        if (!SL_FLOAT_LANES_ANY(any))
            return 0;
    }
    return (unsigned)SL_FLOAT_LANES_ANY(in_a) | (unsigned)SL_FLOAT_LANES_ANY(in_b) << 1 |
           (unsigned)SL_FLOAT_LANES_ANY(in_c) << 2 |
           (unsigned)SL_FLOAT_LANES_ANY(in_d) << 3;
}

unsigned
sl_box_near(size_t n, size_t m, const float *y, const float *panels, float bound)
{
    return n == 1 ? near_one(m, y, panels, bound) : near_four(m, y, panels, bound);
}

SL_CLONES static bool
point_absolutes(size_t d, const double *x, const double *panel, double bound,
                double *sums)
{
    const sl_lanes *p = (const sl_lanes *)(const void *)panel;
    sl_lanes a = {0}, b = {0};

    for (size_t j = 0; j < d;) {
        size_t end = d - j < STRIDE ? d : j + STRIDE;
        sl_lane_bits within;

        for (; j < end; j++) {
            sl_lanes u = x[j] - p[2 * j], v = x[j] - p[2 * j + 1];

            a += SL_LANES_ABSOLUTE(u);
            b += SL_LANES_ABSOLUTE(v);
        }
        within = (a <= bound) | (b <= bound);
        if (!SL_LANES_ANY(within))
            return false;
    }
    ((sl_lanes *)(void *)sums)[0] = a;
    ((sl_lanes *)(void *)sums)[1] = b;
    return true;
}

bool
sl_box_points(enum sl_neighbours_metric metric, size_t d, const double *x,
              const double *panel, double bound, double *sums)
{
    if (metric == SL_EUCLIDEAN)
        return point_squares(d, x, panel, bound, sums);
    return point_absolutes(d, x, panel, bound, sums);
}

/*
 * A box is p[0..1] its lowest and p[2..3] its highest values of a column. x lies outside on
 * one side at most, by low - x or x - high, rounded as x - point is; the other is no more
 * than 0, and adds nothing.
 */
SL_CLONES static void
box_squares(size_t d, const double *x, const double *boxes, double *sums)
{
    const sl_lanes *p = (const sl_lanes *)(const void *)boxes;
    sl_lanes a = {0}, b = {0};

    for (size_t j = 0; j < d; j++, p += 4) {
        sl_lanes below = p[0] - x[j], above = x[j] - p[2];
        sl_lanes u = SL_LANES_ABOVE_0(below) + SL_LANES_ABOVE_0(above);

        a += u * u;
        below = p[1] - x[j];
        above = x[j] - p[3];
        u = SL_LANES_ABOVE_0(below) + SL_LANES_ABOVE_0(above);
        b += u * u;
    }
    ((sl_lanes *)(void *)sums)[0] = a;
    ((sl_lanes *)(void *)sums)[1] = b;
}

SL_CLONES static void
box_absolutes(size_t d, const double *x, const double *boxes, double *sums)
{
    const sl_lanes *p = (const sl_lanes *)(const void *)boxes;
    sl_lanes a = {0}, b = {0};

    for (size_t j = 0; j < d; j++, p += 4) {
        sl_lanes below = p[0] - x[j], above = x[j] - p[2];

        a += SL_LANES_ABOVE_0(below) + SL_LANES_ABOVE_0(above);
        below = p[1] - x[j];
        above = x[j] - p[3];
        b += SL_LANES_ABOVE_0(below) + SL_LANES_ABOVE_0(above);
    }
    ((sl_lanes *)(void *)sums)[0] = a;
    ((sl_lanes *)(void *)sums)[1] = b;
}

void
sl_box_distances(const struct sl_neighbours *t, const double *y,
                 const struct sl_box_node *node, double *sums)
{
    const double *boxes = t->boxes + node->boxes * 2 * t->boxed * SL_PANEL;

    if (t->metric == SL_EUCLIDEAN)
        box_squares(t->boxed, y, boxes, sums);
    else
        box_absolutes(t->boxed, y, boxes, sums);
}

SL_CLONES static void
add_row(size_t m, double factor, const double *restrict row, double *restrict y)
{
    for (size_t r = 0; r < m; r++)
        y[r] += factor * row[r];
}

double
sl_box_turn(const struct sl_neighbours *t, const double *x, double *y)
{
    double square = 0;

    memset(y, 0, t->m * sizeof *y);
    for (size_t j = 0; j < t->d; j++) {
        double apart = x[j] - t->middle[j];

        square += apart * apart;
        add_row(t->m, apart, t->axes + j * t->m, y);
    }
    return sqrt(square);
}
