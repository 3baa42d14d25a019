/* SPDX-License-Identifier: MIT */
#include "modules/learn/adam.h"

#include <math.h>

#include "runner/tensor/special.h"

const struct sl_field SL_R(sl_adam_fields)[] = {
    SL_FIELD(struct sl_adam_config, lr, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .low = 0, .high = 1e3, .number = 1e-3, .help = "learning rate"),
    SL_DOUBLE(struct sl_adam_config, beta1, 0.9, 0, 0.999999,
              "decay of the first moment"),
    SL_DOUBLE(struct sl_adam_config, beta2, 0.999, 0, 0.99999999,
              "decay of the second moment"),
    SL_FIELD(struct sl_adam_config, epsilon, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .low = 0, .high = 1, .number = 1e-8, .help = "added to the denominator"),
    SL_FIELD_END,
};

struct rates {
    real beta1, rest1, beta2, rest2, epsilon, step;
};

struct work {
    struct rates rates;
    real left; /* of a parameter that decays */
    const struct sl_update *update;
};

/* The moment of a weight whose gradient stays 0, as behind a dead unit, would end among the
 * subnormal numbers and stay there, rounded up for ever: a quarter of them after a few
 * epochs, at a multiple of the time. What it moves, 1e-30 or less, is nothing.
 * left: what a parameter is multiplied by first; 1 changes no bit. */
SL_CLONES static void
move(const struct rates *rates, real left, size_t n, const real *restrict g,
     real *restrict m, real *restrict v, real *restrict theta)
{
    const struct rates r = *rates;

    for (size_t i = 0; i < n; i++) {
        m[i] = sl_normal_or_zero(m[i] * r.beta1 + r.rest1 * g[i]);
        v[i] = v[i] * r.beta2 + r.rest2 * g[i] * g[i];
        theta[i] = left * theta[i] - r.step * m[i] / (sl_sqrt(v[i]) + r.epsilon);
    }
}

static void
move_slice(void *context, size_t first, size_t count, bool decays)
{
    const struct work *work = context;
    const struct sl_update *u = work->update;
    real *m = (real *)u->state + first;

    move(&work->rates, decays ? work->left : 1, count, (const real *)u->gradient + first,
         m, m + u->n, (real *)u->theta + first);
}

void
SL_R(sl_adam_step)(const struct sl_adam_config *config, double weight_decay,
                   const struct sl_update *update)
{
    const struct sl_adam_config *c = config;
    double t = (double)update->t, rate = update->rate * c->lr;
    double correction = sqrt(1 - pow(c->beta2, t));
    struct work work = {
        .rates =
            {
                .beta1 = (real)c->beta1,
                .rest1 = (real)(1 - c->beta1),
                .beta2 = (real)c->beta2,
                .rest2 = (real)(1 - c->beta2),
                .epsilon = (real)(c->epsilon * correction),
                .step = (real)(rate * correction / (1 - pow(c->beta1, t))),
            },
        .left = (real)(1 - rate * weight_decay),
        .update = update,
    };

    sl_span_slices(update->pool, update->n, &update->decayed, move_slice, &work);
}
