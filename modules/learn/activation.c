/* SPDX-License-Identifier: MIT */
#include "modules/learn/activation.h"

#include <string.h>

#include "modules/learn/slice.h"
#include "runner/store/graph.h"

/* Of one number, in elements: a sigmoid takes 4 times what a sum takes. */
enum { WORK = 4 };

struct work {
    const struct sl_layer *layer;
    const struct sl_pass *pass;
    SL_R(sl_apply_fn) * apply;
    SL_R(sl_pull_fn) * pull;
};

enum sl_status
SL_R(sl_activation_shape)(struct sl_layer *layer, struct sl_error *err)
{
    (void)err;
    layer->out = layer->in;
    return SL_OK;
}

enum sl_status
SL_R(sl_activation_shape_kept)(struct sl_layer *layer, struct sl_error *err)
{
    layer->kept = layer->in;
    return SL_R(sl_activation_shape)(layer, err);
}

/* x goes first, since y may take its place. */
static void
forward_slice(void *context, size_t first, size_t count)
{
    const struct work *w = context;
    const real *x = (const real *)w->pass->x + first;

    if (w->layer->kept)
        memcpy((real *)w->pass->kept + first, x, count * sizeof *x);
    w->apply(w->layer->config, count, x, (real *)w->pass->y + first);
}

static void
backward_slice(void *context, size_t first, size_t count)
{
    const struct work *w = context;
    const real *at = w->layer->kept ? w->pass->kept : w->pass->y;

    w->pull(w->layer->config, count, at + first, (const real *)w->pass->dy + first,
            (real *)w->pass->dx + first);
}

void
SL_R(sl_activation_forward)(const struct sl_layer *layer, const struct sl_pass *pass,
                            SL_R(sl_apply_fn) * apply)
{
    struct work work = {.layer = layer, .pass = pass, .apply = apply};

    sl_row_slices(pass->pool, pass->n * layer->in, WORK, forward_slice, &work);
}

void
SL_R(sl_activation_backward)(const struct sl_layer *layer, const struct sl_pass *pass,
                             SL_R(sl_pull_fn) * pull)
{
    struct work work = {.layer = layer, .pass = pass, .pull = pull};

    if (pass->dx)
        sl_row_slices(pass->pool, pass->n * layer->in, WORK, backward_slice, &work);
}

const char *
SL_R(sl_activation_number)(const struct sl_layer *layer, struct sl_graph *graph,
                           const char *name, double value)
{
    real number = (real)value;
    struct sl_tensor tensor = {.type = SL_REAL_TYPE, .data = &number};

    return sl_graph_constant(
        graph, sl_arena_format(graph->arena, "%s.%s", layer->name, name), &tensor);
}
