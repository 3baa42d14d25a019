/* SPDX-License-Identifier: MIT */
/* Rows of a data set through a network, several chunks at once. */
#include <string.h>

#include "modules/learn/gather.h"
#include "modules/learn/network.h"

/* Chunks that share a work buffer, so that the threads in it, not the rows, decide how
 * much memory there has to be. */
enum { CHUNKS_LEAST = 4, CHUNKS_MOST = 64, TILE_WORK = 1 << 19 };

struct map {
    const struct sl_network *network;
    size_t tile; /* rows */
    const void *theta;
    const struct sl_rows *rows;
    sl_network_use *use;
    void *context;
    struct sl_pool *pool;    /* of a tile */
    struct sl_error *errors; /* of each tile */
};

static void
gather(const struct map *map, size_t first, size_t n, void *x)
{
    struct sl_rows rows = {map->rows->data, map->rows->ids + first, n};

    sl_gather(map->pool, &rows, map->network->f64, x);
}

static void
map_chunk(const struct map *map, const struct sl_network_work *work, size_t first,
          size_t n, const void *x, void *log_p)
{
    bool flow = map->network->flow;
    struct sl_network_chunk chunk = {.first = first, .n = n, .x = x, .pool = map->pool};
    struct sl_network_pass pass = {
        .n = n,
        .x = x,
        .theta = map->theta,
        .density = flow,
        .iteration = first / SL_NETWORK_CHUNK,
        .log_det = flow ? log_p : NULL,
        .pool = map->pool,
    };
    const void *y;

    memset(log_p, 0, n * sl_network_real(map->network));
    y = sl_network_forward(work, &pass);
    chunk.y = flow ? NULL : y;
    chunk.log_p = pass.log_det;
    map->use(map->context, &chunk);
}

static enum sl_status
map_rows(const struct map *map, size_t first, size_t end, struct sl_arena *arena,
         struct sl_error *err)
{
    struct sl_network_work work;
    size_t size = sl_network_real(map->network);
    void *x = sl_arena_array(arena, SL_NETWORK_CHUNK, map->network->in * size);
    void *log_p = sl_arena_array(arena, SL_NETWORK_CHUNK, size);

    if (!x || !log_p)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for rows of %zu columns",
                       map->network->in);
    SL_TRY(sl_network_work_new(&work, map->network, SL_NETWORK_CHUNK, false, arena, err));
    for (; first < end; first += SL_NETWORK_CHUNK) {
        size_t n = end - first < SL_NETWORK_CHUNK ? end - first : SL_NETWORK_CHUNK;
        gather(map, first, n, x);
        map_chunk(map, &work, first, n, x, log_p);
    }
    return SL_OK;
}

static void
map_tile(void *context, size_t i)
{
    const struct map *map = context;
    size_t first = i * map->tile, end = first + map->tile;
    struct sl_arena arena;

    sl_arena_init(&arena);
    map_rows(map, first, end < map->rows->n ? end : map->rows->n, &arena,
             &map->errors[i]);
    sl_arena_release(&arena);
}

size_t
sl_network_tile(const struct sl_network *network)
{
    size_t row = network->parameters, chunks;

    for (size_t i = 0; i < network->n; i++)
        row += network->layers[i].out + network->layers[i].kept;
    chunks = TILE_WORK / (SL_NETWORK_CHUNK * (row + 1));
    chunks = chunks < CHUNKS_LEAST ? CHUNKS_LEAST : chunks;
    return SL_NETWORK_CHUNK * (chunks > CHUNKS_MOST ? CHUNKS_MOST : chunks);
}

enum sl_status
sl_network_map(const struct sl_network *network, const void *theta,
               const struct sl_rows *rows, struct sl_pool *pool, sl_network_use *use,
               void *context, struct sl_error *err)
{
    size_t tile = sl_network_tile(network), tiles = (rows->n + tile - 1) / tile;
    struct map map = {
        .network = network,
        .tile = tile,
        .theta = theta,
        .rows = rows,
        .use = use,
        .context = context,
        .pool = sl_pool_alone(pool),
    };
    enum sl_status status = SL_OK;
    struct sl_arena arena;

    if (rows->data->d != network->in)
        return sl_fail(err, SL_ERR_SHAPE, "rows have %zu columns, the network takes %zu",
                       rows->data->d, network->in);
    sl_arena_init(&arena);
    map.errors = sl_arena_alloc(&arena, tiles * sizeof *map.errors);
    sl_pool_tiles(pool, tiles, map_tile, &map);
    for (size_t i = 0; i < tiles && status == SL_OK; i++) {
        status = map.errors[i].status;
        if (status != SL_OK)
            *err = map.errors[i];
    }
    sl_arena_release(&arena);
    return status;
}
