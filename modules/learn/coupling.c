/* SPDX-License-Identifier: MIT */
#include "modules/learn/coupling.h"

#include <string.h>

#include "modules/learn/slice.h"

/* A layer's arrays of n rows, out of its `kept` memory. Forward leaves x and the
 * conditioner's activations; the rest has room for what either way needs. */
struct work {
    const struct sl_coupling *coupling;
    struct sl_conditioner_work conditioner;
    size_t n;
    real *x, *y, *slope; /* n x moved */
    real *dx;
    const real *u;
    real *du;
};

static void
lay(const struct sl_coupling *coupling, size_t n, void *memory, struct work *w)
{
    const struct sl_conditioner *c = &coupling->conditioner;
    size_t reals = sl_conditioner_scratch(c) + n * sl_conditioner_kept(c);
    size_t moved = n * coupling->moved.n;

    *w = (struct work){.coupling = coupling, .n = n};
    sl_conditioner_lay(c, n, memory, &w->conditioner);
    w->x = (real *)memory + reals;
    w->y = w->x + moved;
    w->slope = w->y + moved;
    w->dx = w->slope + moved;
    w->u = sl_conditioner_outputs(&w->conditioner);
    w->du = sl_conditioner_du(&w->conditioner);
}

static void
take(const struct work *w, const struct sl_columns *columns, const real *x, real *out)
{
    size_t d = w->coupling->moved.n + w->coupling->stay.n;

    SL_R(sl_columns_take)(w->n, d, x, columns->n, columns->at, out);
}

static void
put(const struct work *w, const struct sl_columns *columns, const real *x, real *out)
{
    size_t d = w->coupling->moved.n + w->coupling->stay.n;

    SL_R(sl_columns_put)(w->n, columns->n, columns->at, x, d, out);
}

/* Copies the columns that stay. */
static void
stay(const struct work *w, const real *x, real *out)
{
    const struct sl_columns *columns = &w->coupling->stay;
    size_t d = columns->n + w->coupling->moved.n;

    for (size_t i = 0; i < w->n; i++)
        for (size_t j = 0; j < columns->n; j++)
            out[i * d + columns->at[j]] = x[i * d + columns->at[j]];
}

/* ---- forward ------------------------------------------------------------------------- */

static void
map_slice(void *context, size_t first, size_t count)
{
    const struct work *w = context;
    const struct sl_transform *t = &w->coupling->transform;
    struct sl_transform_map map = {
        .n = count,
        .x = w->x + first,
        .u = w->u + first * t->parameters,
        .y = w->y + first,
        .slope = w->slope + first,
    };

    t->class->forward(t, &map);
}

static void
add_slopes(const struct work *w, real *log_det)
{
    size_t m = w->coupling->moved.n;

    for (size_t i = 0; i < w->n; i++) {
        real sum = 0;
        for (size_t j = 0; j < m; j++)
            sum += w->slope[i * m + j];
        log_det[i] += sum;
    }
}

void
SL_R(sl_coupling_forward)(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const struct sl_coupling *c = layer->state;
    struct work w;

    lay(c, pass->n, pass->kept, &w);
    take(&w, &c->seen, pass->x, w.conditioner.x);
    take(&w, &c->moved, pass->x, w.x);
    sl_conditioner_forward(&w.conditioner, pass->theta, pass->pool);
    sl_row_slices(pass->pool, pass->n * c->moved.n, c->transform.work, map_slice, &w);
    add_slopes(&w, pass->log_det);
    stay(&w, pass->x, pass->y);
    put(&w, &c->moved, w.y, pass->y);
}

/* ---- backward ------------------------------------------------------------------------ */

/* The gradients by y and slope lie where forward had y and slope. */
static void
gradient_slice(void *context, size_t first, size_t count)
{
    const struct work *w = context;
    const struct sl_transform *t = &w->coupling->transform;
    struct sl_transform_gradient gradient = {
        .n = count,
        .x = w->x + first,
        .u = w->u + first * t->parameters,
        .dy = w->y + first,
        .dslope = w->slope + first,
        .dx = w->dx + first,
        .du = w->du + first * t->parameters,
    };

    t->class->backward(t, &gradient);
}

static void
spread(const struct work *w, const real *dlog_det)
{
    size_t m = w->coupling->moved.n;

    for (size_t i = 0; i < w->n; i++)
        for (size_t j = 0; j < m; j++)
            w->slope[i * m + j] = dlog_det[i];
}

void
SL_R(sl_coupling_backward)(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const struct sl_coupling *c = layer->state;
    struct work w;

    lay(c, pass->n, pass->kept, &w);
    take(&w, &c->moved, pass->dy, w.y);
    spread(&w, pass->dlog_det);
    sl_row_slices(pass->pool, pass->n * c->moved.n, c->transform.work, gradient_slice,
                  &w);
    sl_conditioner_backward(&w.conditioner, pass->theta, pass->pool, pass->dtheta);
    if (!pass->dx)
        return;
    stay(&w, pass->dy, pass->dx);
    put(&w, &c->moved, w.dx, pass->dx);
    SL_R(sl_columns_add)
    (pass->n, c->seen.n, c->seen.at, w.conditioner.dx, layer->in, pass->dx);
}

/* ---- inverse ------------------------------------------------------------------------- */

/* Rows that go back together, in memory of their own. */
#define BLOCK 256

typedef void back_fn(const struct sl_layer *layer, const struct work *w,
                     const void *theta, const real *y, real *x);

struct inversion {
    const struct sl_layer *layer;
    const struct sl_inverse *call;
    back_fn *back;
    bool *failed; /* of each block: there was no memory */
};

static void
back_block(void *context, size_t i)
{
    const struct inversion *in = context;
    const struct sl_layer *layer = in->layer;
    size_t first = i * BLOCK, left = in->call->n - first;
    size_t n = left < BLOCK ? left : BLOCK, at = first * layer->in;
    struct sl_arena arena;
    struct work w;
    void *memory;

    sl_arena_init(&arena);
    memory = sl_arena_array(&arena, layer->scratch + n * layer->kept, sizeof(real));
    in->failed[i] = !memory;
    if (memory) {
        lay(layer->state, n, memory, &w);
        in->back(layer, &w, in->call->theta, (const real *)in->call->y + at,
                 (real *)in->call->x + at);
    }
    sl_arena_release(&arena);
}

static enum sl_status
go_back(const struct sl_layer *layer, const struct sl_inverse *call, back_fn *back,
        struct sl_error *err)
{
    size_t blocks = (call->n + BLOCK - 1) / BLOCK;
    struct inversion in = {layer, call, back, NULL};
    bool failed = false;
    struct sl_arena arena;

    sl_arena_init(&arena);
    in.failed = sl_arena_alloc(&arena, blocks * sizeof *in.failed);
    sl_pool_tiles(call->pool, blocks, back_block, &in);
    for (size_t i = 0; i < blocks; i++)
        failed = failed || in.failed[i];
    sl_arena_release(&arena);
    return failed ? sl_fail(err, SL_ERR_MEMORY,
                            "no memory to invert layer '%s' by blocks of %d rows",
                            layer->name, BLOCK)
                  : SL_OK;
}

static void
coupling_back(const struct sl_layer *layer, const struct work *w, const void *theta,
              const real *y, real *x)
{
    const struct sl_coupling *c = layer->state;

    take(w, &c->seen, y, w->conditioner.x);
    take(w, &c->moved, y, w->y);
    sl_conditioner_forward(&w->conditioner, theta, NULL);
    c->transform.class->inverse(&c->transform, w->n * c->moved.n, w->y, w->u, w->x);
    stay(w, y, x);
    put(w, &c->moved, w->x, x);
}

enum sl_status
SL_R(sl_coupling_inverse)(const struct sl_layer *layer, const struct sl_inverse *call,
                          struct sl_error *err)
{
    return go_back(layer, call, coupling_back, err);
}

/* Column j of y, and its parameters, side by side in arrays of their own. */
static void
column_back(const struct work *w, size_t d, size_t j, const real *y, real *x)
{
    const struct sl_transform *t = &w->coupling->transform;
    size_t p = t->parameters;

    for (size_t i = 0; i < w->n; i++) {
        memcpy(w->du + i * p, w->u + (i * d + j) * p, p * sizeof *w->u);
        w->y[i] = y[i * d + j];
    }
    t->class->inverse(t, w->n, w->y, w->du, w->x);
    for (size_t i = 0; i < w->n; i++)
        x[i * d + j] = w->x[i];
}

static void
autoregressive_back(const struct sl_layer *layer, const struct work *w, const void *theta,
                    const real *y, real *x)
{
    size_t d = layer->in;

    memset(x, 0, w->n * d * sizeof *x);
    for (size_t j = 0; j < d; j++) {
        memcpy(w->conditioner.x, x, w->n * d * sizeof *x);
        sl_conditioner_forward(&w->conditioner, theta, NULL);
        column_back(w, d, j, y, x);
    }
}

enum sl_status
SL_R(sl_autoregressive_inverse)(const struct sl_layer *layer,
                                const struct sl_inverse *call, struct sl_error *err)
{
    return go_back(layer, call, autoregressive_back, err);
}
