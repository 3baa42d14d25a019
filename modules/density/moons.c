/* SPDX-License-Identifier: MIT */
/* Two half circles of radius 1 that hold each other, with normal noise. */
#include <math.h>

#include "modules/learn/curve.h"
#include "modules/learn/density.h"

#define PI 3.14159265358979323846

struct config {
    double noise;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, noise, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 10, .number = 0.1, .help = "standard deviation about the curves"),
    SL_FIELD_END,
};

static void
upper(const void *context, double t, double x[2])
{
    (void)context;
    x[0] = cos(PI * t);
    x[1] = sin(PI * t);
}

static void
lower(const void *context, double t, double x[2])
{
    upper(context, t, x);
    x[0] = 1 - x[0];
    x[1] = 0.5 - x[1];
}

static void
open(const void *config, struct sl_arena *arena, struct sl_density *density)
{
    const struct config *c = config;
    struct sl_curves *moons = SL_NEW(arena, struct sl_curves);
    struct sl_curve *two = sl_arena_alloc(arena, 2 * sizeof *two);

    two[0] = (struct sl_curve){.place = upper, .noise = c->noise};
    two[1] = (struct sl_curve){.place = lower, .noise = c->noise};
    for (size_t i = 0; i < 2; i++)
        sl_curve_init(&two[i], PI, arena);
    *moons = (struct sl_curves){2, two};
    *density = (struct sl_density){
        .state = moons,
        .view = sl_extent_widen((struct sl_extent){{-1, -0.5}, {2, 1}}, 4 * c->noise),
        .margin = 5 * c->noise,
        .finest = c->noise,
        .entropy = (double)NAN,
    };
}

static int32_t
draw(const void *state, struct sl_stream *stream, double x[2])
{
    return sl_curves_draw(state, stream, x);
}

static double
log_density(const void *state, const double *x)
{
    return sl_curves_log_density(state, x);
}

const struct sl_density_class density_moons = {
    .entry = {.name = "moons",
              .summary = "two half circles that hold each other",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .open = open,
    .draw = draw,
    .log_density = log_density,
};
