/* SPDX-License-Identifier: MIT */
/* Adam (modules/learn/adam.h). */
#include "modules/learn/adam.h"

static void
step(const void *config, const struct sl_update *update)
{
    SL_R(sl_adam_step)(config, 0, update);
}

const struct sl_optimizer_class SL_R(optimizer_adam) = {
    .entry = {.name = "adam",
              .summary = "Adam: steps scaled by running moments of the gradient",
              .fields = SL_R(sl_adam_fields),
              .config_size = sizeof(struct sl_adam_config)},
    .states = SL_ADAM_STATES,
    .step = step,
};
