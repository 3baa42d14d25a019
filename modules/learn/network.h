/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_NETWORK_H
#define SL_LEARN_NETWORK_H

#include "modules/learn/layer.h"
#include "modules/learn/seats.h"
#include "modules/learn/spans.h"
#include "runner/store/dataset.h"
#include "runner/tensor/tensor.h"

/*
 * Layers in order, over float32 or float64. A network describes; it holds neither
 * parameters nor activations, so any number of threads may use one at the same time.
 *
 * theta       the parameters of all layers in order, one array of reals
 * parameters  reals in theta
 */
struct sl_network {
    struct sl_arena *arena; /* holds the layers */
    bool f64;
    bool flow;      /* all of the layers are a flow's */
    size_t in, out; /* columns; out is that of the last layer so far */
    size_t parameters;
    size_t n, capacity;
    struct sl_layer *layers;
};

void sl_network_init(struct sl_network *network, struct sl_arena *arena, size_t in,
                     bool f64);

/* Bytes of one real. */
size_t sl_network_real(const struct sl_network *network);

/* Appends a layer. name is copied; it is what messages and the record call the layer.
 * SL_ERR_SHAPE if it doesn't fit behind the ones before, SL_ERR_CONFIG at the choice's
 * place if it doesn't come in the network's precision. */
enum sl_status sl_network_add(struct sl_network *network, const char *name,
                              const struct sl_choice *choice, struct sl_error *err);

/* The built-in layer `type` with one of its keys set, all else at its defaults. */
struct sl_setting {
    const char *type, *key, *value; /* value as YAML; key NULL: none is set */
};
enum sl_status sl_network_add_set(struct sl_network *network, const char *name,
                                  const struct sl_setting *setting, struct sl_error *err);

/* The same with `units: units`. */
enum sl_status sl_network_add_units(struct sl_network *network, const char *name,
                                    const char *type, int64_t units,
                                    struct sl_error *err);

/* Initial parameters; layer i draws from substream i. */
void sl_network_start(const struct sl_network *network, const struct sl_stream *stream,
                      void *theta);
/* Layers that set themselves by the first rows of a training do so, in order, by x (n x
 * in) as it reaches them. SL_ERR_MEMORY. */
enum sl_status sl_network_settle(const struct sl_network *network, size_t n,
                                 const void *x, struct sl_pool *pool, void *theta,
                                 struct sl_error *err);
bool sl_network_settles(const struct sl_network *network);

/* What one thread needs to run a network over up to `rows` rows. */
struct sl_network_work {
    const struct sl_network *network;
    size_t rows;
    void **y;    /* of each layer; shared with the one before where that is in place */
    void **kept; /* of each layer, or NULL */
    void *gradients[2];
};

/* Memory is the arena's; gradients are reserved for training alone. SL_ERR_MEMORY. */
enum sl_status sl_network_work_new(struct sl_network_work *work,
                                   const struct sl_network *network, size_t rows,
                                   bool training, struct sl_arena *arena,
                                   struct sl_error *err);

/*
 * A batch on its way through a network.
 *
 * x          n x in, never written
 * stream     of the layers' own draws in training; batch b of a training has iteration b
 * log_det    n, of a flow alone: the layers' log-determinants are added to it
 * dlog_det   n, of a flow alone, for backward: gradient of the loss by log_det
 * density    of a flow alone: log_det becomes ln p(x) for a standard normal base, its
 *            density of y being added. What forward returns is then of no use, and
 *            backward takes no dy: dlog_det, the gradient by ln p(x), is all
 */
struct sl_network_pass {
    size_t n;     /* at most work->rows */
    size_t first; /* place of row 0 in the batch, where this is a part of one */
    const void *x, *theta;
    bool training, density;
    uint64_t iteration;
    struct sl_stream stream;
    struct sl_pool *pool;
    void *log_det;
    const void *dlog_det;
};

/* Returns y, n x out, in work. */
const void *sl_network_forward(const struct sl_network_work *work,
                               const struct sl_network_pass *pass);

/* Where the gradient by y, n x out, has to stand before backward. */
void *sl_network_dy(const struct sl_network_work *work);

/* After forward of the same pass: dtheta is overwritten; dx (n x in) too unless NULL. */
void sl_network_backward(const struct sl_network_work *work,
                         const struct sl_network_pass *pass, void *dtheta, void *dx);

/* After theta was updated by the gradient of the last pass: layers that follow the rows
 * (sl_layer_class.track) do so. */
void sl_network_track(const struct sl_network_work *work, void *theta);

/* The way back through a flow: call->x (n x in) of call->y (n x out), through all layers;
 * x may be y. SL_ERR_NUMERIC where a row has none, SL_ERR_MEMORY. */
enum sl_status sl_network_inverse(const struct sl_network *network,
                                  const struct sl_inverse *call, struct sl_error *err);

/*
 * Runs rows of a data set through a network in evaluation mode, SL_NETWORK_CHUNK rows at a
 * time, several chunks at once. use gets the place of a chunk's first row among the rows,
 * their x and y, or, of a flow, ln p(x) in the place of y (see density above); it is
 * called once a chunk, in no order, from several threads. What layers draw in evaluation
 * depends on a row's place.
 */
#define SL_NETWORK_CHUNK 256

/* Rows that a thread goes through at once, whole chunks of them: as many as are worth its
 * waking, by what a row takes of parameters and columns. */
size_t sl_network_tile(const struct sl_network *network);

struct sl_network_chunk {
    size_t first, n;
    const void *x, *y;    /* n x in, n x out; y NULL of a flow */
    const void *log_p;    /* n; NULL but of a flow */
    struct sl_pool *pool; /* of one thread, or NULL */
};
typedef void sl_network_use(void *context, const struct sl_network_chunk *chunk);

enum sl_status sl_network_map(const struct sl_network *network, const void *theta,
                              const struct sl_rows *rows, struct sl_pool *pool,
                              sl_network_use *use, void *context, struct sl_error *err);

/* The same in room that was made before, for any number of calls: no memory is taken. Rows have
 * the network's columns. */
struct sl_network_room {
    const struct sl_network *network;
    struct sl_seats seats;
    struct sl_network_lane *lanes; /* of each seat */
};
enum sl_status sl_network_room_new(struct sl_network_room *room,
                                   const struct sl_network *network,
                                   const struct sl_room_for *most, struct sl_arena *arena,
                                   struct sl_error *err);
void sl_network_map_in(const struct sl_network_room *room, const void *theta,
                       const struct sl_rows *rows, struct sl_pool *pool,
                       sl_network_use *use, void *context);

/* Bytes that a training by batches of `rows` takes: parameters, their gradient and two
 * moments, activations and gradients. */
size_t sl_network_bytes(const struct sl_network *network, size_t rows);

/* The layers in evaluation as nodes of a graph, from x (n x in) of the network's real.
 * Refuses a layer that has none. */
struct sl_graph;
const char *sl_network_graph(const struct sl_network *network, const void *theta,
                             struct sl_graph *graph, const char *x);

/* theta as named tensors, "LAYER.PART" ("encoder.0.weight"), and back. pack: SL_ERR_MEMORY.
 * unpack converts between float32 and float64; SL_ERR_SHAPE names a tensor that is missing
 * or of another shape. */
enum sl_status sl_network_pack(const struct sl_network *network, const void *theta,
                               struct sl_bundle *bundle, struct sl_error *err);
enum sl_status sl_network_unpack(const struct sl_network *network,
                                 const struct sl_bundle *bundle, void *theta,
                                 struct sl_error *err);

/* Adds what weight decay applies to: the matrices of all layers that a training moves, in a
 * theta where the network's begins at `first`. Memory is the network's. */
void sl_network_decayed(const struct sl_network *network, size_t first,
                        struct sl_spans *spans);

#endif
