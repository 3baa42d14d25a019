/* SPDX-License-Identifier: MIT */
#include "modules/learn/variational_record.h"

#include <math.h>

#include "modules/learn/fit.h"
#include "modules/learn/linear_gaussian.h"
#include "modules/learn/moments.h"

struct sl_stream
sl_variational_noise_stream(struct sl_step *step)
{
    return sl_step_stream(step, "score latents");
}

struct sl_stream
sl_variational_pixel_stream(struct sl_step *step)
{
    return sl_step_stream(step, "score pixels");
}

/* While a model is recorded. */
struct record {
    struct sl_step *step;
    const struct sl_variational_map *map;
    const struct sl_dataset *data;
};

static enum sl_status
room(const struct record *r, size_t n, size_t d, double **array, struct sl_error *err)
{
    *array = sl_arena_array(sl_step_arena(r->step), n, d * sizeof **array);
    if (!*array)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu times %zu numbers", n, d);
    return SL_OK;
}

/* ---- the two parts of the bound ----------------------------------------------------- */

/* Means over the rows of a split. */
static enum sl_status
terms(const struct record *r, const char *name, double *missed, double *divergence,
      struct sl_error *err)
{
    const struct sl_split *split = sl_dataset_split(r->data, name);
    struct sl_rows rows = {r->data, split->rows, split->n};
    struct sl_stream noise = sl_variational_noise_stream(r->step);
    struct sl_stream pixels = sl_variational_pixel_stream(r->step);
    double *a, *b;

    SL_TRY(room(r, split->n, 1, &a, err));
    SL_TRY(room(r, split->n, 1, &b, err));
    SL_TRY(sl_variational_bound(r->map, &rows, &noise, &pixels, a, b, err));
    *missed = sl_mean(a, split->n);
    *divergence = sl_mean(b, split->n);
    return SL_OK;
}

static enum sl_status
record_terms(const struct record *r, const char *name, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(r->step);
    double missed, divergence;

    SL_TRY(terms(r, name, &missed, &divergence, err));
    sl_metric(r->step, sl_arena_format(arena, "reconstruction_%s", name), missed);
    sl_metric(r->step, sl_arena_format(arena, "divergence_%s", name), divergence);
    return SL_OK;
}

/* ---- images ------------------------------------------------------------------------- */

/* Images of latents z as a tensor of rows x columns x height x width, or, where rows is 1,
 * without the first of them. */
static enum sl_status
record_images(const struct record *r, const char *name, const double *z, size_t rows,
              size_t columns, struct sl_error *err)
{
    size_t height = r->data->height, width = r->data->width;
    size_t shape[] = {rows, columns, height, width};
    size_t n = rows * columns;
    struct sl_tensor tensor;
    double *images;

    SL_TRY(room(r, n, r->data->d, &images, err));
    SL_TRY(sl_variational_decode(r->map, n, z, images, err));
    SL_TRY(sl_tensor_new(&tensor, sl_step_arena(r->step), SL_F32, rows == 1 ? 3 : 4,
                         rows == 1 ? shape + 1 : shape, err));
    for (size_t i = 0; i < n * r->data->d; i++)
        ((float *)tensor.data)[i] = (float)images[i];
    return sl_record(r->step, name, &tensor, err);
}

static enum sl_status
record_prior(const struct record *r, struct sl_error *err)
{
    struct sl_stream stream = sl_step_stream(r->step, "prior samples");
    size_t k = r->map->v->k;
    double *z;

    SL_TRY(room(r, SL_PRIOR_SAMPLES, k, &z, err));
    for (size_t i = 0; i < SL_PRIOR_SAMPLES * k; i++)
        z[i] = sl_stream_normal(&stream);
    return record_images(r, "prior_samples", z, 1, SL_PRIOR_SAMPLES, err);
}

/* The point of N(0, 1) with the share p below it, by bisection: a few are wanted. */
static double
quantile(double p)
{
    double low = -9, high = 9;

    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (erfc(-middle / sqrt(2.0)) / 2 < p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/* The second latent grows upwards. */
static enum sl_status
record_grid(const struct record *r, struct sl_error *err)
{
    double *z;

    SL_TRY(room(r, SL_WALK_GRID * SL_WALK_GRID, 2, &z, err));
    for (size_t i = 0; i < SL_WALK_GRID; i++) {
        for (size_t j = 0; j < SL_WALK_GRID; j++) {
            double *at = z + 2 * (i * SL_WALK_GRID + j);
            at[0] = quantile(((double)j + 0.5) / SL_WALK_GRID);
            at[1] = -quantile(((double)i + 0.5) / SL_WALK_GRID);
        }
    }
    return record_images(r, "walk", z, SL_WALK_GRID, SL_WALK_GRID, err);
}

/* ends: 2 SL_WALK_ROWS codes, of the beginnings and the ends of the lines. */
static enum sl_status
walk_ends(const struct record *r, double **ends, struct sl_error *err)
{
    const struct sl_split *split = sl_dataset_split(r->data, SL_FIT_SPLIT);
    struct sl_stream stream = sl_step_stream(r->step, "walk");
    struct sl_stream pixels = sl_variational_pixel_stream(r->step);
    uint32_t ids[2 * SL_WALK_ROWS];
    struct sl_rows rows = {r->data, ids, 2 * SL_WALK_ROWS};

    for (size_t i = 0; i < rows.n; i++)
        ids[i] = split->rows[sl_stream_below(&stream, (uint32_t)split->n)];
    SL_TRY(room(r, rows.n, r->map->v->k, ends, err));
    return sl_variational_encode(r->map, &rows, &pixels, *ends, err);
}

static enum sl_status
record_walk(const struct record *r, struct sl_error *err)
{
    size_t k = r->map->v->k;
    double *z, *ends;

    SL_TRY(room(r, SL_WALK_ROWS * SL_WALK_COLUMNS, k, &z, err));
    SL_TRY(walk_ends(r, &ends, err));
    for (size_t i = 0; i < SL_WALK_ROWS; i++) {
        const double *from = ends + 2 * i * k, *to = from + k;
        for (size_t j = 0; j < SL_WALK_COLUMNS; j++) {
            double share = (double)j / (SL_WALK_COLUMNS - 1);
            for (size_t l = 0; l < k; l++)
                z[(i * SL_WALK_COLUMNS + j) * k + l] =
                    (1 - share) * from[l] + share * to[l];
        }
    }
    return record_images(r, "walk", z, SL_WALK_ROWS, SL_WALK_COLUMNS, err);
}

/* ---- a linear Gaussian decoder ------------------------------------------------------ */

static enum sl_status
record_ceilings(const struct record *r, const double *covariance, double *ceiling,
                struct sl_error *err)
{
    size_t d = r->data->d, k = r->map->v->k;
    double *ceilings, *latents;

    SL_TRY(room(r, d, 1, &ceilings, err));
    SL_TRY(room(r, d, 1, &latents, err));
    SL_TRY(sl_linear_gaussian_ceilings(d, covariance, ceilings, err));
    for (size_t i = 0; i < d; i++)
        latents[i] = (double)i;
    *ceiling = ceilings[k < d ? k : d - 1];
    return sl_series(r->step, "ceilings", "latent", latents, ceilings, d, err);
}

/* The decoder's weight and bias in float64: the parameters behind the encoder's. */
static enum sl_status
linear_model(const struct record *r, struct sl_linear_gaussian *model,
             struct sl_error *err)
{
    const struct sl_variational *v = r->map->v;
    double *parameters;

    SL_TRY(room(r, v->decoder.parameters, 1, &parameters, err));
    for (size_t i = 0; i < v->decoder.parameters; i++)
        parameters[i] =
            sl_variational_parameter(v, r->map->theta, v->encoder.parameters + i);
    *model = (struct sl_linear_gaussian){
        .d = v->d,
        .k = v->k,
        .weight = parameters,
        .bias = parameters + v->d * v->k,
        .noise = sl_variational_noise(v, r->map->theta),
    };
    return SL_OK;
}

static enum sl_status
record_linear(const struct record *r, struct sl_error *err)
{
    const struct sl_split *split = sl_dataset_split(r->data, SL_FIT_SPLIT);
    struct sl_rows rows = {r->data, split->rows, split->n};
    struct sl_linear_gaussian model;
    double *average, *covariance, missed, divergence, likelihood, ceiling;

    SL_TRY(room(r, r->data->d, 1, &average, err));
    SL_TRY(room(r, r->data->d, r->data->d, &covariance, err));
    SL_TRY(sl_rows_covariance(&rows, average, covariance, err));
    SL_TRY(linear_model(r, &model, err));
    SL_TRY(sl_linear_gaussian_likelihood(&model, average, covariance, &likelihood, err));
    SL_TRY(record_ceilings(r, covariance, &ceiling, err));
    if (r->map->v->config->freeze == SL_FREEZE_DECODER)
        ceiling = likelihood;
    SL_TRY(terms(r, SL_FIT_SPLIT, &missed, &divergence, err));
    sl_metric(r->step, "bound", -missed - divergence);
    sl_metric(r->step, "likelihood", likelihood);
    sl_metric(r->step, "ceiling", ceiling);
    sl_metric(r->step, "gap", ceiling + missed + divergence);
    sl_metric(r->step, "gap_per_dimension",
              (ceiling + missed + divergence) / (double)r->data->d);
    return SL_OK;
}

enum sl_status
sl_variational_record(struct sl_step *step, const struct sl_variational_map *map,
                      const struct sl_dataset *data, const struct sl_string_list *splits,
                      struct sl_error *err)
{
    const struct sl_variational_config *c = map->v->config;
    struct record r = {step, map, data};

    for (size_t i = 0; i < splits->n; i++)
        SL_TRY(record_terms(&r, splits->at[i], err));
    if (c->likelihood == SL_GAUSSIAN)
        sl_metric(step, "noise", sl_variational_noise(map->v, map->theta));
    if (sl_variational_is_linear(c))
        SL_TRY(record_linear(&r, err));
    if (!data->height)
        return SL_OK;
    SL_TRY(record_prior(&r, err));
    return map->v->k == 2 ? record_grid(&r, err) : record_walk(&r, err);
}
