/* SPDX-License-Identifier: MIT */
#include "modules/learn/curve.h"

#include <math.h>

#define PANEL 3.0 /* in the noise's standard deviations */
#define PANELS_MAX 20000
#define CUT 9.0 /* where a node stops to show */
#define MIDDLE (SL_KRONROD / 2)

static double
square_distance(const double *node, const double x[2])
{
    double a = x[0] - node[0], b = x[1] - node[1];

    return a * a + b * b;
}

static void
init_panel(struct sl_curve *curve, double begin, double end, double (*nodes)[3])
{
    double t[SL_KRONROD], weight[SL_KRONROD];

    sl_kronrod(begin, end, t, weight);
    for (size_t i = 0; i < SL_KRONROD; i++) {
        curve->place(curve->context, t[i], nodes[i]);
        nodes[i][2] = weight[i] * (curve->widens ? 2 * t[i] : 1);
    }
    for (size_t i = 0; i < SL_KRONROD; i++)
        curve->radius =
            fmax(curve->radius, sqrt(square_distance(nodes[MIDDLE], nodes[i])));
}

void
sl_curve_init(struct sl_curve *curve, double speed, struct sl_arena *arena)
{
    double panels = fmin(ceil(speed / (PANEL * curve->noise)), PANELS_MAX);
    double(*nodes)[3];

    curve->panels = panels > 4 ? (size_t)panels : 4;
    curve->radius = 0;
    nodes = sl_arena_alloc(arena, curve->panels * SL_KRONROD * sizeof *nodes);
    for (size_t p = 0; p < curve->panels; p++)
        init_panel(curve, (double)p / (double)curve->panels,
                   (double)(p + 1) / (double)curve->panels, nodes + p * SL_KRONROD);
    curve->nodes = (const double(*)[3])nodes;
}

/* The sum over the panels that come nearer than `reach`, relative to a place at the squared
 * distance `nearest`. */
static double
sum_near(const struct sl_curve *curve, const double x[2], double reach, double nearest)
{
    double variance = curve->noise * curve->noise, sum = 0;

    for (size_t p = 0; p < curve->panels; p++) {
        const double(*nodes)[3] = curve->nodes + p * SL_KRONROD;
        double far = reach + curve->radius;

        if (square_distance(nodes[MIDDLE], x) > far * far)
            continue;
        for (size_t i = 0; i < SL_KRONROD; i++)
            sum += nodes[i][2] *
                   exp((nearest - square_distance(nodes[i], x)) / (2 * variance));
    }
    return sum;
}

static double
sum_all(const struct sl_curves *curves, const double x[2], double nearest)
{
    double sum = 0;

    for (size_t i = 0; i < curves->n; i++)
        sum += sum_near(&curves->at[i], x, sqrt(nearest) + CUT * curves->at[i].noise,
                        nearest);
    return sum;
}

/* No node of a panel is nearer than its middle less the radius. */
static double
nearest_of(const struct sl_curve *curve, const double x[2], double nearest)
{
    for (size_t p = 0; p < curve->panels; p++) {
        const double(*nodes)[3] = curve->nodes + p * SL_KRONROD;
        double far = sqrt(nearest) + curve->radius;

        if (square_distance(nodes[MIDDLE], x) > far * far)
            continue;
        for (size_t i = 0; i < SL_KRONROD; i++)
            nearest = fmin(nearest, square_distance(nodes[i], x));
    }
    return nearest;
}

/* Panels beyond the cut (e^-40) do not show as long as the sum is above e^-15; the places
 * where it is not are looked at again, relative to the nearest node. */
double
sl_curves_log_density(const struct sl_curves *curves, const double x[2])
{
    double variance = curves->at[0].noise * curves->at[0].noise, nearest = 0;
    double sum = sum_all(curves, x, 0);

    if (!(sum > exp(-15))) {
        nearest = (double)INFINITY;
        for (size_t i = 0; i < curves->n; i++)
            nearest = nearest_of(&curves->at[i], x, nearest);
        sum = sum_all(curves, x, nearest);
    }
    return log(sum / (6.283185307179586477 * variance * (double)curves->n)) -
           nearest / (2 * variance);
}

int32_t
sl_curves_draw(const struct sl_curves *curves, struct sl_stream *stream, double x[2])
{
    uint32_t which = sl_stream_below(stream, (uint32_t)curves->n);
    const struct sl_curve *curve = &curves->at[which];
    double t = sl_stream_uniform(stream);

    curve->place(curve->context, curve->widens ? sqrt(t) : t, x);
    x[0] += curve->noise * sl_stream_normal(stream);
    x[1] += curve->noise * sl_stream_normal(stream);
    return (int32_t)which;
}
