/* SPDX-License-Identifier: MIT */
/* Rows of a data set through an autoencoder. */
#include "modules/learn/autoencoder.h"
#include "modules/learn/chances.h"

struct chunks {
    const struct sl_autoencoder *a;
    double *out;
};

/* As far as the loss compares. */
static enum sl_status
map_compared(const struct sl_autoencoder_map *map, const struct sl_rows *rows,
             sl_network_use *use, void *context, struct sl_error *err)
{
    return sl_network_map(&map->a->compared, map->theta, rows, map->pool, use, context,
                          err);
}

static const char of_chances[] = "the loss is of values from 0 to 1, where preprocessing "
                                 "by 'min-max' with 'clip' keeps "
                                 "them; mse, mae and huber are of any";

enum sl_status
sl_autoencoder_check_rows(const struct sl_autoencoder *a, const struct sl_dataset *data,
                          struct sl_error *err)
{
    return a->loss->chances ? sl_chances_check_splits(data, of_chances, err) : SL_OK;
}

static void
chunk_losses(void *context, const struct sl_network_chunk *chunk)
{
    const struct chunks *c = context;
    struct sl_comparison comparison = {
        .n = chunk->n,
        .d = c->a->d,
        .y = chunk->y,
        .target = chunk->x,
        .rows = c->out + chunk->first,
        .pool = chunk->pool,
    };

    sl_autoencoder_compare(c->a, &comparison);
}

enum sl_status
sl_autoencoder_losses(const struct sl_autoencoder_map *map, const struct sl_rows *rows,
                      double *out, struct sl_error *err)
{
    struct chunks chunks = {map->a, out};

    if (map->a->loss->chances)
        SL_TRY(sl_chances_check(rows, NULL, of_chances, err));
    return map_compared(map, rows, chunk_losses, &chunks, err);
}

void
sl_autoencoder_losses_in(const struct sl_autoencoder_map *map,
                         const struct sl_network_room *room, const struct sl_rows *rows,
                         double *out)
{
    struct chunks chunks = {map->a, out};

    sl_network_map_in(room, map->theta, rows, map->pool, chunk_losses, &chunks);
}

/* A loss that is a mean over the columns, taken for each of them alone. */
static void
chunk_parts(void *context, const struct sl_network_chunk *chunk)
{
    const struct chunks *c = context;
    size_t d = c->a->d, count = chunk->n * d;
    double *out = c->out + chunk->first * d;
    struct sl_comparison comparison = {
        .n = count,
        .d = 1,
        .y = chunk->y,
        .target = chunk->x,
        .rows = out,
        .pool = chunk->pool,
    };

    sl_autoencoder_compare(c->a, &comparison);
    for (size_t i = 0; i < count; i++)
        out[i] /= (double)d;
}

enum sl_status
sl_autoencoder_parts(const struct sl_autoencoder_map *map, const struct sl_rows *rows,
                     double *out, struct sl_error *err)
{
    struct chunks chunks = {map->a, out};

    return map_compared(map, rows, chunk_parts, &chunks, err);
}

static void
chunk_codes(void *context, const struct sl_network_chunk *chunk)
{
    const struct chunks *c = context;
    const struct sl_network *encoder = &c->a->encoder;
    double *out = c->out + chunk->first * encoder->out;

    for (size_t i = 0; i < chunk->n * encoder->out; i++)
        out[i] = encoder->f64 ? ((const double *)chunk->y)[i]
                              : (double)((const float *)chunk->y)[i];
}

enum sl_status
sl_autoencoder_codes(const struct sl_autoencoder_map *map, const struct sl_rows *rows,
                     double *out, struct sl_error *err)
{
    struct chunks chunks = {map->a, out};

    return sl_network_map(&map->a->encoder, map->theta, rows, map->pool, chunk_codes,
                          &chunks, err);
}

struct images {
    const struct sl_network *network;
    float *out;
};

static void
chunk_images(void *context, const struct sl_network_chunk *chunk)
{
    const struct images *images = context;
    size_t d = images->network->out;
    float *out = images->out + chunk->first * d;

    for (size_t i = 0; i < chunk->n * d; i++)
        out[i] = images->network->f64 ? (float)((const double *)chunk->y)[i]
                                      : ((const float *)chunk->y)[i];
}

enum sl_status
sl_autoencoder_images(const struct sl_autoencoder_map *map, const struct sl_rows *rows,
                      float *out, struct sl_error *err)
{
    struct images images = {&map->a->network, out};

    return sl_network_map(&map->a->network, map->theta, rows, map->pool, chunk_images,
                          &images, err);
}
