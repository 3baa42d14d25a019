/* SPDX-License-Identifier: MIT */
#include "runner/store/graph.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
sl_graph_init(struct sl_graph *graph, struct sl_arena *arena)
{
    *graph = (struct sl_graph){.arena = arena};
    sl_bundle_init(&graph->constants, arena);
}

static struct sl_graph_node *
add(struct sl_graph *graph, const char *op)
{
    struct sl_graph_node *node;

    if (graph->n == graph->capacity) {
        struct sl_graph_node *more;
        graph->capacity = graph->capacity ? 2 * graph->capacity : 32;
        more = sl_arena_alloc(graph->arena, graph->capacity * sizeof *more);
        if (graph->n)
            memcpy(more, graph->nodes, graph->n * sizeof *more);
        graph->nodes = more;
    }
    node = &graph->nodes[graph->n++];
    *node = (struct sl_graph_node){
        .op = op, .output = sl_arena_format(graph->arena, "v%zu", graph->n)};
    return node;
}

const char *
sl_graph_node(struct sl_graph *graph, const char *op, const char *a, const char *b)
{
    struct sl_graph_node *node = add(graph, op);

    node->inputs[node->n++] = a;
    if (b)
        node->inputs[node->n++] = b;
    return node->output;
}

void
sl_graph_attribute(struct sl_graph *graph, const char *name, int64_t value, bool listed)
{
    struct sl_graph_node *node = &graph->nodes[graph->n - 1];

    node->attribute = name;
    node->value = value;
    node->listed = listed;
}

const char *
sl_graph_dense(struct sl_graph *graph, const char *a, const char *weight,
               const char *bias)
{
    const char *y = sl_graph_node(graph, "Gemm", a, weight);
    struct sl_graph_node *node = &graph->nodes[graph->n - 1];

    node->inputs[node->n++] = bias;
    sl_graph_attribute(graph, "transB", 1, false);
    return y;
}

/* TensorProto.DataType */
static int64_t
code_of(enum sl_dtype type)
{
    return type == SL_F32 ? 1 : type == SL_F64 ? 11 : type == SL_I64 ? 7 : 9;
}

const char *
sl_graph_cast(struct sl_graph *graph, const char *a, enum sl_dtype type)
{
    const char *y = sl_graph_node(graph, "Cast", a, NULL);

    sl_graph_attribute(graph, "to", code_of(type), false);
    return y;
}

const char *
sl_graph_reshape_rows(struct sl_graph *graph, const char *a)
{
    struct sl_tensor shape = sl_tensor_vector(SL_I64, &(int64_t){-1}, 1);

    return sl_graph_node(graph, "Reshape", a, sl_graph_constant(graph, "rows", &shape));
}

const char *
sl_graph_row_mean(struct sl_graph *graph, const char *a)
{
    const char *mean = sl_graph_node(graph, "ReduceMean", a, NULL);

    sl_graph_attribute(graph, "axes", 1, true);
    return sl_graph_reshape_rows(graph, mean);
}

const char *
sl_graph_constant(struct sl_graph *graph, const char *name,
                  const struct sl_tensor *tensor)
{
    struct sl_item item = {.name = name, .tensor = *tensor};
    struct sl_error err;

    if (sl_bundle_add(&graph->constants, &item, &err))
        return sl_graph_refuse(graph, "%s", err.text);
    return sl_arena_string(graph->arena, name);
}

const char *
sl_graph_number(struct sl_graph *graph, const char *name, double value)
{
    struct sl_tensor tensor = {.type = SL_F64, .data = &value};

    return sl_graph_constant(graph, name, &tensor);
}

void
sl_graph_output(struct sl_graph *graph, const char *from,
                const struct sl_graph_value *value)
{
    sl_graph_node(graph, "Identity", from, NULL);
    graph->nodes[graph->n - 1].output = value->name;
    graph->output[graph->outputs++] = *value;
}

const char *
sl_graph_refuse(struct sl_graph *graph, const char *format, ...)
{
    char text[200];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!graph->refused)
        graph->refused = sl_arena_string(graph->arena, text);
    return NULL;
}
