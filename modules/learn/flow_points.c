/* SPDX-License-Identifier: MIT */
#include "modules/learn/flow_points.h"

#include <string.h>

/* Points that share a work buffer, at least, and those of them that go through together. */
enum { TILE_LEAST = 2048, CHUNK = 256 };

/* One call. */
struct call {
    const struct sl_flow_points *points;
    size_t tile; /* points */
    const double *in;
    double *out;     /* NULL: nobody asks for it */
    double *log_det; /* NULL: nobody asks for it */
    bool density;
    const struct sl_stream *stream;
    enum sl_status (*perform)(const struct call *call, size_t first, size_t n,
                              struct sl_arena *arena, struct sl_error *err);
    struct sl_error *errors; /* of each tile */
};

static void
perform_tile(void *context, size_t tile)
{
    const struct call *call = context;
    size_t first = tile * call->tile, left = call->points->n - first;
    struct sl_arena arena;

    sl_arena_init(&arena);
    call->perform(call, first, left < call->tile ? left : call->tile, &arena,
                  &call->errors[tile]);
    sl_arena_release(&arena);
}

static enum sl_status
perform(struct call *call, struct sl_error *err)
{
    size_t tile = sl_network_tile(call->points->network), tiles;
    enum sl_status status = SL_OK;
    struct sl_arena arena;

    call->tile = tile > TILE_LEAST ? tile : TILE_LEAST;
    tiles = (call->points->n + call->tile - 1) / call->tile;
    sl_arena_init(&arena);
    call->errors = sl_arena_alloc(&arena, tiles * sizeof *call->errors);
    sl_pool_tiles(call->points->pool, tiles, perform_tile, call);
    for (size_t i = 0; i < tiles && status == SL_OK; i++) {
        status = call->errors[i].status;
        if (status != SL_OK)
            *err = call->errors[i];
    }
    sl_arena_release(&arena);
    return status;
}

/* ---- to the base -------------------------------------------------------------------- */

/* Whether all layers do without log_det where nobody asks for it, and with less work. */
static bool
spares_log_det(const struct sl_network *network)
{
    for (size_t i = 0; i < network->n; i++)
        if (!network->layers[i].class->density)
            return false;
    return true;
}

static void
map_chunk(const struct call *call, const struct sl_network_work *work, size_t first,
          size_t n)
{
    size_t d = work->network->in;
    double log_det[CHUNK] = {0};
    struct sl_network_pass pass = {
        .n = n,
        .x = call->in + first * d,
        .theta = call->points->theta,
        .density = call->density,
        .iteration = first / CHUNK,
        .log_det = call->log_det || !spares_log_det(work->network) ? log_det : NULL,
    };
    const void *z = sl_network_forward(work, &pass);

    if (call->out)
        memcpy(call->out + first * d, z, n * d * sizeof(double));
    if (call->log_det)
        memcpy(call->log_det + first, log_det, n * sizeof *log_det);
}

static enum sl_status
map(const struct call *call, size_t first, size_t n, struct sl_arena *arena,
    struct sl_error *err)
{
    size_t end = first + n;
    struct sl_network_work work;

    SL_TRY(sl_network_work_new(&work, call->points->network, CHUNK, false, arena, err));
    for (; first < end; first += CHUNK)
        map_chunk(call, &work, first, end - first < CHUNK ? end - first : CHUNK);
    return SL_OK;
}

enum sl_status
sl_flow_density(const struct sl_flow_points *points, const double *x, double *log_p,
                struct sl_error *err)
{
    struct call call = {
        .points = points, .in = x, .log_det = log_p, .density = true, .perform = map};

    return perform(&call, err);
}

enum sl_status
sl_flow_forward(const struct sl_flow_points *points, const double *x, double *z,
                double *log_det, struct sl_error *err)
{
    struct call call = {
        .points = points, .in = x, .out = z, .log_det = log_det, .perform = map};

    return perform(&call, err);
}

/* ---- and back ----------------------------------------------------------------------- */

static enum sl_status
invert(const struct sl_flow_points *points, size_t n, const double *z, double *x,
       struct sl_error *err)
{
    struct sl_inverse call = {.n = n, .y = z, .theta = points->theta, .x = x};

    return sl_network_inverse(points->network, &call, err);
}

/* Where a tile has a point without an inverse, the first of them is told. */
static enum sl_status
invert_tile(const struct call *call, size_t first, size_t n, struct sl_arena *arena,
            struct sl_error *err)
{
    size_t d = call->points->network->in;
    struct sl_error why;

    (void)arena;
    if (invert(call->points, n, call->in + first * d, call->out + first * d, &why) ==
        SL_OK)
        return SL_OK;
    for (size_t i = first; i < first + n; i++)
        if (invert(call->points, 1, call->in + i * d, call->out + i * d, err))
            return sl_error_context(err, "point %zu", i);
    return SL_OK;
}

enum sl_status
sl_flow_inverse(const struct sl_flow_points *points, const double *z, double *x,
                struct sl_error *err)
{
    struct call call = {.points = points, .in = z, .out = x, .perform = invert_tile};

    return perform(&call, err);
}

/* ---- drawing ------------------------------------------------------------------------ */

#define DRAWS_MAX 1000

static void
draw_base(struct sl_stream *stream, size_t d, double *z)
{
    for (size_t j = 0; j < d; j++)
        z[j] = sl_stream_normal(stream);
}

static enum sl_status
draw_point(const struct call *call, size_t i, double *z, struct sl_error *err)
{
    size_t d = call->points->network->in;
    struct sl_stream stream = sl_stream_at(call->stream, i);
    enum sl_status status = SL_ERR_NUMERIC;
    struct sl_error why;

    for (int k = 0; k < DRAWS_MAX && status == SL_ERR_NUMERIC; k++) {
        draw_base(&stream, d, z);
        status = invert(call->points, 1, z, call->out + i * d, &why);
    }
    if (status != SL_OK)
        *err = why;
    return status;
}

/* All at once, and one by one where that has to be. */
static enum sl_status
draw_tile(const struct call *call, size_t first, size_t n, struct sl_arena *arena,
          struct sl_error *err)
{
    size_t d = call->points->network->in;
    double *z = sl_arena_array(arena, n, d * sizeof *z);
    struct sl_error why;

    if (!z)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu points", n);
    for (size_t i = 0; i < n; i++) {
        struct sl_stream stream = sl_stream_at(call->stream, first + i);
        draw_base(&stream, d, z + i * d);
    }
    if (invert(call->points, n, z, call->out + first * d, &why) == SL_OK)
        return SL_OK;
    for (size_t i = 0; i < n; i++)
        if (draw_point(call, first + i, z, err))
            return sl_error_context(err, "no sample in %d draws", DRAWS_MAX);
    return SL_OK;
}

enum sl_status
sl_flow_draw(const struct sl_flow_points *points, const struct sl_stream *stream,
             double *x, struct sl_error *err)
{
    struct call call = {
        .points = points, .out = x, .stream = stream, .perform = draw_tile};

    return perform(&call, err);
}
