/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_LAYER_H
#define SL_LEARN_LAYER_H

#include <stdbool.h>

#include "runner/base/rng.h"
#include "runner/config/field.h"
#include "runner/parallel/pool.h"
#include "runner/tensor/real.h"

/*
 * A layer is a table of operations over arrays of `real`: float32 or float64, whichever
 * the network has. A layer's file is compiled once for each (runner/tensor/real.h).
 */

struct sl_layer_class;
struct sl_graph;

/* A layer at its place in a network. */
struct sl_layer {
    const char *name; /* the network's word for it: "encoder.0" */
    const struct sl_layer_class *class;
    const void *config;
    size_t in, out;    /* columns */
    size_t parameters; /* reals in theta */
    size_t offset;     /* of its theta in the network's, in reals */
    size_t kept;       /* reals a row that forward leaves for backward, besides x and y */
    size_t scratch;    /* reals that a pass needs besides, whatever the number of rows */
    size_t
        borrows; /* it uses the parameters of the layer whose theta begins so many reals
                       before its own; 0: its own alone */
    bool lends;  /* and that is one whose parameters are used so */
    struct sl_arena *arena; /* as long as the network: for what shape makes */
    const void *state;      /* made by shape, of no use to others */
};

/*
 * One pass over a batch. Arrays are row-major and dense, of the network's real.
 *
 * x      n x in     input
 * y      n x out    output; of an in-place layer it may be x
 * kept   scratch, then n x kept: what forward leaves for backward, and room to work in
 * theta  parameters
 * dy     n x out    gradient of the loss by y; of an in-place layer dx may be dy
 * dx     n x in     gradient by x, to be overwritten; NULL: nobody asks for it
 * dtheta parameters gradient by theta, to be overwritten; of a layer that lends, its first
 *        parameters' holds that of the borrower already, and is added to
 *
 * In a flow, besides:
 *
 * log_det  n        natural log of |det dy/dx| of each row: added to, not overwritten
 * dlog_det n        gradient of the loss by log_det
 * density           see sl_layer_class.density
 */
struct sl_pass {
    size_t n;
    size_t first; /* place of row 0 in its batch, of which this may be a part */
    bool training;
    bool density;
    struct sl_pool *pool;
    struct sl_stream stream; /* the layer's own, for this batch */
    const void *x, *theta, *dy;
    void *y, *kept, *dx, *dtheta;
    void *log_det;
    const void *dlog_det;
};

/* The way back through a layer of a flow. */
struct sl_inverse {
    size_t n;
    struct sl_pool *pool;
    const void *y, *theta;
    void *x;
};

/* A part of theta, for the record: "weight", rows x columns; a vector has columns 0. */
struct sl_layer_part {
    const char *name;
    size_t rows, columns;
};
#define SL_LAYER_PARTS 32

/*
 * Three tables hold layers. SL_LAYER: those that models put where they need them, or code
 * does. SL_ACTIVATION: what a file may choose to stand behind a layer; out == in, there are
 * no parameters, and each number goes its own way, whatever its row and column.
 * SL_FLOW_LAYER: out == in, forward adds to log_det, backward heeds dlog_det, and there is
 * an inverse; used in float64 alone, whatever the training's precision.
 */
struct sl_layer_class {
    struct sl_entry entry;
    bool in_place; /* out == in, y may be x, and backward needs y alone, or kept */

    /* From in and config: sets out, parameters, kept. SL_ERR_SHAPE says what doesn't fit. */
    enum sl_status (*shape)(struct sl_layer *layer, struct sl_error *err);
    /* Fills theta; NULL where there are no parameters. */
    void (*init)(const struct sl_layer *layer, struct sl_stream *stream, void *theta);
    void (*forward)(const struct sl_layer *layer, const struct sl_pass *pass);
    void (*backward)(const struct sl_layer *layer, const struct sl_pass *pass);
    /* Optional: after an update of theta by the gradient of a pass, with what that pass left
     * in kept: sets the parts of theta that follow the rows and not the loss, whose gradient
     * is 0. Nothing else writes them for good. */
    void (*track)(const struct sl_layer *layer, const void *kept, void *theta);
    /* The parts of theta in order, at most SL_LAYER_PARTS; returns how many. NULL: none. */
    size_t (*parts)(const struct sl_layer *layer, struct sl_layer_part *parts);

    /* Optional: in evaluation, as nodes of a graph. x, and what is returned, are names in
     * it; theta is at hand as tensors of the layer's real. */
    const char *(*graph)(const struct sl_layer *layer, const void *theta,
                         struct sl_graph *graph, const char *x);

    /* x (n x in) of y (n x out). SL_ERR_NUMERIC where a row has none. */
    enum sl_status (*inverse)(const struct sl_layer *layer, const struct sl_inverse *call,
                              struct sl_error *err);
    /*
     * A flow's layer that can, behind all others, state the density itself, where that is
     * more exact or cheaper than by way of y. In a pass with `density` set, forward adds
     * ln of the standard normal density of y to log_det as well and need not fill y, and
     * backward gets no dy: dlog_det is all. In evaluation its log_det may be NULL: then
     * nobody asks for it.
     */
    bool density;
    /* A row and its place in the batch decide what becomes of it, in training too, and the
     * gradient by theta is a sum over rows: a batch may go through in parts. */
    bool by_rows;
    /* Makes whole numbers continuous, so that a density over them is bounded. */
    bool dequantises;
    /* Nothing moves theta but settle: backward leaves zeros in dtheta. */
    bool settled;
    /* Optional: sets theta by the first rows that reach it, x (n x in), before training. */
    void (*settle)(const struct sl_layer *layer, size_t n, const void *x, void *theta);
};

#endif
