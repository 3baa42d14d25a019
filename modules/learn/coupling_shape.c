/* SPDX-License-Identifier: MIT */
/* What of couplings knows no precision. */
#include "modules/learn/coupling.h"

/* The arrays of coupling.c: four of the moved columns, behind the conditioner's, and what
 * their transforms keep. */
static void
settle_shape(struct sl_layer *layer, const struct sl_coupling *coupling)
{
    layer->out = layer->in;
    layer->parameters = coupling->conditioner.network.parameters;
    layer->scratch = sl_conditioner_scratch(&coupling->conditioner);
    layer->kept = sl_conditioner_kept(&coupling->conditioner) +
                  (4 + coupling->transform.kept) * coupling->moved.n;
    layer->state = coupling;
}

enum sl_status
sl_coupling_make(struct sl_layer *layer, struct sl_coupling *coupling,
                 const struct sl_conditioner_config *config,
                 const struct sl_index_set *set, bool f64, struct sl_error *err)
{
    size_t outputs = set->m * coupling->transform.parameters;

    coupling->seen = coupling->stay = (struct sl_columns){set->n, set->in};
    coupling->moved = (struct sl_columns){set->m, set->out};
    SL_TRY(sl_conditioner_make(&coupling->conditioner, config, layer, set->n, outputs,
                               f64, err));
    settle_shape(layer, coupling);
    return SL_OK;
}

enum sl_status
sl_autoregressive_make(struct sl_layer *layer, struct sl_coupling *coupling,
                       const struct sl_conditioner_config *config, bool f64,
                       struct sl_error *err)
{
    uint32_t *all = sl_arena_alloc(layer->arena, layer->in * sizeof *all);

    for (size_t i = 0; i < layer->in; i++)
        all[i] = (uint32_t)i;
    coupling->seen = coupling->moved = (struct sl_columns){layer->in, all};
    coupling->stay = (struct sl_columns){0, all};
    SL_TRY(sl_conditioner_make_masked(&coupling->conditioner, config, layer,
                                      coupling->transform.parameters, f64, err));
    settle_shape(layer, coupling);
    return SL_OK;
}

void
sl_coupling_init(const struct sl_layer *layer, struct sl_stream *stream, void *theta)
{
    const struct sl_coupling *c = layer->state;

    sl_conditioner_start(&c->conditioner, stream, theta);
}

size_t
sl_coupling_parts(const struct sl_layer *layer, struct sl_layer_part *parts)
{
    const struct sl_coupling *c = layer->state;

    for (size_t i = 0; i < c->conditioner.parts; i++)
        parts[i] = c->conditioner.part[i];
    return c->conditioner.parts;
}
