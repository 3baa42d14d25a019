/* SPDX-License-Identifier: MIT */
/*
 * Arms that are swept round: a normal point u = (1 + radial a, tangential b), turned by its
 * arm's angle and by rate e^|u|, then scaled by 2. A turn by an angle that depends on the
 * distance alone keeps area, so the density is that of u: exact. (The widely used form
 * turns by the first coordinate of u, which does not.)
 */
#include <math.h>

#include "modules/learn/density.h"
#include "modules/learn/log_sum.h"

#define PI 3.14159265358979323846
#define SCALE 2.0

struct config {
    int64_t arms;
    double radial, tangential, rate;
};

static const struct sl_field fields[] = {
    SL_INT(struct config, arms, 5, 1, 100, "how many"),
    SL_FIELD(struct config, radial, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 10, .number = 0.3, .help = "standard deviation along an arm"),
    SL_FIELD(struct config, tangential, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 10, .number = 0.1, .help = "standard deviation across it"),
    SL_DOUBLE(struct config, rate, 0.25, -10, 10, "how far arms are swept round"),
    SL_FIELD_END,
};

/* Sweeping shears the arms: what changes over the width of one does so over less. */
static void
open(const void *config, struct sl_arena *arena, struct sl_density *density)
{
    const struct config *c = config;
    double across = fmin(c->radial, c->tangential);
    double outer = 1 + 2 * c->radial;
    double reach = SCALE * hypot(1 + 4 * c->radial, 4 * c->tangential);
    double far = SCALE * hypot(1 + 9 * c->radial, 9 * c->tangential);

    (void)arena;
    *density = (struct sl_density){
        .state = config,
        .view = {{-reach, -reach}, {reach, reach}},
        .margin = far - reach,
        .finest = SCALE * across / (1 + fabs(c->rate) * outer * exp(outer)),
        .entropy = log(2 * PI * c->radial * c->tangential * SCALE * SCALE) + 1,
    };
    if (c->arms > 1)
        density->entropy = (double)NAN;
}

static void
turn(double angle, double x[2])
{
    double a = x[0], b = x[1];

    x[0] = cos(angle) * a - sin(angle) * b;
    x[1] = sin(angle) * a + cos(angle) * b;
}

static double
angle_of(const struct config *c, uint32_t arm, double distance)
{
    return 2 * PI * (double)arm / (double)c->arms + c->rate * exp(distance);
}

static int32_t
draw(const void *state, struct sl_stream *stream, double x[2])
{
    const struct config *c = state;
    uint32_t arm = sl_stream_below(stream, (uint32_t)c->arms);

    x[0] = 1 + c->radial * sl_stream_normal(stream);
    x[1] = c->tangential * sl_stream_normal(stream);
    turn(angle_of(c, arm, hypot(x[0], x[1])), x);
    x[0] *= SCALE;
    x[1] *= SCALE;
    return (int32_t)arm;
}

static double
log_density(const void *state, const double *x)
{
    const struct config *c = state;
    double distance = hypot(x[0], x[1]) / SCALE;
    struct sl_log_sum sum = SL_LOG_SUM;

    for (uint32_t arm = 0; arm < c->arms; arm++) {
        double u[2] = {x[0] / SCALE, x[1] / SCALE}, log_p;

        turn(-angle_of(c, arm, distance), u);
        u[0] = (u[0] - 1) / c->radial;
        u[1] /= c->tangential;
        log_p = -(u[0] * u[0] + u[1] * u[1]) / 2;
        sl_log_sum_add(&sum, log_p);
    }
    return sl_log_sum_value(&sum) -
           log(2 * PI * c->radial * c->tangential * SCALE * SCALE * (double)c->arms);
}

const struct sl_density_class density_pinwheel = {
    .entry = {.name = "pinwheel",
              .summary = "arms that are swept round",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .open = open,
    .draw = draw,
    .log_density = log_density,
};
