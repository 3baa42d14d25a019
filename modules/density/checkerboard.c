/* SPDX-License-Identifier: MIT */
/* Uniform on every other square of a board about the origin, the lowest left among them. */
#include <math.h>

#include "modules/learn/density.h"

struct config {
    int64_t squares;
    double side;
};

static const struct sl_field fields[] = {
    SL_INT(struct config, squares, 4, 1, 100, "squares along each side of the board"),
    SL_FIELD(struct config, side, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 100, .number = 2, .help = "of a square"),
    SL_FIELD_END,
};

/* The squares that are filled. */
static uint32_t
filled(const struct config *c)
{
    return (uint32_t)((c->squares * c->squares + 1) / 2);
}

static void
open(const void *config, struct sl_arena *arena, struct sl_density *density)
{
    const struct config *c = config;
    double half = (double)c->squares * c->side / 2, edge = half + c->side / 4;

    (void)arena;
    *density = (struct sl_density){
        .state = config,
        .view = {{-edge, -edge}, {edge, edge}},
        .finest = c->side,
        .entropy = log((double)filled(c) * c->side * c->side),
    };
}

/* Squares are counted along rows, so that every other one is filled; where a row has an
 * even number of them, each second row begins with the other kind. */
static int32_t
draw(const void *state, struct sl_stream *stream, double x[2])
{
    const struct config *c = state;
    uint32_t square = sl_stream_below(stream, filled(c)), n = (uint32_t)c->squares;
    uint32_t row = 2 * square / n;
    uint32_t column = 2 * square % n + (n % 2 == 0 && row % 2 == 1);
    double half = (double)n / 2;

    x[0] = ((double)column + sl_stream_uniform(stream) - half) * c->side;
    x[1] = ((double)row + sl_stream_uniform(stream) - half) * c->side;
    return (int32_t)square;
}

static double
log_density(const void *state, const double *x)
{
    const struct config *c = state;
    double n = (double)c->squares;
    double column = floor(x[0] / c->side + n / 2), row = floor(x[1] / c->side + n / 2);

    if (!(column >= 0 && column < n && row >= 0 && row < n) || fmod(column + row, 2) != 0)
        return -(double)INFINITY;
    return -log((double)filled(c) * c->side * c->side);
}

const struct sl_density_class density_checkerboard = {
    .entry = {.name = "checkerboard",
              .summary = "every other square of a board",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .open = open,
    .draw = draw,
    .log_density = log_density,
};
