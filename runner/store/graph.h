/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_GRAPH_H
#define SL_STORE_GRAPH_H

#include <stdbool.h>

#include "runner/tensor/tensor.h"

/*
 * A model as a graph of operators, for other programs to run: ONNX's, of operator set 13.
 * Values have names; every node makes one. Rows are the first dimension of every value.
 */
struct sl_graph_node {
    const char *op, *output;
    size_t n;
    const char *inputs[3];
    const char *attribute; /* NULL: none */
    int64_t value;         /* of it */
    bool listed;           /* the value is a list of one */
};

struct sl_graph_value {
    const char *name;
    enum sl_dtype type; /* SL_F32, SL_F64, or SL_U8: a boolean */
    size_t columns;     /* n x columns; 0: n */
    const char *help;
};

struct sl_graph {
    struct sl_arena *arena;
    size_t n, capacity;
    struct sl_graph_node *nodes;
    struct sl_bundle constants;
    struct sl_graph_value input;
    size_t outputs;
    struct sl_graph_value output[4];
    const char *refused; /* why the graph can't be made; NULL: it can */
};

void sl_graph_init(struct sl_graph *graph, struct sl_arena *arena);

/* A node of op with one or two inputs; returns the name of what it makes. */
const char *sl_graph_node(struct sl_graph *graph, const char *op, const char *a,
                          const char *b);
/* As above, of the node that was added last: an integer attribute, or a list of one. */
void sl_graph_attribute(struct sl_graph *graph, const char *name, int64_t value,
                        bool listed);
/* a b + c with b transposed, for b out x in and c out. */
const char *sl_graph_dense(struct sl_graph *graph, const char *a, const char *weight,
                           const char *bias);
const char *sl_graph_cast(struct sl_graph *graph, const char *a, enum sl_dtype type);
/* n x 1 as n. */
const char *sl_graph_reshape_rows(struct sl_graph *graph, const char *a);
/* The mean over columns: n x d as n. */
const char *sl_graph_row_mean(struct sl_graph *graph, const char *a);
/* A constant, copied; float32, float64 or int64. Returns its name. */
const char *sl_graph_constant(struct sl_graph *graph, const char *name,
                              const struct sl_tensor *tensor);
const char *sl_graph_number(struct sl_graph *graph, const char *name, double value);
/* Gives a value its name as an output. */
void sl_graph_output(struct sl_graph *graph, const char *from,
                     const struct sl_graph_value *value);
/* What stands in the way, once. Returns NULL. */
const char *sl_graph_refuse(struct sl_graph *graph, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* As a model of ONNX, IR version 7. Its messages are written by hand: eight kinds of them,
 * and none is ever read. metadata: pairs of texts, n of them. */
struct sl_text;
void sl_onnx_write(const struct sl_graph *graph, const char *const (*metadata)[2],
                   size_t n, struct sl_text *out);

#endif
