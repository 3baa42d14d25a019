/* SPDX-License-Identifier: MIT */
#include "modules/learn/coupling.h"

#include <string.h>

#include "modules/learn/slice.h"

/* A layer's arrays of n rows, column by column, out of its `kept` memory. Forward leaves x,
 * u, what the transform keeps and the conditioner's activations; the rest has room for what
 * either way needs. */
struct work {
    const struct sl_coupling *coupling;
    struct sl_conditioner_work conditioner;
    size_t n;
    real *x, *y, *slope; /* moved x n */
    real *dx;
    real *kept; /* moved x transform.kept x n */
    real *u;
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
    w->kept = w->dx + moved;
    w->u = sl_conditioner_outputs(&w->conditioner);
    w->du = sl_conditioner_du(&w->conditioner);
}

static size_t
width(const struct work *w)
{
    return w->coupling->moved.n + w->coupling->stay.n;
}

/* Columns of x (n x d), one after the other. */
static void
take(const struct work *w, const struct sl_columns *columns, const real *x, real *out)
{
    size_t n = w->n, d = width(w);

    for (size_t j = 0; j < columns->n; j++)
        for (size_t i = 0; i < n; i++)
            out[j * n + i] = x[i * d + columns->at[j]];
}

/* And back into out (n x d). */
static void
put(const struct work *w, const struct sl_columns *columns, const real *x, real *out)
{
    size_t n = w->n, d = width(w);

    for (size_t j = 0; j < columns->n; j++)
        for (size_t i = 0; i < n; i++)
            out[i * d + columns->at[j]] = x[j * n + i];
}

static void
add(const struct work *w, const struct sl_columns *columns, const real *x, real *out)
{
    size_t n = w->n, d = width(w);

    for (size_t j = 0; j < columns->n; j++)
        for (size_t i = 0; i < n; i++)
            out[i * d + columns->at[j]] += x[j * n + i];
}

/* Copies the columns that stay. */
static void
stay(const struct work *w, const real *x, real *out)
{
    const struct sl_columns *columns = &w->coupling->stay;
    size_t d = width(w);

    for (size_t i = 0; i < w->n; i++)
        for (size_t j = 0; j < columns->n; j++)
            out[i * d + columns->at[j]] = x[i * d + columns->at[j]];
}

/* Values that stand in one column, of those from `first` on, which are counted column by
 * column. */
struct run {
    size_t first, n; /* of x, y and slope */
    size_t u, kept;
};

static struct run
run_at(const struct work *w, size_t first, size_t end)
{
    const struct sl_transform *t = &w->coupling->transform;
    size_t j = first / w->n, i = first % w->n;
    size_t left = end - first, in_column = w->n - i;

    return (struct run){
        .first = first,
        .n = left < in_column ? left : in_column,
        .u = j * t->parameters * w->n + i,
        .kept = j * t->kept * w->n + i,
    };
}

/* ---- forward ------------------------------------------------------------------------- */

static void
map_slice(void *context, size_t first, size_t count)
{
    const struct work *w = context;
    const struct sl_transform *t = &w->coupling->transform;
    size_t end = first + count;

    while (first < end) {
        struct run run = run_at(w, first, end);
        struct sl_transform_map map = {
            .n = run.n,
            .stride = w->n,
            .x = w->x + first,
            .u = w->u + run.u,
            .y = w->y + first,
            .slope = w->slope + first,
            .kept = w->kept + run.kept,
        };
        t->class->forward(t, &map);
        first += run.n;
    }
}

SL_CLONES static void
add_slopes(size_t n, size_t m, const real *restrict slope, real *restrict log_det)
{
    for (size_t j = 0; j < m; j++)
        for (size_t i = 0; i < n; i++)
            log_det[i] += slope[j * n + i];
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
    add_slopes(pass->n, c->moved.n, w.slope, pass->log_det);
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
    size_t end = first + count;

    while (first < end) {
        struct run run = run_at(w, first, end);
        struct sl_transform_gradient gradient = {
            .n = run.n,
            .stride = w->n,
            .x = w->x + first,
            .u = w->u + run.u,
            .kept = w->kept + run.kept,
            .dy = w->y + first,
            .dslope = w->slope + first,
            .dx = w->dx + first,
            .du = w->du + run.u,
        };
        t->class->backward(t, &gradient);
        first += run.n;
    }
}

void
SL_R(sl_coupling_backward)(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const struct sl_coupling *c = layer->state;
    struct work w;

    lay(c, pass->n, pass->kept, &w);
    take(&w, &c->moved, pass->dy, w.y);
    for (size_t j = 0; j < c->moved.n; j++)
        memcpy(w.slope + j * w.n, pass->dlog_det, w.n * sizeof *w.slope);
    sl_row_slices(pass->pool, pass->n * c->moved.n, c->transform.work, gradient_slice,
                  &w);
    sl_conditioner_backward(&w.conditioner, pass->theta, pass->pool, pass->dtheta);
    if (!pass->dx)
        return;
    stay(&w, pass->dy, pass->dx);
    put(&w, &c->moved, w.dx, pass->dx);
    add(&w, &c->seen, w.conditioner.dx, pass->dx);
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

/* Column j of those that are moved. */
static void
column_back(const struct work *w, size_t j)
{
    const struct sl_transform *t = &w->coupling->transform;
    const struct sl_transform_inverse call = {
        .n = w->n,
        .stride = w->n,
        .y = w->y + j * w->n,
        .u = w->u + j * t->parameters * w->n,
        .x = w->x + j * w->n,
    };

    t->class->inverse(t, &call);
}

static void
coupling_back(const struct sl_layer *layer, const struct work *w, const void *theta,
              const real *y, real *x)
{
    const struct sl_coupling *c = layer->state;

    take(w, &c->seen, y, w->conditioner.x);
    take(w, &c->moved, y, w->y);
    sl_conditioner_forward(&w->conditioner, theta, NULL);
    for (size_t j = 0; j < c->moved.n; j++)
        column_back(w, j);
    stay(w, y, x);
    put(w, &c->moved, w->x, x);
}

enum sl_status
SL_R(sl_coupling_inverse)(const struct sl_layer *layer, const struct sl_inverse *call,
                          struct sl_error *err)
{
    return go_back(layer, call, coupling_back, err);
}

static void
autoregressive_back(const struct sl_layer *layer, const struct work *w, const void *theta,
                    const real *y, real *x)
{
    const struct sl_coupling *c = layer->state;

    take(w, &c->moved, y, w->y);
    memset(w->x, 0, w->n * c->moved.n * sizeof *x);
    for (size_t j = 0; j < c->moved.n; j++) {
        memcpy(w->conditioner.x, w->x, w->n * c->moved.n * sizeof *x);
        sl_conditioner_forward(&w->conditioner, theta, NULL);
        column_back(w, j);
    }
    put(w, &c->moved, w->x, x);
}

enum sl_status
SL_R(sl_autoregressive_inverse)(const struct sl_layer *layer,
                                const struct sl_inverse *call, struct sl_error *err)
{
    return go_back(layer, call, autoregressive_back, err);
}
