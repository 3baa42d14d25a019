/* SPDX-License-Identifier: MIT */
/* The columns in another order, y_j = x_p(j); ln |det| is 0. */
#include "modules/learn/index_set.h"

enum { REVERSE, RANDOM };
static const char *const orders[] = {"reverse", "random", NULL};

struct config {
    struct sl_word_or_ints order;
    uint64_t seed;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, order, struct sl_word_or_ints, SL_TYPE_WORD_OR_INTS,
             .text = "reverse", .words = orders, .low = 0, .high = 1e6,
             .help = "which column comes first, second, ..., counted from 0"),
    SL_FIELD(struct config, seed, uint64_t, SL_TYPE_SEED, .number = 1,
             .help = "of a random order; the layer's name enters as well"),
    SL_FIELD_END,
};

static enum sl_status
check_list(const struct sl_word_or_ints *order, const struct sl_layer *layer,
           struct sl_error *err)
{
    bool *seen = sl_arena_alloc(layer->arena, layer->in * sizeof *seen);
    size_t d = layer->in;

    if (order->list.n != d)
        return sl_fail_at(err, order->mark, "order names %zu columns of %zu",
                          order->list.n, d);
    for (size_t j = 0; j < d; j++) {
        int64_t column = order->list.at[j];
        if ((uint64_t)column >= d)
            return sl_fail_at(err, order->mark,
                              "order has column %lld; there are columns 0..%zu",
                              (long long)column, d - 1);
        if (seen[column])
            return sl_fail_at(err, order->mark, "order has column %lld twice",
                              (long long)column);
        seen[column] = true;
    }
    return SL_OK;
}

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    const struct config *c = layer->config;
    size_t d = layer->in;
    uint32_t *order = sl_arena_alloc(layer->arena, d * sizeof *order);

    if (c->order.word < 0)
        SL_TRY(check_list(&c->order, layer, err));
    for (size_t j = 0; j < d; j++)
        order[j] =
            c->order.word < 0 ? (uint32_t)c->order.list.at[j] : (uint32_t)(d - 1 - j);
    layer->state = c->order.word == RANDOM ? sl_index_shuffle(c->seed, layer) : order;
    layer->out = d;
    return SL_OK;
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    size_t d = layer->in;

    SL_R(sl_columns_take)(pass->n, d, pass->x, d, layer->state, pass->y);
}

static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    size_t d = layer->in;

    if (pass->dx)
        SL_R(sl_columns_put)(pass->n, d, layer->state, pass->dy, d, pass->dx);
}

static enum sl_status
inverse(const struct sl_layer *layer, const struct sl_inverse *call, struct sl_error *err)
{
    size_t d = layer->in;

    (void)err;
    SL_R(sl_columns_put)(call->n, d, layer->state, call->y, d, call->x);
    return SL_OK;
}

const struct sl_layer_class SL_R(layer_permutation) = {
    .entry = {.name = "permutation",
              .summary = "the columns in another order",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .by_rows = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .inverse = inverse,
};
