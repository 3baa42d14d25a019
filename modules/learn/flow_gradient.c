/* SPDX-License-Identifier: MIT */
#include "modules/learn/flow_gradient.h"

#include <string.h>

#include "modules/learn/slice.h"
#include "runner/tensor/real.h"

/* Rows that go through together; pieces of more take them in turn. */
#define CHUNK ((size_t)128)
#define PIECES_MOST ((size_t)32)
/* Parameters, whose gradient each piece has for itself. */
#define PARAMETERS_MOST ((size_t)1 << 18)

static bool
comes_apart(const struct sl_network *network)
{
    for (size_t i = 0; i < network->n; i++)
        if (!network->layers[i].class->by_rows)
            return false;
    return network->parameters <= PARAMETERS_MOST;
}

/* Rows of a piece: whole chunks, of which as few as there may be pieces for. */
static size_t
piece_of(const struct sl_network *network, size_t rows)
{
    size_t chunks = (rows + CHUNK - 1) / CHUNK;

    if (!comes_apart(network))
        return rows;
    return CHUNK * ((chunks + PIECES_MOST - 1) / PIECES_MOST);
}

static size_t
pieces_of(size_t rows, size_t piece)
{
    return (rows + piece - 1) / piece;
}

/* Arrays of parameters that there are besides a training's own. */
static size_t
arrays_of(const struct sl_network *network, size_t rows)
{
    size_t piece = piece_of(network, rows), pieces = pieces_of(rows, piece);

    return comes_apart(network) ? pieces - 1 + (piece > CHUNK ? pieces : 0) : 0;
}

size_t
sl_flow_gradient_bytes(const struct sl_network *network, size_t rows)
{
    size_t least = PIECES_MOST * CHUNK;
    bool apart = comes_apart(network);

    return sl_network_bytes(network, apart && rows > least ? least : rows) +
           arrays_of(network, rows) * network->parameters * sl_network_real(network);
}

static enum sl_status
reserve(const struct sl_flow_gradient *g, struct sl_arena *arena, void **array,
        struct sl_error *err)
{
    size_t n = g->network->parameters;

    *array = sl_arena_array(arena, n + 1, sl_network_real(g->network));
    return *array ? SL_OK
                  : sl_fail(err, SL_ERR_MEMORY, "no memory for %zu parameters", n);
}

enum sl_status
sl_flow_gradient_new(struct sl_flow_gradient *g, const struct sl_network *network,
                     size_t rows, struct sl_arena *arena, struct sl_error *err)
{
    bool apart = comes_apart(network);
    size_t n;

    *g = (struct sl_flow_gradient){.network = network, .piece = piece_of(network, rows)};
    n = g->pieces = pieces_of(rows, g->piece);
    g->work = sl_arena_alloc(arena, n * sizeof *g->work);
    g->dtheta = sl_arena_alloc(arena, n * sizeof *g->dtheta);
    g->chunk = sl_arena_alloc(arena, n * sizeof *g->chunk);
    for (size_t i = 0; i < n; i++) {
        SL_TRY(sl_network_work_new(&g->work[i], network, apart ? CHUNK : rows, true,
                                   arena, err));
        if (i > 0)
            SL_TRY(reserve(g, arena, &g->dtheta[i], err));
        if (apart && g->piece > CHUNK)
            SL_TRY(reserve(g, arena, &g->chunk[i], err));
    }
    return SL_OK;
}

/* ---- sums ---------------------------------------------------------------------------- */

SL_CLONES static void
add_f32(size_t n, const float *restrict x, float *restrict sum)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += x[i];
}

SL_CLONES static void
add_f64(size_t n, const double *restrict x, double *restrict sum)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += x[i];
}

static void
add(const struct sl_network *network, size_t first, size_t n, const void *x, void *sum)
{
    if (network->f64)
        add_f64(n, (const double *)x + first, (double *)sum + first);
    else
        add_f32(n, (const float *)x + first, (float *)sum + first);
}

/* ---- a batch ------------------------------------------------------------------------- */

struct call {
    const struct sl_flow_gradient *gradient;
    const struct sl_network_pass *pass;
    size_t pieces;
    void *dtheta;
};

/* Rows there and back; the gradient stands where it is told. */
static void
pass_rows(const struct call *call, const struct sl_network_work *work,
          const struct sl_network_pass *rows, void *dtheta)
{
    memset(rows->log_det, 0, rows->n * sl_network_real(call->gradient->network));
    sl_network_forward(work, rows);
    sl_network_backward(work, rows, dtheta, NULL);
}

static struct sl_network_pass
part_of(const struct call *call, size_t first, size_t end)
{
    const struct sl_network *network = call->gradient->network;
    size_t size = sl_network_real(network), left = end - first;
    struct sl_network_pass part = *call->pass;

    part.n = left < CHUNK ? left : CHUNK;
    part.first = first;
    part.x = (const char *)part.x + first * network->in * size;
    part.log_det = (char *)part.log_det + first * size;
    part.dlog_det = (const char *)part.dlog_det + first * size;
    part.pool = sl_pool_alone(call->pass->pool);
    return part;
}

static void
do_piece(void *context, size_t i)
{
    const struct call *call = context;
    const struct sl_flow_gradient *g = call->gradient;
    const struct sl_network *network = g->network;
    size_t begin = i * g->piece, end = begin + g->piece;
    void *dtheta = i > 0 ? g->dtheta[i] : call->dtheta;

    end = end < call->pass->n ? end : call->pass->n;
    for (size_t first = begin; first < end; first += CHUNK) {
        struct sl_network_pass part = part_of(call, first, end);
        void *own = first > begin ? g->chunk[i] : dtheta;
        pass_rows(call, &g->work[i], &part, own);
        if (own != dtheta)
            add(network, 0, network->parameters, own, dtheta);
    }
}

static void
add_pieces(void *context, size_t first, size_t count)
{
    const struct call *call = context;
    const struct sl_flow_gradient *g = call->gradient;

    for (size_t i = 1; i < call->pieces; i++)
        add(g->network, first, count, g->dtheta[i], call->dtheta);
}

void
sl_flow_gradient(const struct sl_flow_gradient *g, const struct sl_network_pass *pass,
                 void *dtheta)
{
    struct call call = {g, pass, pieces_of(pass->n, g->piece), dtheta};

    if (!comes_apart(g->network)) {
        pass_rows(&call, &g->work[0], pass, dtheta);
        return;
    }
    sl_pool_tiles(pass->pool, call.pieces, do_piece, &call);
    sl_slices(pass->pool, g->network->parameters, add_pieces, &call);
}
