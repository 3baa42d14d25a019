/* SPDX-License-Identifier: MIT */
/* Adam with weight decay beside the gradient, not in its moments (modules/learn/adam.h). */
#include "modules/learn/adam.h"

struct config {
    struct sl_adam_config adam;
    double weight_decay;
};

static const struct sl_field fields[] = {
    SL_INCLUDE(struct config, adam, struct sl_adam_config, SL_R(sl_adam_fields)),
    SL_DOUBLE(struct config, weight_decay, 1e-2, 0, 1,
              "share of each weight that goes in a step, times the learning rate; "
              "weights are matrices: biases and other vectors stay"),
    SL_FIELD_END,
};

static void
step(const void *config, const struct sl_update *update)
{
    const struct config *c = config;

    SL_R(sl_adam_step)(&c->adam, c->weight_decay, update);
}

const struct sl_optimizer_class SL_R(optimizer_adamw) = {
    .entry = {.name = "adamw",
              .summary = "Adam with decoupled weight decay",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .states = SL_ADAM_STATES,
    .step = step,
};
