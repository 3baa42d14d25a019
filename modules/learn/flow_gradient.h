/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_FLOW_GRADIENT_H
#define SL_LEARN_FLOW_GRADIENT_H

#include "modules/learn/network.h"

/*
 * The gradient of a flow's density over a batch, piece by piece: a few rows go through all
 * layers and back while they are in a core's cache, several pieces at once, so that threads
 * meet once a batch and not at each layer. The pieces' gradients are added in their order.
 *
 * Where a layer looks at the batch as a whole (sl_layer_class.by_rows), or parameters are so
 * many that a gradient for each piece costs more than it gains, the batch is one piece, in
 * which layers share their work out.
 *
 * Rows and parameters alone decide the pieces.
 */
struct sl_flow_gradient {
    const struct sl_network *network;
    size_t piece;                 /* rows */
    size_t pieces;                /* of a batch as large as it may be */
    struct sl_network_work *work; /* of each piece */
    void **dtheta;                /* of each piece but the first */
    void **chunk;                 /* of each piece: of a part of its rows; or NULL */
};

/* For batches of up to `rows`. Memory is the arena's. SL_ERR_MEMORY. */
enum sl_status sl_flow_gradient_new(struct sl_flow_gradient *gradient,
                                    const struct sl_network *network, size_t rows,
                                    struct sl_arena *arena, struct sl_error *err);

/* The pass is one for a density; its log_det is overwritten with ln p(x), then dtheta with
 * the gradient for the pass's dlog_det. */
void sl_flow_gradient(const struct sl_flow_gradient *gradient,
                      const struct sl_network_pass *pass, void *dtheta);

/* Bytes of a training by batches of `rows`, as sl_network_bytes. */
size_t sl_flow_gradient_bytes(const struct sl_network *network, size_t rows);

#endif
