/* SPDX-License-Identifier: MIT */
/*
 * Two arms that wind about the origin, one the other's image under x -> -x: the place at
 * angle a has the radius a / 3, and a^2 is uniform, so that the arms are about evenly
 * filled. As in Grathwohl et al. (2019, FFJORD), without the uniform jitter there.
 */
#include <math.h>

#include "modules/learn/curve.h"
#include "modules/learn/density.h"

#define PI 3.14159265358979323846

struct config {
    double turns, noise;
};

static const struct sl_field fields[] = {
    SL_DOUBLE(struct config, turns, 1.5, 0.25, 20, "how often each arm winds round"),
    SL_FIELD(struct config, noise, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 10, .number = 0.1, .help = "standard deviation about the curves"),
    SL_FIELD_END,
};

struct spirals {
    double end; /* the last angle */
    struct sl_curve arms[2];
    struct sl_curves both;
};

static void
first(const void *context, double t, double x[2])
{
    const struct spirals *s = context;
    double angle = s->end * t;

    x[0] = -cos(angle) * angle / 3;
    x[1] = sin(angle) * angle / 3;
}

static void
second(const void *context, double t, double x[2])
{
    first(context, t, x);
    x[0] = -x[0];
    x[1] = -x[1];
}

static void
open(const void *config, struct sl_arena *arena, struct sl_density *density)
{
    const struct config *c = config;
    struct spirals *s = SL_NEW(arena, struct spirals);
    double radius;

    s->end = 2 * PI * c->turns;
    radius = s->end / 3;
    s->arms[0] = (struct sl_curve){first, s, true, c->noise, .panels = 0};
    s->arms[1] = (struct sl_curve){second, s, true, c->noise, .panels = 0};
    for (size_t i = 0; i < 2; i++)
        sl_curve_init(&s->arms[i], radius * hypot(1, s->end), arena);
    s->both = (struct sl_curves){2, s->arms};
    *density = (struct sl_density){
        .state = &s->both,
        .view = sl_extent_widen((struct sl_extent){{-radius, -radius}, {radius, radius}},
                                4 * c->noise),
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

const struct sl_density_class density_spirals = {
    .entry = {.name = "spirals",
              .summary = "two arms that wind about the origin",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .open = open,
    .draw = draw,
    .log_density = log_density,
};
