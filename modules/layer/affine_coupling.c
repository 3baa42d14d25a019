/* SPDX-License-Identifier: MIT */
/*
 * Affine coupling (Dinh et al. 2017, "Density estimation using Real NVP"). For an index
 * set S, the columns of S stay, and
 *
 *     y_S = x_S        y_j = x_j exp(s_j(x_S)) + t_j(x_S) elsewhere
 *     ln |det| = sum of s_j(x_S), as clamped by s_max
 *
 * One network has s and t as two heads: its outputs are s_j, t_j of each j in turn. The
 * layer starts as the identity (modules/learn/conditioner.h).
 */
#include "modules/learn/coupling.h"

struct config {
    struct sl_index_set_config set;
    struct sl_conditioner_config conditioner;
    struct sl_affine_config affine;
};

static const struct sl_field fields[] = {
    SL_INCLUDE(struct config, set, struct sl_index_set_config, sl_index_set_fields),
    SL_INCLUDE(struct config, conditioner, struct sl_conditioner_config,
               sl_conditioner_fields),
    SL_INCLUDE(struct config, affine, struct sl_affine_config, sl_affine_fields),
    SL_FIELD_END,
};

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    const struct config *c = layer->config;
    struct sl_coupling *coupling = SL_NEW(layer->arena, struct sl_coupling);
    struct sl_index_set set;

    SL_TRY(sl_index_set_make(&c->set, layer, &set, err));
    coupling->transform = SL_R(sl_affine_transform)(&c->affine);
    return sl_coupling_make(layer, coupling, &c->conditioner, &set,
                            SL_REAL_TYPE == SL_F64, err);
}

const struct sl_layer_class SL_R(layer_affine_coupling) = {
    .entry = {.name = "affine-coupling",
              .summary = "some columns scale and shift the others",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .by_rows = true,
    .shape = shape,
    .init = sl_coupling_init,
    .forward = SL_R(sl_coupling_forward),
    .backward = SL_R(sl_coupling_backward),
    .inverse = SL_R(sl_coupling_inverse),
    .parts = sl_coupling_parts,
};
