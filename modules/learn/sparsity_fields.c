/* SPDX-License-Identifier: MIT */
#include "modules/learn/sparsity.h"

const struct sl_field sl_sparsity_fields[] = {
    SL_DOUBLE(struct sl_sparsity_config, l1, 0, 0, 1e6,
              "weight of the sum of absolute values"),
    SL_DOUBLE(struct sl_sparsity_config, kl, 0, 0, 1e6,
              "weight of the divergence of each column's mean from target"),
    SL_DOUBLE(struct sl_sparsity_config, target, 0.05, 1e-3, 0.999,
              "what the mean of a column is to be, with kl"),
    SL_FIELD_END,
};

extern const struct sl_layer_class sl_sparsity_layer_f32, sl_sparsity_layer_f64;
const struct sl_row sl_sparsity_row = {
    .table = SL_LAYER,
    .as = {&sl_sparsity_layer_f32.entry, &sl_sparsity_layer_f64.entry}};

bool
sl_sparsity_is_on(const struct sl_sparsity_config *config)
{
    return config->l1 > 0 || config->kl > 0;
}
