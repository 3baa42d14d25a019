/* SPDX-License-Identifier: MIT */
#include "modules/learn/noise.h"

const struct sl_field sl_noise_fields[] = {
    SL_DOUBLE(struct sl_noise_config, gaussian, 0, 0, 1e6,
              "standard deviation of what is added to each value"),
    SL_DOUBLE(struct sl_noise_config, masking, 0, 0, 0.99,
              "chance of a value to become 0"),
    SL_FIELD_END,
};
