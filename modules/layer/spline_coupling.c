/* SPDX-License-Identifier: MIT */
/*
 * Rational-quadratic spline coupling (Durkan et al. 2019, "Neural spline flows"). The
 * columns of an index set S stay; each other column goes through a monotone spline on
 * [-box, box], the identity outside, whose widths, heights and derivatives a network
 * computes from x_S. Formulas: modules/learn/transform.h, rational_quadratic.c. The layer
 * starts as the identity (modules/learn/conditioner.h).
 */
#include "modules/learn/coupling.h"

struct config {
    struct sl_index_set_config set;
    struct sl_conditioner_config conditioner;
    struct sl_spline_config spline;
};

static const struct sl_field fields[] = {
    SL_INCLUDE(struct config, set, struct sl_index_set_config, sl_index_set_fields),
    SL_INCLUDE(struct config, conditioner, struct sl_conditioner_config,
               sl_conditioner_fields),
    SL_INCLUDE(struct config, spline, struct sl_spline_config, sl_spline_fields),
    SL_FIELD_END,
};

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    const struct config *c = layer->config;
    struct sl_coupling *coupling = SL_NEW(layer->arena, struct sl_coupling);
    struct sl_index_set set;

    SL_TRY(sl_index_set_make(&c->set, layer, &set, err));
    SL_TRY(sl_spline_check(&c->spline, err));
    coupling->transform = SL_R(sl_spline_transform)(&c->spline);
    return sl_coupling_make(layer, coupling, &c->conditioner, &set,
                            SL_REAL_TYPE == SL_F64, err);
}

const struct sl_layer_class SL_R(layer_spline_coupling) = {
    .entry = {.name = "spline-coupling",
              .summary = "some columns shape splines that the others go through",
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
