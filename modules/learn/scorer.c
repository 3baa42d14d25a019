/* SPDX-License-Identifier: MIT */
#include "modules/learn/scorer.h"

#include <math.h>
#include <string.h>

#include "runner/parallel/pool.h"

/* Calls of the kernel in a tile. */
enum { CALLS = 4 };
#define TILE_ROWS (CALLS * SL_SCORER_ROWS)

struct scoring {
    const struct sl_scorer *scorer;
    const struct sl_rows *rows; /* or: */
    const double *x;
    size_t n;
    double *out;
    bool *failed; /* of each tile */
};

/* Takes the values of rows that are not finite out of the kernel's way. */
static void
hide_bad(size_t n, size_t d, double *x, bool *bad)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (size_t j = 0; j < d; j++)
            sum += x[i * d + j] * 0;
        bad[i] = sum != 0 || isnan(sum);
        if (bad[i])
            memset(x + i * d, 0, d * sizeof *x);
    }
}

static void
score_call(const struct scoring *s, size_t first, size_t n, double *x, double *scratch)
{
    bool bad[SL_SCORER_ROWS];
    size_t d = s->scorer->d;

    if (s->rows)
        sl_rows_gather_f64(s->rows->data, s->rows->ids + first, n, x);
    else
        memcpy(x, s->x + first * d, n * d * sizeof *x);
    hide_bad(n, d, x, bad);
    s->scorer->score(s->scorer->context, n, x, scratch, s->out + first);
    for (size_t i = 0; i < n; i++)
        if (bad[i])
            s->out[first + i] = (double)NAN;
}

static void
score_tile(void *context, size_t tile)
{
    const struct scoring *s = context;
    size_t end = (tile + 1) * TILE_ROWS < s->n ? (tile + 1) * TILE_ROWS : s->n;
    struct sl_arena arena;
    double *x, *scratch;

    sl_arena_init(&arena);
    x = sl_arena_array(&arena, SL_SCORER_ROWS, s->scorer->d * sizeof *x);
    scratch = sl_arena_array(&arena, s->scorer->scratch + 1, sizeof *scratch);
    s->failed[tile] = !x || !scratch;
    for (size_t i = tile * TILE_ROWS; i < end && !s->failed[tile]; i += SL_SCORER_ROWS)
        score_call(s, i, end - i < SL_SCORER_ROWS ? end - i : SL_SCORER_ROWS, x, scratch);
    sl_arena_release(&arena);
}

static enum sl_status
score_all(struct scoring *s, struct sl_pool *pool, struct sl_error *err)
{
    size_t tiles = (s->n + TILE_ROWS - 1) / TILE_ROWS;
    struct sl_arena arena;
    bool failed = false;

    sl_arena_init(&arena);
    s->failed = sl_arena_alloc(&arena, tiles * sizeof *s->failed);
    sl_pool_tiles(pool, tiles, score_tile, s);
    for (size_t i = 0; i < tiles; i++)
        failed |= s->failed[i];
    sl_arena_release(&arena);
    if (failed)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to score rows of %zu columns",
                       s->scorer->d);
    return SL_OK;
}

enum sl_status
sl_scorer_rows(const struct sl_scorer *scorer, const struct sl_rows *rows,
               struct sl_pool *pool, double *out, struct sl_error *err)
{
    struct scoring s = {.scorer = scorer, .rows = rows, .n = rows->n, .out = out};

    if (rows->data->d != scorer->d)
        return sl_fail(err, SL_ERR_SHAPE, "rows have %zu columns, the model takes %zu",
                       rows->data->d, scorer->d);
    return score_all(&s, pool, err);
}

enum sl_status
sl_scorer_points(const struct sl_scorer *scorer, struct sl_pool *pool, size_t n,
                 const double *x, double *out, struct sl_error *err)
{
    struct scoring s = {.scorer = scorer, .x = x, .n = n, .out = out};

    return score_all(&s, pool, err);
}

/* ---- parameters --------------------------------------------------------------------- */

static enum sl_status
find_parameter(const struct sl_model *model, const char *name, enum sl_dtype type,
               unsigned rank, size_t *shape, const void **at, struct sl_error *err)
{
    const struct sl_item *item = sl_bundle_find(model->parameters, name);
    bool fits = item && item->tensor.type == type && item->tensor.rank == rank;

    for (unsigned i = 0; fits && i < rank; i++) {
        if (shape[i] == 0)
            shape[i] = item->tensor.shape[i];
        fits = shape[i] == item->tensor.shape[i] && shape[i] > 0;
    }
    if (!item)
        return sl_fail(err, SL_ERR_SHAPE, "the model has no parameters '%s'", name);
    if (!fits)
        return sl_fail(err, SL_ERR_SHAPE,
                       "parameters '%s' are not of the shape that the model needs", name);
    *at = item->tensor.data;
    return SL_OK;
}

enum sl_status
sl_model_parameter(const struct sl_model *model, const char *name, unsigned rank,
                   size_t *shape, const double **at, struct sl_error *err)
{
    const void *found;

    SL_TRY(find_parameter(model, name, SL_F64, rank, shape, &found, err));
    *at = found;
    return SL_OK;
}

enum sl_status
sl_model_integers(const struct sl_model *model, const char *name, unsigned rank,
                  size_t *shape, const int32_t **at, struct sl_error *err)
{
    const void *found;

    SL_TRY(find_parameter(model, name, SL_I32, rank, shape, &found, err));
    *at = found;
    return SL_OK;
}

enum sl_status
sl_model_number(const struct sl_model *model, const char *name, double *at,
                struct sl_error *err)
{
    const double *value;

    SL_TRY(sl_model_parameter(model, name, 0, NULL, &value, err));
    *at = *value;
    return SL_OK;
}

struct sl_item
sl_parameter(const char *name, unsigned rank, const size_t *shape, const double *at,
             const char *help)
{
    struct sl_item item = {
        .name = name,
        .help = help,
        .tensor = {.type = SL_F64, .rank = rank, .data = (void *)(uintptr_t)at}};

    for (unsigned i = 0; i < rank; i++)
        item.tensor.shape[i] = shape[i];
    return item;
}

struct sl_item
sl_parameter_integers(const char *name, size_t n, const int32_t *at, const char *help)
{
    return (struct sl_item){
        .name = name,
        .help = help,
        .tensor = sl_tensor_vector(SL_I32, (void *)(uintptr_t)at, n),
    };
}
