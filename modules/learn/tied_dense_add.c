/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <string.h>

#include "modules/learn/tied_dense.h"

extern const struct sl_layer_class sl_tied_dense_f32, sl_tied_dense_f64;
static const struct sl_row tied_dense_row = {
    .table = SL_LAYER, .as = {&sl_tied_dense_f32.entry, &sl_tied_dense_f64.entry}};

static struct sl_layer *
find(const struct sl_network *network, const char *name)
{
    for (size_t i = 0; i < network->n; i++)
        if (strcmp(network->layers[i].name, name) == 0)
            return &network->layers[i];
    return NULL;
}

enum sl_status
sl_network_add_tied(struct sl_network *network, const char *name, const char *lender,
                    struct sl_error *err)
{
    struct sl_layer *from = find(network, lender);
    struct sl_tied_dense *config = SL_NEW(network->arena, struct sl_tied_dense);
    struct sl_choice choice = {.row = &tied_dense_row, .config = config};

    assert(from && !from->lends);
    if (from->out != network->out)
        return sl_fail(err, SL_ERR_SHAPE,
                       "layer '%s' is tied to '%s', which makes %zu columns of %zu; it "
                       "gets %zu",
                       name, lender, from->out, from->in, network->out);
    *config = (struct sl_tied_dense){from->in, from->offset};
    from->lends = true;
    return sl_network_add(network, name, &choice, err);
}
