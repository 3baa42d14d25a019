/* SPDX-License-Identifier: MIT */
#include "modules/learn/quadrature.h"

#include <math.h>

#include "runner/base/arena.h"
#include "runner/parallel/pool.h"

/* ---- on a line ---------------------------------------------------------------------- */

/* The positive half of the points, the outermost first; every other one is Gauss's. */
static const double points[8] = {
    0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
    0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
    0.586087235467691130294144838258730, 0.405845151377397166906606412076961,
    0.207784955007898467600689403773245, 0.0,
};
static const double kronrod[8] = {
    0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
    0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
    0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
    0.204432940075298892414161999234649, 0.209482141084727828012999174891714,
};
static const double gauss[4] = {
    0.129484966168869693270611432679082,
    0.279705391489276667901467771423780,
    0.381830050505118944950369775488975,
    0.417959183673469387755102040816327,
};

void
sl_kronrod(double a, double b, double x[SL_KRONROD], double weight[SL_KRONROD])
{
    double centre = (a + b) / 2, half = (b - a) / 2;

    for (size_t i = 0; i < 8; i++) {
        x[i] = centre - half * points[i];
        x[SL_KRONROD - 1 - i] = centre + half * points[i];
        weight[i] = weight[SL_KRONROD - 1 - i] = half * kronrod[i];
    }
}

enum { DEPTH = 40 };
#define ROUNDING 1e-14

struct integral {
    sl_integrand *f;
    const void *context;
    double tolerance, error;
};

static double
integrate(struct integral *integral, double a, double b, int depth)
{
    double x[SL_KRONROD], weight[SL_KRONROD], fine = 0, coarse = 0, difference;

    sl_kronrod(a, b, x, weight);
    for (size_t i = 0; i < SL_KRONROD; i++) {
        double y = integral->f(integral->context, x[i]);

        fine += weight[i] * y;
        if (i % 2)
            coarse += (b - a) / 2 * gauss[(i < 8 ? i : SL_KRONROD - 1 - i) / 2] * y;
    }
    difference = fabs(fine - coarse);
    if (difference > integral->tolerance && difference > ROUNDING * fabs(fine) &&
        depth < DEPTH)
        return integrate(integral, a, (a + b) / 2, depth + 1) +
               integrate(integral, (a + b) / 2, b, depth + 1);
    integral->error += difference;
    return fine;
}

double
sl_integrate(sl_integrand *f, const void *context, double a, double b, double tolerance,
             double *error)
{
    struct integral integral = {f, context, tolerance, 0};
    double value = integrate(&integral, a, b, 0);

    *error += integral.error;
    return value;
}

/* ---- on a plane --------------------------------------------------------------------- */

#define STEPS_MAX 2048
#define STEPS_PER_LENGTH 4

struct sl_extent
sl_extent_widen(struct sl_extent extent, double margin)
{
    for (size_t i = 0; i < 2; i++) {
        extent.low[i] -= margin;
        extent.high[i] += margin;
    }
    return extent;
}

static double
steps_along(const struct sl_plane *plane, size_t axis)
{
    double length = plane->reach.high[axis] - plane->reach.low[axis];

    return 2 * ceil(STEPS_PER_LENGTH * length / plane->finest / 2);
}

bool
sl_plane_is_coarse(const struct sl_plane *plane)
{
    return steps_along(plane, 0) <= STEPS_MAX && steps_along(plane, 1) <= STEPS_MAX;
}

/* A grid whose rows are summed apart, so that threads decide nothing. */
struct grid {
    const struct sl_plane *plane;
    size_t steps[2];
    double *rows;
};

static double
midpoint(const struct grid *grid, size_t axis, size_t i)
{
    const struct sl_extent *reach = &grid->plane->reach;

    return reach->low[axis] + (reach->high[axis] - reach->low[axis]) * ((double)i + 0.5) /
                                  (double)grid->steps[axis];
}

static void
sum_row(void *context, size_t row)
{
    const struct grid *grid = context;
    const struct sl_plane *plane = grid->plane;
    double x[2] = {0, midpoint(grid, 1, row)}, sum = 0;

    for (size_t i = 0; i < grid->steps[0]; i++) {
        double log_p;

        x[0] = midpoint(grid, 0, i);
        log_p = plane->log_density(plane->context, x);
        if (log_p > -700)
            sum -= exp(log_p) * log_p;
    }
    grid->rows[row] = sum;
}

static double
grid_entropy(const struct sl_plane *plane, struct sl_pool *pool, size_t coarser,
             double *rows)
{
    struct grid grid = {plane,
                        {(size_t)steps_along(plane, 0) / coarser,
                         (size_t)steps_along(plane, 1) / coarser},
                        rows};
    const struct sl_extent *reach = &plane->reach;
    double sum = 0;

    sl_pool_tiles(pool, grid.steps[1], sum_row, &grid);
    for (size_t i = 0; i < grid.steps[1]; i++)
        sum += rows[i];
    return sum * (reach->high[0] - reach->low[0]) / (double)grid.steps[0] *
           (reach->high[1] - reach->low[1]) / (double)grid.steps[1];
}

enum sl_status
sl_plane_entropy(const struct sl_plane *plane, struct sl_pool *pool,
                 struct sl_arena *arena, double *entropy, double *error,
                 struct sl_error *err)
{
    double *rows = sl_arena_array(arena, STEPS_MAX, sizeof *rows);

    if (!rows)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for a grid of %d rows", STEPS_MAX);
    *entropy = grid_entropy(plane, pool, 1, rows);
    *error = fabs(*entropy - grid_entropy(plane, pool, 2, rows));
    return SL_OK;
}
