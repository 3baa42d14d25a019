/* SPDX-License-Identifier: MIT */
/* Rows of a data set through a network, several chunks at once. */
#include <assert.h>
#include <string.h>

#include "modules/learn/gather.h"
#include "modules/learn/network.h"

/* Chunks that share a work buffer, so that the threads in it, not the rows, decide how
 * much memory there has to be. */
enum { CHUNKS_MOST = 64, TILE_WORK = 1 << 19 };

/* What one thread needs on its way through a tile. */
struct sl_network_lane {
    struct sl_network_work work;
    void *x, *log_p; /* of a chunk */
};

struct map {
    const struct sl_network_room *room;
    size_t tile; /* rows */
    const void *theta;
    const struct sl_rows *rows;
    sl_network_use *use;
    void *context;
    struct sl_pool *pool; /* of a tile */
};

static void
gather(const struct map *map, size_t first, size_t n, void *x)
{
    struct sl_rows rows = {map->rows->data, map->rows->ids + first, n};

    sl_gather(map->pool, &rows, map->room->network->f64, x);
}

static void
map_chunk(const struct map *map, struct sl_network_lane *lane, size_t first, size_t n)
{
    const struct sl_network *network = map->room->network;
    bool flow = network->flow;
    struct sl_network_chunk chunk = {
        .first = first, .n = n, .x = lane->x, .pool = map->pool};
    struct sl_network_pass pass = {
        .n = n,
        .x = lane->x,
        .theta = map->theta,
        .density = flow,
        .iteration = first / SL_NETWORK_CHUNK,
        .log_det = flow ? lane->log_p : NULL,
        .pool = map->pool,
    };
    const void *y;

    memset(lane->log_p, 0, n * sl_network_real(network));
    y = sl_network_forward(&lane->work, &pass);
    chunk.y = flow ? NULL : y;
    chunk.log_p = pass.log_det;
    map->use(map->context, &chunk);
}

static void
map_tile(void *context, size_t i)
{
    const struct map *map = context;
    size_t seat = sl_seats_take(&map->room->seats);
    struct sl_network_lane *lane = &map->room->lanes[seat];
    size_t first = i * map->tile, end = first + map->tile;

    end = end < map->rows->n ? end : map->rows->n;
    for (; first < end; first += SL_NETWORK_CHUNK) {
        size_t n = end - first < SL_NETWORK_CHUNK ? end - first : SL_NETWORK_CHUNK;
        gather(map, first, n, lane->x);
        map_chunk(map, lane, first, n);
    }
    sl_seats_leave(&map->room->seats, seat);
}

size_t
sl_network_tile(const struct sl_network *network)
{
    size_t row = network->parameters, chunks;

    for (size_t i = 0; i < network->n; i++)
        row += network->layers[i].out + network->layers[i].kept;
    chunks = TILE_WORK / (SL_NETWORK_CHUNK * (row + 1));
    chunks = chunks ? chunks : 1;
    return SL_NETWORK_CHUNK * (chunks > CHUNKS_MOST ? CHUNKS_MOST : chunks);
}

static enum sl_status
lane_init(struct sl_network_lane *lane, const struct sl_network *network,
          struct sl_arena *arena, struct sl_error *err)
{
    size_t size = sl_network_real(network);

    lane->x = sl_arena_array(arena, SL_NETWORK_CHUNK, network->in * size);
    lane->log_p = sl_arena_array(arena, SL_NETWORK_CHUNK, size);
    if (!lane->x || !lane->log_p)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for rows of %zu columns",
                       network->in);
    return sl_network_work_new(&lane->work, network, SL_NETWORK_CHUNK, false, arena, err);
}

static size_t
tiles_of(const struct sl_network *network, size_t rows)
{
    size_t tile = sl_network_tile(network);

    return (rows + tile - 1) / tile;
}

enum sl_status
sl_network_room_new(struct sl_network_room *room, const struct sl_network *network,
                    const struct sl_room_for *most, struct sl_arena *arena,
                    struct sl_error *err)
{
    size_t tiles = most->calls * tiles_of(network, most->rows);

    room->network = network;
    sl_seats_init(&room->seats, most->pool, tiles, arena);
    room->lanes = sl_arena_alloc(arena, room->seats.n * sizeof *room->lanes);
    for (size_t i = 0; i < room->seats.n; i++)
        SL_TRY(lane_init(&room->lanes[i], network, arena, err));
    return SL_OK;
}

void
sl_network_map_in(const struct sl_network_room *room, const void *theta,
                  const struct sl_rows *rows, struct sl_pool *pool, sl_network_use *use,
                  void *context)
{
    struct map map = {
        .room = room,
        .tile = sl_network_tile(room->network),
        .theta = theta,
        .rows = rows,
        .use = use,
        .context = context,
        .pool = sl_pool_alone(pool),
    };

    assert(rows->data->d == room->network->in);
    sl_pool_tiles(pool, tiles_of(room->network, rows->n), map_tile, &map);
}

enum sl_status
sl_network_map(const struct sl_network *network, const void *theta,
               const struct sl_rows *rows, struct sl_pool *pool, sl_network_use *use,
               void *context, struct sl_error *err)
{
    const struct sl_room_for most = {pool, rows->n, 1};
    struct sl_network_room room;
    struct sl_arena arena;
    enum sl_status status;

    if (rows->data->d != network->in)
        return sl_fail(err, SL_ERR_SHAPE, "rows have %zu columns, the network takes %zu",
                       rows->data->d, network->in);
    sl_arena_init(&arena);
    status = sl_network_room_new(&room, network, &most, &arena, err);
    if (status == SL_OK)
        sl_network_map_in(&room, theta, rows, pool, use, context);
    sl_arena_release(&arena);
    return status;
}
