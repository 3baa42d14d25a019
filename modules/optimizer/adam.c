/* SPDX-License-Identifier: MIT */
/*
 * Adam (Kingma and Ba 2015, algorithm 1), in the form at the end of their section 2: the
 * bias corrections, in float64, are part of the step and of epsilon, so that a parameter
 * costs one division.
 *
 * m, v  first and second moment of the gradient, bias towards 0 not yet corrected
 */
#include <float.h>
#include <math.h>

#include "modules/learn/optimizer.h"
#include "modules/learn/slice.h"
#include "runner/tensor/special.h"

struct config {
    double lr, beta1, beta2, epsilon;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, lr, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE, .low = 0,
             .high = 1e3, .number = 1e-3, .help = "learning rate"),
    SL_DOUBLE(struct config, beta1, 0.9, 0, 0.999999, "decay of the first moment"),
    SL_DOUBLE(struct config, beta2, 0.999, 0, 0.99999999, "decay of the second moment"),
    SL_FIELD(struct config, epsilon, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .low = 0, .high = 1, .number = 1e-8, .help = "added to the denominator"),
    SL_FIELD_END,
};

struct rates {
    real beta1, rest1, beta2, rest2, epsilon, step;
};

struct work {
    struct rates rates;
    const struct sl_update *update;
};

#ifdef SL_FLOAT64
#define SMALLEST DBL_MIN
#else
#define SMALLEST FLT_MIN
#endif

/* The moment of a weight whose gradient stays 0, as behind a dead unit, would end among
 * the subnormal numbers and stay there, rounded up for ever: a quarter of them after a few
 * epochs, at a multiple of the time. What it moves, 1e-30 or less, is nothing. */
static inline real
normal_or_zero(real x)
{
    return (x < 0 ? -x : x) < SMALLEST ? 0 : x;
}

SL_CLONES static void
move(const struct rates *rates, size_t n, const real *restrict g, real *restrict m,
     real *restrict v, real *restrict theta)
{
    const struct rates r = *rates;

    for (size_t i = 0; i < n; i++) {
        m[i] = normal_or_zero(m[i] * r.beta1 + r.rest1 * g[i]);
        v[i] = v[i] * r.beta2 + r.rest2 * g[i] * g[i];
        theta[i] -= r.step * m[i] / (sl_sqrt(v[i]) + r.epsilon);
    }
}

static void
move_slice(void *context, size_t first, size_t count)
{
    const struct work *work = context;
    const struct sl_update *u = work->update;
    real *m = (real *)u->state + first;

    move(&work->rates, count, (const real *)u->gradient + first, m, m + u->n,
         (real *)u->theta + first);
}

static void
step(const void *config, const struct sl_update *update)
{
    const struct config *c = config;
    double t = (double)update->t;
    double correction = sqrt(1 - pow(c->beta2, t));
    struct work work = {
        .rates =
            {
                .beta1 = (real)c->beta1,
                .rest1 = (real)(1 - c->beta1),
                .beta2 = (real)c->beta2,
                .rest2 = (real)(1 - c->beta2),
                .epsilon = (real)(c->epsilon * correction),
                .step =
                    (real)(update->rate * c->lr * correction / (1 - pow(c->beta1, t))),
            },
        .update = update,
    };

    sl_slices(update->pool, update->n, move_slice, &work);
}

const struct sl_optimizer_class SL_R(optimizer_adam) = {
    .entry = {.name = "adam",
              .summary = "Adam: steps scaled by running moments of the gradient",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .states = 2,
    .step = step,
};
