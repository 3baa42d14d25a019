/* SPDX-License-Identifier: MIT */
/* Eight equal Gaussians on a circle about the origin. */
#include <math.h>

#include "modules/learn/density.h"
#include "modules/learn/mixture.h"

#define PI 3.14159265358979323846

enum { EIGHT = 8 };

struct config {
    double radius, std;
};

static const struct sl_field fields[] = {
    SL_DOUBLE(struct config, radius, 2, 0, 100, "of the circle"),
    SL_FIELD(struct config, std, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 100, .number = 0.25,
             .help = "standard deviation of each, along both axes"),
    SL_FIELD_END,
};

static void
open(const void *config, struct sl_arena *arena, struct sl_density *density)
{
    const struct config *c = config;
    struct sl_mixture *mixture = SL_NEW(arena, struct sl_mixture);
    struct sl_gaussian *gaussians = sl_arena_alloc(arena, EIGHT * sizeof *gaussians);
    double(*means)[2] = sl_arena_alloc(arena, EIGHT * sizeof *means), weights[EIGHT];
    double *factor = sl_arena_alloc(arena, 4 * sizeof *factor);

    factor[0] = factor[3] = c->std;
    for (size_t k = 0; k < EIGHT; k++) {
        means[k][0] = c->radius * cos(2 * PI * (double)k / EIGHT);
        means[k][1] = c->radius * sin(2 * PI * (double)k / EIGHT);
        gaussians[k] = (struct sl_gaussian){2, means[k], factor};
        weights[k] = 1;
    }
    sl_mixture_init(mixture, EIGHT, gaussians, weights, arena);
    *density = (struct sl_density){
        .state = mixture,
        .view = sl_extent_widen(
            (struct sl_extent){{-c->radius, -c->radius}, {c->radius, c->radius}},
            4 * c->std),
        .margin = 5 * c->std,
        .finest = c->std,
        .entropy = (double)NAN,
    };
}

static int32_t
draw(const void *state, struct sl_stream *stream, double x[2])
{
    size_t k = sl_mixture_pick(state, stream);

    sl_mixture_draw(state, k, stream, x);
    return (int32_t)k;
}

const struct sl_density_class density_eight_gaussians = {
    .entry = {.name = "eight-gaussians",
              .summary = "eight Gaussians on a circle",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .open = open,
    .draw = draw,
    .log_density = sl_mixture_log_density,
};
