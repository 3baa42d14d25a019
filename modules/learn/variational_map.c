/* SPDX-License-Identifier: MIT */
/* Many rows or latents through a variational autoencoder, several chunks at once. */
#include <math.h>

#include "modules/learn/gather.h"
#include "modules/learn/row_key.h"
#include "modules/learn/variational.h"

/* Rows of a chunk, and chunks that share a work, so that threads and not rows decide how
 * much memory there has to be. */
enum { CHUNK = SL_NETWORK_CHUNK, CHUNKS_PER_TILE = 4, TILE = CHUNK * CHUNKS_PER_TILE };

/* What one thread needs on its way through a tile. */
struct sl_variational_lane {
    struct sl_variational_work work;
    void *x;            /* CHUNK x d, room for rows */
    uint64_t *keys;     /* CHUNK */
    double *divergence; /* CHUNK */
};

struct chunk {
    const struct sl_variational_lane *lane;
    size_t first, n;
};

/* What is to be done with each chunk of n rows or latents. */
struct job {
    const struct sl_variational_map *map;
    const struct sl_variational_room *room;
    size_t n;
    void (*visit)(const struct job *job, const struct chunk *chunk);
    const struct sl_rows *rows;
    const struct sl_stream *noise, *pixels;
    double *missed, *divergence;              /* of a bound */
    const struct sl_variational_score *score; /* NULL: both are wanted */
    const double *z;                          /* of latents to be decoded */
    double *out;
    float *images;
};

static enum sl_status
lane_init(struct sl_variational_lane *lane, const struct sl_variational *v,
          struct sl_arena *arena, struct sl_error *err)
{
    lane->keys = sl_arena_alloc(arena, CHUNK * sizeof *lane->keys);
    lane->divergence = sl_arena_alloc(arena, CHUNK * sizeof *lane->divergence);
    lane->x = sl_arena_array(arena, CHUNK, v->d * sl_network_real(&v->encoder));
    if (!lane->x)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for rows of %zu columns", v->d);
    return sl_variational_work_new(&lane->work, v, CHUNK, false, arena, err);
}

enum sl_status
sl_variational_room_new(struct sl_variational_room *room, const struct sl_variational *v,
                        const struct sl_room_for *most, struct sl_arena *arena,
                        struct sl_error *err)
{
    size_t tiles = most->calls * ((most->rows + TILE - 1) / TILE);

    sl_seats_init(&room->seats, most->pool, tiles, arena);
    room->lanes = sl_arena_alloc(arena, room->seats.n * sizeof *room->lanes);
    for (size_t i = 0; i < room->seats.n; i++)
        SL_TRY(lane_init(&room->lanes[i], v, arena, err));
    return SL_OK;
}

static void
tile(void *context, size_t i)
{
    const struct job *job = context;
    size_t seat = sl_seats_take(&job->room->seats);
    struct chunk chunk = {.lane = &job->room->lanes[seat], .first = i * TILE};
    size_t end = chunk.first + TILE < job->n ? chunk.first + TILE : job->n;

    for (; chunk.first < end; chunk.first += CHUNK) {
        chunk.n = end - chunk.first < CHUNK ? end - chunk.first : CHUNK;
        job->visit(job, &chunk);
    }
    sl_seats_leave(&job->room->seats, seat);
}

static enum sl_status
run(struct job *job, struct sl_error *err)
{
    const struct sl_variational_map *map = job->map;
    const struct sl_room_for most = {map->pool, job->n, 1};
    struct sl_variational_room own;
    enum sl_status status = SL_OK;
    struct sl_arena arena;

    if (job->rows && job->rows->data->d != map->v->d)
        return sl_fail(err, SL_ERR_SHAPE, "rows have %zu columns, the model takes %zu",
                       job->rows->data->d, map->v->d);
    sl_arena_init(&arena);
    job->room = map->room ? map->room : &own;
    if (!map->room)
        status = sl_variational_room_new(&own, map->v, &most, &arena, err);
    if (status == SL_OK)
        sl_pool_tiles(map->pool, (job->n + TILE - 1) / TILE, tile, job);
    sl_arena_release(&arena);
    return status;
}

/* The rows of a chunk in its room. */
static struct sl_variational_pass
gather(const struct job *job, const struct chunk *chunk)
{
    const struct sl_variational *v = job->map->v;
    struct sl_rows rows = {job->rows->data, job->rows->ids + chunk->first, chunk->n};
    struct sl_pool *pool = sl_pool_alone(job->map->pool);
    size_t row = v->d * sl_network_real(&v->encoder);

    sl_gather(pool, &rows, v->f64, chunk->lane->x);
    for (size_t i = 0; i < chunk->n; i++)
        chunk->lane->keys[i] = (v->f64 ? sl_row_key_f64 : sl_row_key_f32)(
            v->d, (char *)chunk->lane->x + i * row);
    return (struct sl_variational_pass){
        .n = chunk->n,
        .x = chunk->lane->x,
        .theta = job->map->theta,
        .pixels = *job->pixels,
        .keys = chunk->lane->keys,
        .pool = pool,
    };
}

static double
value(const struct sl_variational *v, const void *reals, size_t i)
{
    return v->f64 ? ((const double *)reals)[i] : (double)((const float *)reals)[i];
}

/* ---- the bound ---------------------------------------------------------------------- */

static void
visit_bound(const struct job *job, const struct chunk *chunk)
{
    struct sl_variational_pass pass = gather(job, chunk);

    pass.noise = *job->noise;
    pass.samples = (size_t)job->map->v->config->samples;
    pass.missed = job->missed + chunk->first;
    pass.divergence =
        job->score ? chunk->lane->divergence : job->divergence + chunk->first;
    sl_variational_terms(&chunk->lane->work, &pass);
    for (size_t i = 0; job->score && i < chunk->n; i++)
        pass.missed[i] = job->score->of_missed * pass.missed[i] +
                         job->score->of_divergence * pass.divergence[i];
}

enum sl_status
sl_variational_bound(const struct sl_variational_map *map, const struct sl_rows *rows,
                     const struct sl_stream *noise, const struct sl_stream *pixels,
                     double *missed, double *divergence, struct sl_error *err)
{
    struct job job = {
        .map = map,
        .n = rows->n,
        .visit = visit_bound,
        .rows = rows,
        .noise = noise,
        .pixels = pixels,
        .missed = missed,
        .divergence = divergence,
    };

    return run(&job, err);
}

enum sl_status
sl_variational_score(const struct sl_variational_map *map, const struct sl_rows *rows,
                     const struct sl_variational_score *score, double *out,
                     struct sl_error *err)
{
    struct job job = {
        .map = map,
        .n = rows->n,
        .visit = visit_bound,
        .rows = rows,
        .noise = &score->noise,
        .pixels = &score->pixels,
        .missed = out,
        .score = score,
    };

    return run(&job, err);
}

/* ---- means -------------------------------------------------------------------------- */

/* The decoder's output as the mean of its likelihood. */
static double
mean_of(const struct sl_variational *v, double y)
{
    return v->config->likelihood == SL_BERNOULLI ? 1 / (1 + exp(-y)) : y;
}

static void
visit_reconstruct(const struct job *job, const struct chunk *chunk)
{
    const struct sl_variational *v = job->map->v;
    struct sl_variational_pass pass = gather(job, chunk);
    const void *y = sl_variational_means(&chunk->lane->work, &pass);

    for (size_t i = 0; i < chunk->n * v->d; i++)
        job->images[chunk->first * v->d + i] = (float)mean_of(v, value(v, y, i));
}

enum sl_status
sl_variational_reconstruct(const struct sl_variational_map *map,
                           const struct sl_rows *rows, const struct sl_stream *pixels,
                           float *out, struct sl_error *err)
{
    struct job job = {
        .map = map,
        .n = rows->n,
        .visit = visit_reconstruct,
        .rows = rows,
        .pixels = pixels,
        .images = out,
    };

    return run(&job, err);
}

static void
visit_encode(const struct job *job, const struct chunk *chunk)
{
    const struct sl_variational *v = job->map->v;
    struct sl_variational_pass pass = gather(job, chunk);

    sl_variational_means(&chunk->lane->work, &pass);
    for (size_t i = 0; i < chunk->n * v->k; i++)
        job->out[chunk->first * v->k + i] = value(v, chunk->lane->work.z, i);
}

enum sl_status
sl_variational_encode(const struct sl_variational_map *map, const struct sl_rows *rows,
                      const struct sl_stream *pixels, double *out, struct sl_error *err)
{
    struct job job = {
        .map = map,
        .n = rows->n,
        .visit = visit_encode,
        .rows = rows,
        .pixels = pixels,
        .out = out,
    };

    return run(&job, err);
}

static void
visit_decode(const struct job *job, const struct chunk *chunk)
{
    const struct sl_variational *v = job->map->v;
    const void *y = sl_variational_output(&chunk->lane->work, chunk->n, job->map->theta,
                                          job->z + chunk->first * v->k);

    for (size_t i = 0; i < chunk->n * v->d; i++)
        job->out[chunk->first * v->d + i] = mean_of(v, value(v, y, i));
}

enum sl_status
sl_variational_decode(const struct sl_variational_map *map, size_t n, const double *z,
                      double *out, struct sl_error *err)
{
    struct job job = {.map = map, .n = n, .visit = visit_decode, .z = z, .out = out};

    return run(&job, err);
}
