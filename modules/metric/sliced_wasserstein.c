/* SPDX-License-Identifier: MIT */
/*
 * Sliced Wasserstein distance (Rabin et al. 2011) of order 1: over random directions, the
 * mean of integral |F - G| of what is projected on them.
 */
#include <math.h>

#include "modules/learn/divergence.h"
#include "modules/learn/moments.h"
#include "modules/learn/steps.h"
#include "runner/tensor/linalg.h"
#include "runner/tensor/tensor.h"

enum { DIRECTIONS = 64 };

/* d x k, columns of length 1; direction i draws from substream i. */
static void
draw_directions(const struct sl_stream *stream, size_t d, size_t k, double *directions)
{
    for (size_t i = 0; i < k; i++) {
        struct sl_stream own = sl_stream_at(stream, i);
        double square = 0;

        for (size_t j = 0; j < d; j++) {
            directions[j * k + i] = sl_stream_normal(&own);
            square += directions[j * k + i] * directions[j * k + i];
        }
        for (size_t j = 0; j < d; j++)
            directions[j * k + i] /= sqrt(square);
    }
}

static void
add_area(void *context, size_t column, struct sl_steps *steps)
{
    double *areas = context, sum = 0;

    while (sl_steps_next(steps))
        sum += fabs(steps->difference) * steps->width;
    areas[column] = sum;
}

static enum sl_status
project(const struct sl_sample_pair *pair, const double *x, size_t rows, size_t k,
        const double *directions, const double **out, struct sl_error *err)
{
    struct sl_tensor image;
    struct sl_product product = {
        .m = rows, .n = k, .k = pair->d, .a = x, .b = directions};

    SL_TRY(sl_tensor_new(&image, pair->arena, SL_F64, 2, (size_t[]){rows, k}, err));
    product.c = image.data;
    sl_product_f64(pair->pool, &product);
    *out = image.data;
    return SL_OK;
}

static enum sl_status
compute(const struct sl_sample_pair *pair, double *value, double *columns,
        struct sl_error *err)
{
    size_t k = pair->d == 1 ? 1 : DIRECTIONS;
    struct sl_tensor directions;
    double areas[DIRECTIONS];
    struct sl_columns all = {.d = k,
                             .n = pair->n,
                             .m = pair->m,
                             .a = pair->samples,
                             .b = pair->data,
                             .use = add_area,
                             .context = areas};

    (void)columns;
    if (pair->d > 1) {
        SL_TRY(sl_tensor_new(&directions, pair->arena, SL_F64, 2, (size_t[]){pair->d, k},
                             err));
        draw_directions(&pair->stream, pair->d, k, directions.data);
        SL_TRY(project(pair, pair->samples, pair->n, k, directions.data, &all.a, err));
        SL_TRY(project(pair, pair->data, pair->m, k, directions.data, &all.b, err));
    }
    SL_TRY(sl_columns_sorted(&all, pair->pool, pair->arena, err));
    *value = sl_mean(areas, k);
    return SL_OK;
}

const struct sl_divergence_class divergence_sliced_wasserstein = {
    .entry = {.name = "sliced_wasserstein",
              .summary = "Wasserstein-1 distance, the mean over 64 random directions"},
    .symmetric = true,
    .compute = compute,
};
