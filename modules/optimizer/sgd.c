/* SPDX-License-Identifier: MIT */
/*
 * Stochastic gradient descent with momentum (Polyak 1964; Nesterov's as Sutskever et al.
 * 2013 write it), in the form that most libraries have:
 *
 * g  gradient, plus weight_decay * theta of parameters that decay
 * m  momentum * m + g, from 0
 *
 * theta loses rate * lr times m, or, by Nesterov, times g + momentum * m.
 */
#include "modules/learn/optimizer.h"
#include "runner/tensor/special.h"

struct config {
    double lr, momentum, weight_decay;
    bool nesterov;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, lr, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE, .low = 0,
             .high = 1e3, .number = 1e-2, .help = "learning rate"),
    SL_DOUBLE(struct config, momentum, 0.9, 0, 0.999999,
              "share of the last step that goes on; 0: plain descent"),
    SL_BOOL(struct config, nesterov, false,
            "look ahead along the momentum, as Nesterov does"),
    SL_DOUBLE(struct config, weight_decay, 0, 0, 1e3,
              "share of each weight that is added to its gradient; weights are matrices: "
              "biases and other vectors stay"),
    SL_FIELD_END,
};

struct rates {
    real lr, momentum, decay;
    real of_m, of_g; /* the step is of both: m alone, or Nesterov's */
};

struct work {
    struct rates rates;
    const struct sl_update *update;
};

SL_CLONES static void
move(const struct rates *rates, real decay, size_t n, const real *restrict gradient,
     real *restrict m, real *restrict theta)
{
    const struct rates r = *rates;

    for (size_t i = 0; i < n; i++) {
        real g = gradient[i] + decay * theta[i];
        m[i] = sl_normal_or_zero(r.momentum * m[i] + g);
        theta[i] -= r.lr * (r.of_m * m[i] + r.of_g * g);
    }
}

static void
move_slice(void *context, size_t first, size_t count, bool decays)
{
    const struct work *work = context;
    const struct sl_update *u = work->update;

    move(&work->rates, decays ? work->rates.decay : 0, count,
         (const real *)u->gradient + first, (real *)u->state + first,
         (real *)u->theta + first);
}

static void
step(const void *config, const struct sl_update *update)
{
    const struct config *c = config;
    struct work work = {
        .rates =
            {
                .lr = (real)(update->rate * c->lr),
                .momentum = (real)c->momentum,
                .decay = (real)c->weight_decay,
                .of_m = c->nesterov ? (real)c->momentum : 1,
                .of_g = c->nesterov,
            },
        .update = update,
    };

    sl_span_slices(update->pool, update->n, &update->decayed, move_slice, &work);
}

const struct sl_optimizer_class SL_R(optimizer_sgd) = {
    .entry = {.name = "sgd",
              .summary = "gradient descent with momentum",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .states = 1,
    .step = step,
};
