/* SPDX-License-Identifier: MIT */
/* A network's parameters as named tensors, and back. */
#include <string.h>

#include "modules/learn/network.h"
#include "runner/store/graph.h"

/* A part of a layer at its place in theta. */
static struct sl_item
part_item(const struct sl_network *network, const struct sl_layer *layer,
          const struct sl_layer_part *part, const void *theta, struct sl_arena *arena)
{
    enum sl_dtype type = network->f64 ? SL_F64 : SL_F32;
    struct sl_item item = {.name =
                               sl_arena_format(arena, "%s.%s", layer->name, part->name)};

    if (part->columns)
        item.tensor = sl_tensor_matrix(type, (void *)theta, part->rows, part->columns);
    else
        item.tensor = sl_tensor_vector(type, (void *)theta, part->rows);
    return item;
}

typedef enum sl_status visit_fn(void *context, struct sl_item *item,
                                struct sl_error *err);

static enum sl_status
each_part(const struct sl_network *network, const void *theta, struct sl_arena *arena,
          visit_fn *visit, void *context, struct sl_error *err)
{
    for (size_t i = 0; i < network->n; i++) {
        const struct sl_layer *layer = &network->layers[i];
        struct sl_layer_part parts[SL_LAYER_PARTS];
        size_t n = layer->class->parts ? layer->class->parts(layer, parts) : 0;
        const char *at = (const char *)theta + layer->offset * sl_network_real(network);
        for (size_t k = 0; k < n; k++) {
            struct sl_item item = part_item(network, layer, &parts[k], at, arena);
            SL_TRY(visit(context, &item, err));
            at += sl_tensor_bytes(&item.tensor);
        }
    }
    return SL_OK;
}

static enum sl_status
pack_part(void *context, struct sl_item *item, struct sl_error *err)
{
    return sl_bundle_add(context, item, err);
}

enum sl_status
sl_network_pack(const struct sl_network *network, const void *theta,
                struct sl_bundle *bundle, struct sl_error *err)
{
    return each_part(network, theta, bundle->arena, pack_part, bundle, err);
}

static bool
same_shape(const struct sl_tensor *a, const struct sl_tensor *b)
{
    return a->rank == b->rank &&
           memcmp(a->shape, b->shape, a->rank * sizeof *a->shape) == 0;
}

static bool
is_real(const struct sl_tensor *tensor)
{
    return tensor->type == SL_F32 || tensor->type == SL_F64;
}

static void
convert(const struct sl_tensor *from, const struct sl_tensor *to)
{
    size_t n = sl_tensor_count(to);

    if (from->type == to->type) {
        memcpy(to->data, from->data, sl_tensor_bytes(to));
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (to->type == SL_F64)
            ((double *)to->data)[i] = sl_tensor_at(from, i);
        else
            ((float *)to->data)[i] = (float)sl_tensor_at(from, i);
    }
}

static enum sl_status
unpack_part(void *context, struct sl_item *item, struct sl_error *err)
{
    const struct sl_bundle *bundle = context;
    const struct sl_item *stored = sl_bundle_find(bundle, item->name);

    if (!stored)
        return sl_fail(err, SL_ERR_SHAPE, "the model has no parameters '%s'", item->name);
    if (!is_real(&stored->tensor) || !same_shape(&stored->tensor, &item->tensor))
        return sl_fail(err, SL_ERR_SHAPE,
                       "parameters '%s' are not of the shape that the configuration asks "
                       "for",
                       item->name);
    convert(&stored->tensor, &item->tensor);
    return SL_OK;
}

enum sl_status
sl_network_unpack(const struct sl_network *network, const struct sl_bundle *bundle,
                  void *theta, struct sl_error *err)
{
    return each_part(network, theta, network->arena, unpack_part, (void *)bundle, err);
}

void
sl_network_decayed(const struct sl_network *network, size_t first, struct sl_spans *spans)
{
    for (size_t i = 0; i < network->n; i++) {
        const struct sl_layer *layer = &network->layers[i];
        struct sl_layer_part parts[SL_LAYER_PARTS];
        size_t n = layer->class->parts ? layer->class->parts(layer, parts) : 0;
        size_t at = first + layer->offset;
        for (size_t k = 0; k < n; k++) {
            size_t columns = parts[k].columns;
            if (columns && !layer->class->settled)
                sl_spans_add(spans, network->arena, at, parts[k].rows * columns);
            at += parts[k].rows * (columns ? columns : 1);
        }
    }
}

const char *
sl_network_graph(const struct sl_network *network, const void *theta,
                 struct sl_graph *graph, const char *x)
{
    for (size_t i = 0; i < network->n && x; i++) {
        const struct sl_layer *layer = &network->layers[i];
        const char *at = (const char *)theta + layer->offset * sl_network_real(network);

        x = layer->class->graph
                ? layer->class->graph(layer, at, graph, x)
                : sl_graph_refuse(graph, "layer '%s' (%s) has no form in ONNX",
                                  layer->name, layer->class->entry.name);
    }
    return x;
}
