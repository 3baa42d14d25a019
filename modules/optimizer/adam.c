/* SPDX-License-Identifier: MIT */
/*
 * Adam (Kingma and Ba 2015, algorithm 1), rounded where PyTorch's rounds: the bias
 * corrections in float64, everything that is done for each parameter in `real`.
 *
 * m, v  first and second moment of the gradient, bias towards 0 not yet corrected
 */
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
    real beta1, rest1, beta2, rest2, correction, epsilon, step;
};

struct work {
    struct rates rates;
    const struct sl_update *update;
};

SL_CLONES static void
move(const struct rates *rates, size_t n, const real *restrict g, real *restrict m,
     real *restrict v, real *restrict theta)
{
    const struct rates r = *rates;

    for (size_t i = 0; i < n; i++) {
        m[i] = m[i] * r.beta1 + r.rest1 * g[i];
        v[i] = v[i] * r.beta2 + r.rest2 * g[i] * g[i];
        theta[i] -= r.step * m[i] / (sl_sqrt(v[i]) / r.correction + r.epsilon);
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
    struct work work = {
        .rates =
            {
                .beta1 = (real)c->beta1,
                .rest1 = (real)(1 - c->beta1),
                .beta2 = (real)c->beta2,
                .rest2 = (real)(1 - c->beta2),
                .correction = (real)sqrt(1 - pow(c->beta2, t)),
                .epsilon = (real)c->epsilon,
                .step = (real)(c->lr / (1 - pow(c->beta1, t))),
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
