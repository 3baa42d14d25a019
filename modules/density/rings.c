/* SPDX-License-Identifier: MIT */
/*
 * Circles about the origin, equally spaced and equally likely, with normal noise. Of one of
 * radius R and noise s, at the distance r from the origin, the density is Rice's by area:
 *
 *     p(x) = exp(-(r - R)^2 / 2 s^2) / (2 pi s^2) * e^-z I_0(z),  z = r R / s^2
 */
#include <math.h>

#include "modules/learn/density.h"
#include "modules/learn/log_sum.h"

#define PI 3.14159265358979323846

struct config {
    int64_t rings;
    double spacing, noise;
};

static const struct sl_field fields[] = {
    SL_INT(struct config, rings, 4, 1, 100, "how many"),
    SL_FIELD(struct config, spacing, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 100, .number = 0.75,
             .help = "radius of the first, and from each to the next"),
    SL_FIELD(struct config, noise, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 10, .number = 0.08, .help = "standard deviation about the circles"),
    SL_FIELD_END,
};

/* e^-z I_0(z), z >= 0, within 1e-14 of itself: the power series, all of whose terms are
 * positive, then the asymptotic one (Abramowitz and Stegun 1964, 9.6.12 and 9.7.1). */
static double
scaled_bessel(double z)
{
    double term = 1, sum = 1;

    if (z <= 30) {
        for (double k = 1; term > 1e-17 * sum; k++)
            sum += term *= z * z / (4 * k * k);
        return sum * exp(-z);
    }
    for (double k = 1; k < 30 && term > 1e-17 * sum; k++)
        sum += term *= (2 * k - 1) * (2 * k - 1) / (8 * k * z);
    return sum / sqrt(2 * PI * z);
}

static void
open(const void *config, struct sl_arena *arena, struct sl_density *density)
{
    const struct config *c = config;
    double radius = (double)c->rings * c->spacing;

    (void)arena;
    *density = (struct sl_density){
        .state = config,
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
    const struct config *c = state;
    uint32_t ring = sl_stream_below(stream, (uint32_t)c->rings);
    double radius = c->spacing * (double)(ring + 1);
    double angle = 2 * PI * sl_stream_uniform(stream);

    x[0] = radius * cos(angle) + c->noise * sl_stream_normal(stream);
    x[1] = radius * sin(angle) + c->noise * sl_stream_normal(stream);
    return (int32_t)ring;
}

static double
log_density(const void *state, const double *x)
{
    const struct config *c = state;
    double r = hypot(x[0], x[1]), variance = c->noise * c->noise;
    struct sl_log_sum sum = SL_LOG_SUM;

    for (int64_t i = 1; i <= c->rings; i++) {
        double radius = c->spacing * (double)i;
        double log_p = -(r - radius) * (r - radius) / (2 * variance) +
                       log(scaled_bessel(r * radius / variance));

        sl_log_sum_add(&sum, log_p);
    }
    return sl_log_sum_value(&sum) - log(2 * PI * variance * (double)c->rings);
}

const struct sl_density_class density_rings = {
    .entry = {.name = "rings",
              .summary = "circles about the origin",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .open = open,
    .draw = draw,
    .log_density = log_density,
};
