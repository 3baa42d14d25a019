/* SPDX-License-Identifier: MIT */
/* What networks do that are flows. */
#include <string.h>

#include "modules/learn/network.h"

static void *
theta_of(const struct sl_network *network, const struct sl_layer *layer,
         const void *theta)
{
    return (char *)theta + layer->offset * sl_network_real(network);
}

bool
sl_network_settles(const struct sl_network *network)
{
    for (size_t i = 0; i < network->n; i++)
        if (network->layers[i].class->settle)
            return true;
    return false;
}

/* Rows go through layer i in place, SL_NETWORK_CHUNK at a time. x: n x in */
static enum sl_status
pass_layer(const struct sl_network *network, size_t i, size_t n, void *x,
           struct sl_pool *pool, const void *theta, struct sl_error *err)
{
    struct sl_network one = *network;
    size_t row = network->in * sl_network_real(network);
    double log_det[SL_NETWORK_CHUNK] = {0}; /* room for either real */
    struct sl_network_work work;
    struct sl_arena arena;
    enum sl_status status;

    one.layers += i;
    one.n = 1;
    sl_arena_init(&arena);
    status = sl_network_work_new(&work, &one, SL_NETWORK_CHUNK, false, &arena, err);
    for (size_t first = 0; status == SL_OK && first < n; first += SL_NETWORK_CHUNK) {
        struct sl_network_pass pass = {
            .n = n - first < SL_NETWORK_CHUNK ? n - first : SL_NETWORK_CHUNK,
            .x = (char *)x + first * row,
            .theta = theta,
            .pool = pool,
            .log_det = log_det,
        };
        memcpy((char *)x + first * row, sl_network_forward(&work, &pass), pass.n * row);
    }
    sl_arena_release(&arena);
    return status;
}

/* Each layer sees what those before it, as they have settled, make of the rows. x is
 * overwritten. */
static enum sl_status
settle_layers(const struct sl_network *network, size_t n, void *x, struct sl_pool *pool,
              void *theta, struct sl_error *err)
{
    size_t last = network->n;

    while (last > 0 && !network->layers[last - 1].class->settle)
        last--;
    for (size_t i = 0; i < last; i++) {
        const struct sl_layer *layer = &network->layers[i];
        if (layer->class->settle)
            layer->class->settle(layer, n, x, theta_of(network, layer, theta));
        if (i + 1 < last)
            SL_TRY(pass_layer(network, i, n, x, pool, theta, err));
    }
    return SL_OK;
}

enum sl_status
sl_network_settle(const struct sl_network *network, size_t n, const void *x,
                  struct sl_pool *pool, void *theta, struct sl_error *err)
{
    size_t row = network->in * sl_network_real(network);
    struct sl_arena arena;
    enum sl_status status = SL_OK;
    void *rows;

    if (!sl_network_settles(network))
        return SL_OK;
    sl_arena_init(&arena);
    rows = sl_arena_array(&arena, n, row);
    if (rows) {
        memcpy(rows, x, n * row);
        status = settle_layers(network, n, rows, pool, theta, err);
    } else {
        status = sl_fail(err, SL_ERR_MEMORY, "no memory for %zu rows", n);
    }
    sl_arena_release(&arena);
    return status;
}

/* A layer's x may not be its y, so rows go to and fro between two buffers. */
static enum sl_status
inverse_layers(const struct sl_network *network, const struct sl_inverse *call,
               void *buffers[2], struct sl_error *err)
{
    struct sl_inverse part = *call;
    size_t at = 0;

    for (size_t i = network->n; i-- > 0;) {
        const struct sl_layer *layer = &network->layers[i];
        part.theta = theta_of(network, layer, call->theta);
        part.x = buffers[at];
        if (layer->class->inverse(layer, &part, err))
            return sl_error_context(err, "layer '%s'", layer->name);
        part.y = part.x;
        at ^= 1;
    }
    memmove(call->x, part.y, call->n * network->in * sl_network_real(network));
    return SL_OK;
}

enum sl_status
sl_network_inverse(const struct sl_network *network, const struct sl_inverse *call,
                   struct sl_error *err)
{
    size_t bytes = network->in * sl_network_real(network);
    void *buffers[2];
    struct sl_arena arena;
    enum sl_status status;

    sl_arena_init(&arena);
    buffers[0] = sl_arena_array(&arena, call->n, bytes);
    buffers[1] = sl_arena_array(&arena, call->n, bytes);
    if (buffers[0] && buffers[1])
        status = inverse_layers(network, call, buffers, err);
    else
        status = sl_fail(err, SL_ERR_MEMORY, "no memory for %zu rows of %zu columns",
                         call->n, network->in);
    sl_arena_release(&arena);
    return status;
}
