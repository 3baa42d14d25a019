/* SPDX-License-Identifier: MIT */
/*
 * Masked autoregressive flow (Papamakarios et al. 2017): column i goes through a transform
 * whose parameters a masked network (MADE, Germain et al. 2015) computes from the columns
 * before it, in their order; a `permutation` before the layer makes another. The Jacobian
 * is triangular, so ln |det| is the sum of the transforms' slopes. Forward takes one pass
 * of the network, the inverse one for each column. The layer starts as the identity
 * (modules/learn/conditioner.h).
 *
 *     affine   y_i = x_i exp(s_i) + t_i: the paper's map towards its base, whose alpha and
 *              mu are -s and -t exp(-s)
 *     spline   the rational-quadratic spline of Durkan et al. 2019
 */
#include "modules/learn/coupling.h"

enum { AFFINE, SPLINE };
static const char *const transforms[] = {"affine", "spline", NULL};

struct config {
    int transform;
    struct sl_conditioner_config conditioner;
    struct sl_affine_config affine;
    struct sl_spline_config spline;
};

static const struct sl_field fields[] = {
    SL_WORD(struct config, transform, AFFINE, transforms,
            "of each column; s_max belongs to affine, bins, box and least_... to spline"),
    SL_INCLUDE(struct config, conditioner, struct sl_conditioner_config,
               sl_conditioner_fields),
    SL_INCLUDE(struct config, affine, struct sl_affine_config, sl_affine_fields),
    SL_INCLUDE(struct config, spline, struct sl_spline_config, sl_spline_fields),
    SL_FIELD_END,
};

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    const struct config *c = layer->config;
    struct sl_coupling *coupling = SL_NEW(layer->arena, struct sl_coupling);

    if (c->transform == SPLINE)
        SL_TRY(sl_spline_check(&c->spline, err));
    coupling->transform = c->transform == SPLINE ? SL_R(sl_spline_transform)(&c->spline)
                                                 : SL_R(sl_affine_transform)(&c->affine);
    return sl_autoregressive_make(layer, coupling, &c->conditioner,
                                  SL_REAL_TYPE == SL_F64, err);
}

const struct sl_layer_class SL_R(layer_autoregressive) = {
    .entry = {.name = "autoregressive",
              .summary = "each column is transformed by those before it (MAF)",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .by_rows = true,
    .shape = shape,
    .init = sl_coupling_init,
    .forward = SL_R(sl_coupling_forward),
    .backward = SL_R(sl_coupling_backward),
    .inverse = SL_R(sl_autoregressive_inverse),
    .parts = sl_coupling_parts,
};
